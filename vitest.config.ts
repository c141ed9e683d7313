import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources, so that no stale build is ever tested.
const conditions = ['@metaagent/source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['*.test.ts', 'tools/**/*.test.ts', 'packages/*/src/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
})
