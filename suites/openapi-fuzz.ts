import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Run } from '../tools/run-named.ts'
import { findOrInstallSchemathesis, type PassReport, runPass } from './openapi-fuzz/schemathesis.ts'
import { startFuzzedServer } from './openapi-fuzz/server.ts'

/**
 * A whole server against its own OpenAPI document: schemathesis makes requests for every operation, sound ones and
 * malformed ones, with a key of an admin and with one of a reader, on a database with one of everything. No answer may be
 * a fault of ours, none may be other than the document says, and nothing may be answered without a credential.
 *
 * `--max-examples` (6) per operation beside those that cover each constraint of its schema; `--seed` (1); `--paths REGEX`
 * for some operations alone. Live streams never end and are left out (the access test opens them).
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'max-examples': { type: 'string', default: '6' },
      seed: { type: 'string', default: '1' },
      paths: { type: 'string' },
    },
  })
  const found = await findOrInstallSchemathesis()
  if ('missing' in found) {
    console.warn(`\nNOT RUN: the API was not fuzzed, since ${found.missing}.`)
    return { passed: 0, failed: 0, result: { operations: 0, cases: 0, serverErrors: null, schemaViolations: null } }
  }
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-schemathesis-'))
  const server = await startFuzzedServer()
  try {
    const { url, known } = server
    const seed = Number(values.seed)
    const of = { program: found.program, url, known, seed, without: await streamsOf(url), paths: values.paths ?? null }
    // The reader first: an admin's requests take away what a reader could look at.
    const maxExamples = Number(values['max-examples'])
    const reader = { key: server.readerKey, phases: 'coverage,fuzzing', maxExamples: Math.ceil(maxExamples / 3) }
    const admin = { key: server.adminKey, phases: 'coverage,fuzzing', maxExamples }
    const asReader = await runPass({ ...of, ...reader, folder: join(folder, 'reader') })
    const asAdmin = await runPass({ ...of, ...admin, folder: join(folder, 'admin') })
    return outcomeOf([asReader, asAdmin], server.faults)
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function outcomeOf(passes: readonly PassReport[], faults: readonly string[]) {
  const sum = (of: (pass: PassReport) => number) => passes.reduce((total, pass) => total + of(pass), 0)
  const others = [...new Set(passes.flatMap((pass) => pass.others))]
  for (const line of others) console.log(`also wrong: ${line}`)
  for (const line of new Set(faults.map(withoutIds))) console.log(`logged: ${line}`)
  const cases = sum((pass) => pass.cases)
  const serverErrors = sum((pass) => pass.serverErrors)
  const schemaViolations = sum((pass) => pass.schemaViolations)
  const failed = serverErrors + schemaViolations + others.length + faults.length
  const operations = Math.max(...passes.map((pass) => pass.operations))
  const result = { operations, cases, serverErrors, schemaViolations, others: others.length, faults: faults.length }
  return { passed: Math.max(0, cases - failed), failed, result }
}

/** So that the same fault is told once. */
function withoutIds(line: string): string {
  return line.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, '…').slice(0, 1_500)
}

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

async function streamsOf(url: string): Promise<readonly string[]> {
  const document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  return Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ responses }) => responses['200']?.content?.['text/event-stream'] !== undefined)
    .map(({ operationId }) => operationId)
}
