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
    return outcomeOf([asReader, asAdmin], server.faults, await operationsOf(url))
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function outcomeOf(passes: readonly PassReport[], faults: readonly string[], operations: readonly string[]) {
  const sum = (of: (pass: PassReport) => number) => passes.reduce((total, pass) => total + of(pass), 0)
  const found = [...new Set(passes.flatMap((pass) => pass.others))]
  const others = found.filter((line) => !isAnotherOperation(line, operations))
  for (const line of others) console.log(`also wrong: ${line}`)
  for (const line of new Set(faults.map(withoutIds))) console.log(`logged: ${line}`)
  const cases = sum((pass) => pass.cases)
  const serverErrors = sum((pass) => pass.serverErrors)
  const schemaViolations = sum((pass) => pass.schemaViolations)
  const failed = serverErrors + schemaViolations + others.length + faults.length
  const asked = Math.max(...passes.map((pass) => pass.operations))
  const result = {
    operations: asked,
    cases,
    serverErrors,
    schemaViolations,
    others: others.length,
    faults: faults.length,
  }
  return { passed: Math.max(0, cases - failed), failed, result }
}

/**
 * Whether a method that an address does not take is taken by another one that the address fits, too: `GET /things/preview`
 * is `GET /things/{thingId}`. That it is answered there is right.
 */
function isAnotherOperation(line: string, operations: readonly string[]): boolean {
  const [, title = '', method = '', path = ''] = /^(.+): ([A-Z]+) (\S+)$/.exec(line) ?? []
  const fitting = operations.filter((operation) => {
    const template = operation.slice(operation.indexOf(' ') + 1)
    const pattern = template.split('/').map((part) => (part.startsWith('{') ? '[^/]+' : part.replaceAll('.', '\\.')))
    return template !== path && new RegExp(`^${pattern.join('/')}$`).test(path)
  })
  if (title === 'Allow header mismatch') return fitting.length > 0
  return title === 'Wrong response to undeclared method' && fitting.some((one) => one.startsWith(`${method} `))
}

/** So that the same fault is told once. */
function withoutIds(line: string): string {
  return line.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, '…').slice(0, 1_500)
}

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

async function documentOf(url: string): Promise<Document> {
  return (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as Document
}

async function streamsOf(url: string): Promise<readonly string[]> {
  const { paths } = await documentOf(url)
  return Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ responses }) => responses['200']?.content?.['text/event-stream'] !== undefined)
    .map(({ operationId }) => operationId)
}

/** `GET /api/v1/agents/{agentId}`, … */
async function operationsOf(url: string): Promise<readonly string[]> {
  const { paths } = await documentOf(url)
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
}
