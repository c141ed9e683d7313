import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes minutes goes first: begun last, it would run alone while the other workers have nothing left to do. */
const longFiles = ['e2e/dashboard.test.ts', 'observe/alerts/slice.test.ts', 'app/cli.test.ts']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = longFiles.findIndex((name) => moduleId.endsWith(name))
      return place === -1 ? longFiles.length : place
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

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
    sequence: { sequencer: LongestFirst },
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
