import { beforeAll, expect, test } from 'vitest'
import { ORIGIN, TestLog, testEntry, testLog, testSigner, verdictOf } from '../tests/test-log.ts'
import { utf8Bytes } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts'
import { rootOfLeaves } from './frontier.ts'
import { leafHash } from './merkle.ts'
import { signNote } from './note.ts'
import { sha256 } from './sha256.ts'
import { ExportCheck } from './verify-export.ts'
import type { VerifyOptions } from './verify-file.ts'

let log: TestLog

beforeAll(async () => {
  log = await testLog(30)
})

async function check(entries: readonly string[], options: VerifyOptions = {}, size = 30) {
  const started = await ExportCheck.start(await log.exportHeader(size), { key: log.signer.key, ...options })
  if (!started.ok) return started
  for (const entry of entries) {
    const added = started.value.add(utf8Bytes(entry))
    if (!added.ok) return added
  }
  return started.value.finish()
}

test('every entry of the log in order verifies', async () => {
  const verified = await check(log.entries)
  expect(verified).toMatchObject({ ok: true, value: { kind: 'export', keyPinned: true, seenConfirmed: null } })
  expect(verified).toMatchObject({ value: { first: testEntry(0), last: testEntry(29) } })
})

test('an export of any earlier size verifies with that size’s checkpoint', async () => {
  for (const size of [0, 1, 2, 17, 29]) {
    expect(verdictOf(await check(log.entries.slice(0, size), {}, size)), `size ${size}`).toBe('accepted')
  }
})

test('edit, delete, insert, reorder and truncate are refused', async () => {
  const edited = log.entries.with(7, canonicalJson(testEntry(7, { type: 'qa_failure' })))
  expect(verdictOf(await check(edited))).toBe('root_mismatch')
  expect(verdictOf(await check(log.entries.toSpliced(7, 1)))).toBe('size_mismatch')
  expect(verdictOf(await check(log.entries.toSpliced(7, 0, '{}')))).toBe('size_mismatch')
  expect(verdictOf(await check(log.entries.toSpliced(7, 1, '{}')))).toBe('root_mismatch')
  const [seventh = '', eighth = ''] = log.entries.slice(7, 9)
  expect(verdictOf(await check(log.entries.with(7, eighth).with(8, seventh)))).toBe('root_mismatch')
  expect(verdictOf(await check(log.entries.slice(0, 29)))).toBe('size_mismatch')
  expect(verdictOf(await check(log.entries.with(3, `${log.entries[3]} `)))).toBe('root_mismatch')
})

test('an entry that is not canonical JSON is proven as the bytes that it is, and not shown as if it were read', async () => {
  const odd = new TestLog(log.signer, [])
  const lines = ['[]', '{"a":1,"a":2}']
  const leaves = lines.map((line) => leafHash(sha256, utf8Bytes(line)))
  const root = rootOfLeaves(sha256, leaves)
  const note = await signNote(formatCheckpoint({ origin: ORIGIN, size: 2, root }), [log.signer])
  const started = await ExportCheck.start({ ...(await odd.exportHeader()), treeSize: 2, checkpoint: note })
  if (!started.ok) throw new Error(started.fault.detail)
  for (const line of lines) started.value.add(utf8Bytes(line))
  expect(started.value.finish()).toMatchObject({ ok: true, value: { first: null, last: null, keyPinned: false } })
})

test('key swap, another log and a wrong size are refused before any entry is read', async () => {
  const header = await log.exportHeader()
  const start = async (changed: object, options: VerifyOptions = {}) =>
    verdictOf(await ExportCheck.start({ ...header, ...changed }, options))
  expect(await start({}, { key: (await testSigner(ORIGIN, 8)).key })).toBe('no_trusted_signature')
  expect(await start({}, { origin: 'ledger.example/other' })).toBe('origin_mismatch')
  expect(await start({ treeSize: 31 })).toBe('size_mismatch')
})

test('old backup and fork: the history seen earlier must be the beginning of this one', async () => {
  const seen = (size: number, changed: Partial<Checkpoint> = {}): VerifyOptions => ({
    seen: { ...log.tree(size), ...changed },
  })
  expect(await check(log.entries, seen(12))).toMatchObject({ ok: true, value: { seenConfirmed: true } })
  expect(await check(log.entries, seen(30))).toMatchObject({ ok: true, value: { seenConfirmed: true } })
  expect(verdictOf(await check(log.entries, seen(12, { root: log.tree(11).root })))).toBe('fork')
  expect(verdictOf(await check(log.entries, seen(30, { root: log.tree(11).root })))).toBe('fork')
  expect(verdictOf(await check(log.entries, seen(12, { size: 31 })))).toBe('rollback')
})
