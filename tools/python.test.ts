import { expect, test } from 'vitest'
import { countsOf } from './python.ts'

test('a JUnit report gives what passed, failed and was skipped', () => {
  const report = `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2"
    skipped="3" tests="30" time="8.1"><testcase/></testsuite></testsuites>`
  expect(countsOf(report.replaceAll(/\s+/g, ' '))).toEqual({ passed: 24, failed: 3, skipped: 3 })
})

test('a report that holds no suite counts nothing', () => {
  expect(countsOf('')).toEqual({ passed: 0, failed: 0, skipped: 0 })
})
