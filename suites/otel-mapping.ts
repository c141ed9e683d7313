import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Run } from '../tools/run-named.ts'
import { checkFrameworkTraces } from './otel-mapping/frameworks.ts'
import { fieldsOf, listOf } from './otel-mapping/inputs.ts'
import { checkOtherInputs } from './otel-mapping/others.ts'
import { type CaseReport, checkCase } from './otel-mapping/rows.ts'

/**
 * Holds the span mapper against recorded inputs of other receivers and instrumentations. Every vendor-neutral row of
 * `langfuse-otel` must be right, no input of `langfuse-otel`, `openinference` and `otlp-proto` may make it fail, and the
 * priced calls of the framework traces must cost what their original says, or the difference must be explained.
 */
export const run: Run = async ({ dataDir }) => {
  const folder = join(dataDir, 'langfuse-otel')
  if (!existsSync(folder)) {
    console.error(`NOT RUN: there is no langfuse-otel in ${dataDir}. Give the data with --data DIR.`)
    return { passed: 0, failed: 0, result: {} }
  }
  const reports = readdirSync(folder)
    .filter((file) => file.endsWith('.cases.json'))
    .sort()
    .flatMap((file) => {
      const cases = listOf(fieldsOf(JSON.parse(readFileSync(join(folder, file), 'utf8')))['cases'])
      return cases.map(checkCase)
    })
  const rows = tellRows(reports)
  const crashes = reports.filter(({ crash }) => crash !== null)
  for (const { test, crash } of crashes) console.log(`CRASH ${test}\n      ${crash}`)
  const frameworks = checkFrameworkTraces(join(folder, 'framework-traces'))
  const others = checkOtherInputs(dataDir)
  const failed = rows.wrong + crashes.length + frameworks.failed + others.failed
  const passed = rows.held + (reports.length - crashes.length) + frameworks.passed + others.passed
  return {
    passed,
    failed,
    result: {
      vendorNeutralRows: rows.held + rows.wrong,
      vendorNeutralRowsRight: rows.held,
      droppedRows: rows.dropped,
      inputs: reports.length + others.passed + others.failed,
      crashes: crashes.length + others.failed,
      ...frameworks.result,
    },
  }
}

function tellRows(reports: readonly CaseReport[]): { held: number; wrong: number; dropped: number } {
  const rows = reports.flatMap((report) => report.rows)
  const compared = rows.flatMap((row) => (row.kind === 'held' || row.kind === 'wrong' ? [row] : []))
  const neutral = compared.filter((row) => row.neutral)
  const own = compared.filter((row) => !row.neutral)
  const wrong = neutral.filter(({ kind }) => kind === 'wrong')
  const dropped = rows.flatMap((row) => (row.kind === 'dropped' ? [row] : []))
  console.log(
    `${reports.length} recorded cases, ${rows.length} expectations: ${neutral.length + dropped.length} vendor-neutral (${dropped.length} dropped), ${own.length} in the original's own attributes, ${rows.length - compared.length - dropped.length} about what only it has`,
  )
  for (const { detail } of wrong) console.log(`FAIL ${detail}`)
  console.log(
    `own attributes (not counted): ${own.filter(({ kind }) => kind === 'held').length} of ${own.length} alike`,
  )
  for (const row of own) if (row.kind === 'wrong') console.log(`     differs: ${row.detail}`)
  console.log(`dropped rows, each with its reason: ${dropped.length}`)
  for (const { detail, reason } of dropped) console.log(`     ${detail}: ${reason}`)
  return { held: neutral.length - wrong.length, wrong: wrong.length, dropped: dropped.length }
}
