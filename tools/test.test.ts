import { describe, expect, test } from 'vitest'
import { coveragePerPackage, coverageProblems, coverageTable } from './coverage.ts'
import { closingLine, countTests } from './test-summary.ts'

const count = (covered: number, total: number) => ({ covered, total })

describe('coverage', () => {
  const packages = coveragePerPackage(
    {
      total: { lines: count(0, 0), branches: count(0, 0) },
      '/house/packages/sdk/src/a.ts': { lines: count(8, 10), branches: count(1, 4) },
      '/house/packages/sdk/src/deep/b.ts': { lines: count(10, 10), branches: count(4, 4) },
      '/house/packages/contract/src/a.ts': { lines: count(799, 1000), branches: count(0, 0) },
      '/house/tools/a.ts': { lines: count(0, 9), branches: count(0, 9) },
    },
    '/house',
  )

  test('is summed per package, files outside packages do not count', () => {
    expect(packages).toEqual([
      { name: 'contract', linesPercent: 79.9, branchesPercent: 100 },
      { name: 'sdk', linesPercent: 90, branchesPercent: 62.5 },
    ])
    expect(coverageTable(packages)).toContain('90.0 %')
  })

  test('fails each package under the floor, in lines and in branches', () => {
    expect(coverageProblems(packages, 80)).toEqual([
      'contract: 79.9 % of lines, 80 % are asked.',
      'sdk: 62.5 % of branches, 80 % are asked.',
    ])
    expect(coverageProblems([{ name: 'sdk', linesPercent: 80, branchesPercent: 80 }], 80)).toEqual([])
  })
})

describe('the closing line', () => {
  const report = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 0 }
  const file = (status: string, ...tests: readonly string[]) => ({
    name: 'a.test.ts',
    status,
    message: '',
    assertionResults: tests.map((t) => ({ status: t })),
  })

  test('counts passed, failed and skipped', () => {
    expect(closingLine(countTests({ ...report, testResults: [file('failed', 'failed')] }))).toBe(
      '5 passed, 1 failed, 2 skipped',
    )
  })

  test('a file that does not load is a failure', () => {
    expect(countTests({ ...report, testResults: [file('failed'), file('failed', 'passed')] }).failed).toBe(3)
  })
})
