import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources, so that no stale build is ever tested.
const conditions = ['@metaagent/source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      '*.test.ts',
      'e2e/**/*.test.ts',
      'suites/**/*.test.ts',
      'tools/**/*.test.ts',
      'packages/*/src/**/*.test.{ts,tsx}',
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // The tests wait for databases and browsers as much as they compute; by itself vitest leaves one of two cores idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ['packages/server/src/testkit/global-setup.ts'],
    coverage: {
      provider: 'v8',
      reporter: ['json-summary'],
      reportsDirectory: 'coverage',
      include: ['packages/*/src/**/*.{ts,tsx}'],
      // Not counted: tests and what only tests use, and declarations.
      exclude: [
        '**/*.test.{ts,tsx}',
        'packages/server/src/testkit/**',
        'packages/dashboard/src/testing/**',
        '**/generated/**',
        '**/*.d.ts',
      ],
    },
  },
})
