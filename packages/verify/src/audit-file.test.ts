import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestLog as Log, type TestLog, testEntry, testLog, testSigner, verdictOf } from '../tests/test-log.ts'
import {
  AUDIT_JSON_END,
  AuditFileCheck,
  type AuditHeader,
  auditFormOf,
  auditJsonLine,
  openAuditJson,
} from './audit-file.ts'
import { AUDIT_TABLE_HEAD, auditRowOf, auditTableRow } from './audit-table.ts'
import { utf8Bytes } from './bytes.ts'
import { parseCanonicalObject } from './canonical-json.ts'
import { runVerifyCli } from './cli.ts'
import { csvRow, isWholeRow, parseCsvRow } from './csv.ts'
import type { SelectedEntry } from './proof-file.ts'

let log: TestLog
let header: AuditHeader
let chosen: readonly SelectedEntry[]
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-file-'))
  const hostile = testEntry(3, { subject: '=1+1,"a"\nb' })
  log = new Log(await testSigner(), [testEntry(0), testEntry(1), testEntry(2), hostile, testEntry(4)])
  header = { ...(await log.exportHeader()), kind: 'selection', filter: 'type=qa_*' }
  const files = await Promise.all([1, 3, 4].map((index) => log.inclusion(index)))
  chosen = files.map(({ index, entry, proof }) => ({ index, entry, proof }))
})
afterAll(async () => await rm(folder, { recursive: true }))

const asLines = (entries: readonly SelectedEntry[]) =>
  [JSON.stringify(header), ...entries.map(auditJsonLine)].map((line) => `${line}\n`).join('')
const asDocument = (entries: readonly SelectedEntry[]) =>
  openAuditJson(header) + entries.map(auditJsonLine).join(',\n') + AUDIT_JSON_END
const asTable = (entries: readonly SelectedEntry[]) =>
  AUDIT_TABLE_HEAD +
  entries
    .map(({ index, entry, proof }) => {
      const parsed = parseCanonicalObject(entry)
      if (!parsed.ok) throw new Error(parsed.fault.detail)
      return auditTableRow(auditRowOf(index, proof.join(' '), entry, parsed.value))
    })
    .join('')

/** The verdict on a whole file, as the command comes to it. */
async function verdict(text: string, of: AuditHeader = header): Promise<string> {
  const [first = '', ...lines] = text.split('\n')
  const form = auditFormOf(first)
  if (form === null) return 'no export'
  const started = await AuditFileCheck.start(form.header ?? of, form.form, { key: log.signer.key })
  if (!started.ok) return started.fault.code
  if (lines.at(-1) === '') lines.pop()
  for (const line of lines) {
    const added = started.value.line(utf8Bytes(line))
    if (!added.ok) return added.fault.code
  }
  return verdictOf(started.value.finish())
}

test('a part of a log verifies as lines, as one document and as a table', async () => {
  for (const write of [asLines, asDocument, asTable]) {
    expect(await verdict(write(chosen)), write.name).toBe('accepted')
    expect(await verdict(write([])), write.name).toBe('accepted')
  }
  expect(JSON.parse(asDocument(chosen)).entries).toHaveLength(3)
})

test('a whole log verifies as one document and as a table, and each entry must be in its place', async () => {
  const of: AuditHeader = await log.exportHeader()
  const entries = log.entries.map((entry, index) => ({ index, entry, proof: [] }))
  const whole = (some: readonly SelectedEntry[]) => asTable(some)
  expect(await verdict(whole(entries), of)).toBe('accepted')
  expect(await verdict(whole(entries.slice(0, 4)), of)).toBe('size_mismatch')
  expect(await verdict(whole(entries.toReversed()), of)).toBe('malformed')
  const document = openAuditJson(of) + entries.map(auditJsonLine).join(',\n') + AUDIT_JSON_END
  expect(await verdict(document)).toBe('accepted')
  expect(await verdict(document.slice(0, -AUDIT_JSON_END.length))).toBe('malformed')
})

test('edited, moved, doubled and foreign entries are refused in every form', async () => {
  const foreign = await testLog(5, await testSigner('ledger.example/other'))
  const other = await foreign.inclusion(2)
  const [first, second] = chosen
  if (first === undefined || second === undefined) throw new Error('the log has entries')
  const wrong: (readonly SelectedEntry[])[] = [
    [{ ...first, entry: first.entry.replace('1.07', '1.06') }],
    [{ ...first, index: 2 }],
    [second, first],
    [first, first],
    [{ index: 2, entry: other.entry, proof: other.proof.slice(1) }],
    [{ ...first, proof: [] }],
  ]
  for (const entries of wrong)
    for (const write of [asLines, asDocument, asTable])
      expect(await verdict(write(entries)), JSON.stringify(entries)).not.toBe('accepted')
  expect(await verdict(asLines(chosen), header)).toBe('accepted')
  expect(await verdict(asLines(chosen).replace('"proof":', '"more":1,"proof":'))).toBe('malformed')
})

test('what a table shows is what is proven: a cell that says something else is refused', async () => {
  const table = asTable(chosen)
  // A formula is shown with an apostrophe, and quotes and line ends stay within the cell.
  expect(table).toContain('"\'=1+1,""a""\nb"')
  for (const [from, to] of [
    ['qa_success', 'qa_failure'],
    ['rollout/1,', 'rollout/9,'],
    ['2026-11-20T10:00:00.000Z', '2026-11-21T10:00:00.000Z'],
    ["'=1+1", '=1+1'],
  ] as const) {
    expect(table).toContain(from)
    expect(await verdict(table.replace(from, to)), from).toBe('malformed')
  }
})

test('every row of CSV reads back as what was written, formulas disarmed', () => {
  const cell = fc.oneof(fc.string(), fc.constantFrom('=1', '+1', '-1', '@a', '\ta', '\r', 'a,b', '"', '\n', "'", ''))
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
      const row = csvRow(cells)
      expect(isWholeRow(row)).toBe(true)
      const read = parseCsvRow(row.slice(0, -2))
      expect(read?.map((text, at) => (text === cells[at] ? text : text.replace(/^'/, '')))).toEqual(cells)
      for (const text of read ?? []) expect(text).not.toMatch(/^[=+\-@\t\r]/)
    }),
  )
})

test('the command checks each form, a table with the head beside it', async () => {
  const run = async (name: string, text: string, ...more: string[]) => {
    await writeFile(join(folder, name), text)
    let out = ''
    const io = { stdin: process.stdin, writeOut: (piece: string) => (out += piece), writeError: () => {} }
    const code = await runVerifyCli([join(folder, name), '--json', '--key', log.verifierKey, ...more], io)
    return { exit: code, ...(JSON.parse(out) as Record<string, unknown>) }
  }
  const good = { exit: 0, verdict: 'verified', kind: 'selection', entries: 3, filter: 'type=qa_*' }
  expect(await run('a.jsonl', asLines(chosen))).toMatchObject(good)
  expect(await run('a.json', asDocument(chosen))).toMatchObject(good)
  expect(await run('a.csv', asTable(chosen))).toMatchObject({ exit: 2, verdict: 'not_checked' })
  await writeFile(join(folder, 'a.csv.checkpoint.json'), `${JSON.stringify(header)}\n`)
  expect(await run('a.csv', asTable(chosen))).toMatchObject(good)
  const wrong = asTable(chosen).replace('qa_success', 'qa_failure')
  expect(await run('a.csv', wrong)).toMatchObject({ exit: 1, verdict: 'refused' })
  expect(await run('a.jsonl', asLines(chosen), '--quorum', '1')).toMatchObject({ exit: 2 })
})
