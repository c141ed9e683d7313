// All tests, or those of the given paths: npm test [-- PATH …]. Ends with `N passed, N failed, N skipped`.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { coverageProblems, coverageTable, readCoverage } from './coverage.ts'
import { root, run } from './programs.ts'
import { testPython } from './python.ts'
import { addCounts, closingLine, countTests, type TestReport } from './test-summary.ts'

/** Lines and branches of each package that the tests must run. */
const coverageFloorPercent = 80

const only = process.argv.slice(2)
const reportPath = join(root, 'coverage', 'tests.json')
const summaryPath = join(root, 'coverage', 'coverage-summary.json')
for (const path of [reportPath, summaryPath]) rmSync(path, { force: true })

const { exitCode } = await run('vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportPath}`,
  // Parts of the tests say nothing about coverage.
  ...(only.length === 0 ? ['--coverage.enabled', '--coverage.reportOnFailure'] : only),
])

let failed = exitCode !== 0
if (existsSync(summaryPath)) {
  const packages = readCoverage(summaryPath, root)
  const problems = coverageProblems(packages, coverageFloorPercent)
  console.log(`\n${coverageTable(packages)}`)
  for (const problem of problems) console.error(`Too little is tested. ${problem}`)
  failed ||= problems.length > 0
}
if (existsSync(reportPath)) {
  const counted = countTests(JSON.parse(readFileSync(reportPath, 'utf8')) as TestReport)
  // An error outside of every test fails the run and must not hide behind a line that says 0 failed.
  const ours = exitCode === 0 ? counted : { ...counted, failed: Math.max(1, counted.failed) }
  const counts = only.length === 0 ? addCounts(ours, await testPython()) : ours
  if (counts.skipped > 0)
    console.warn(`\nNOT RUN: ${counts.skipped} tests were skipped; the lines above say what they miss.`)
  console.log(`\n${closingLine(counts)}`)
  failed ||= counts.failed > 0
} else {
  console.error('\nThe tests ended without a report.')
  console.log('\n0 passed, 1 failed, 0 skipped')
  failed = true
}
process.exitCode = failed ? 1 : 0
