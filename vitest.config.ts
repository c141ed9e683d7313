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

const models = [
  'packages/{contract,verify}/src/**/*.test.ts',
  'packages/server/src/kernel/**/*.test.ts',
  'packages/server/src/slices/*/*/model/**/*.test.ts',
  'packages/server/src/slices/*/*/model.test.ts',
]

// Workspace packages resolve to their sources, so that no stale build is ever tested.
const conditions = ['@metaagent/source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      // Pure: nothing that one file leaves behind can meet another, so they share their modules and a process.
      { extends: true, test: { name: 'models', include: models, isolate: false } },
      {
        extends: true,
        test: {
          name: 'dashboard',
          include: ['packages/dashboard/src/**/*.test.{ts,tsx}'],
          setupFiles: ['packages/dashboard/src/testing/after-each.ts'],
        },
      },
      // Each file opens databases and servers of its own and closes them; loading the whole server anew for each took longer.
      {
        extends: true,
        test: { name: 'slices', include: ['packages/server/src/slices/**/*.test.ts'], exclude: models, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'house',
          include: [
            '*.test.ts',
            'e2e/**/*.test.ts',
            'suites/**/*.test.ts',
            'tools/**/*.test.ts',
            'packages/*/src/**/*.test.ts',
          ],
          exclude: [...models, 'packages/dashboard/**', 'packages/server/src/slices/**', '**/node_modules/**'],
        },
      },
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
