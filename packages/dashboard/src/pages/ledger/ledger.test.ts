import { formatProofFile, parseVerifierKey } from '@metaagent/verify'
import { expect, test, vi } from 'vitest'
import { FixtureLedger } from '../../testing/ledger.ts'
import { entryFields } from './fields.ts'
import { disagreement, keyId, type RememberedLog, sight } from './memory.ts'
import { verifySteps } from './verify-steps.ts'

const now = Date.UTC(2026, 10, 21, 9)
const nowIso = new Date(now).toISOString()
const fact = { type: 'registry.agent.changed', subject: 'agent/x', payload: { changed: ['owner'] }, minutesAgo: 1 }
const noProof = async (): Promise<readonly string[]> => expect.unreachable('no proof is needed')

async function seen(ledger: FixtureLedger): Promise<RememberedLog> {
  const status = await ledger.status()
  const sighting = await sight(status.checkpoint ?? '', status.verifierKey, null, noProof, nowIso)
  if (sighting.kind !== 'first') throw new Error(`the fixture is not well: ${sighting.kind}`)
  return sighting.log
}

async function sightAgain(ledger: FixtureLedger, before: RememberedLog) {
  const status = await ledger.status()
  return sight(
    status.checkpoint ?? '',
    status.verifierKey,
    before,
    async (from, to) => ledger.consistency(from, to).proof,
    nowIso,
  )
}

test('a log that is seen for the first time is remembered with its key', async () => {
  const ledger = await FixtureLedger.create(now)
  const log = await seen(ledger)
  expect(log).toMatchObject({ size: ledger.size, seenAt: nowIso })
  expect(parseVerifierKey(log.key).ok).toBe(true)
  expect(keyId(log.key)).toMatch(/^metaagent\.example\/.+\+[0-9a-f]{8}$/)
  expect(keyId('no key')).toBe('no key')
})

test('a key is named by its first two parts, also when the key itself holds a plus', async () => {
  const keys = await Promise.all(
    Array.from({ length: 40 }, async (_, seed) => (await (await FixtureLedger.create(now, seed)).status()).verifierKey),
  )
  expect(keys.some((key) => key.split('+').length > 3)).toBe(true)
  for (const key of keys) expect(keyId(key)).toMatch(/^metaagent\.example\/[^+]+\+[0-9a-f]{8}$/)
})

test('the same log is unchanged; a longer one must prove that it kept everything', async () => {
  const ledger = await FixtureLedger.create(now)
  const before = await seen(ledger)
  expect((await sightAgain(ledger, before)).kind).toBe('unchanged')
  ledger.append(fact)
  expect(await sightAgain(ledger, before)).toMatchObject({
    kind: 'advanced',
    log: { size: ledger.size },
    before: { size: before.size },
  })
})

test('a log that went back is noticed, though its signature is good', async () => {
  const ledger = await FixtureLedger.create(now)
  ledger.append(fact)
  const before = await seen(ledger)
  expect(await sightAgain(await FixtureLedger.create(now), before)).toMatchObject({ kind: 'alarm', code: 'rollback' })
})

test('a log that shows another past of the same length is noticed', async () => {
  const one = await FixtureLedger.create(now)
  one.append(fact)
  const other = await FixtureLedger.create(now)
  other.append({ ...fact, subject: 'agent/y' })
  expect(await sightAgain(other, await seen(one))).toMatchObject({ kind: 'alarm', code: 'fork' })
})

test('a longer log that changed what it held is noticed', async () => {
  const one = await FixtureLedger.create(now)
  one.append(fact)
  const before = await seen(one)
  const other = await FixtureLedger.create(now)
  other.append({ ...fact, subject: 'agent/y' })
  other.append(fact)
  expect(await sightAgain(other, before)).toMatchObject({ kind: 'alarm', code: 'root_mismatch' })
})

test('another key, a key that is none and a bad signature are noticed', async () => {
  const ledger = await FixtureLedger.create(now)
  const before = await seen(ledger)
  expect(await sightAgain(await FixtureLedger.create(now, 9), before)).toMatchObject({
    kind: 'alarm',
    code: 'key_changed',
  })
  const status = await ledger.status()
  expect(await sight(status.checkpoint ?? '', 'nonsense', null, noProof, nowIso)).toMatchObject({ kind: 'alarm' })
  const forged = (status.checkpoint ?? '').replace(/\n\d+\n/, '\n999\n')
  expect(await sight(forged, status.verifierKey, null, noProof, nowIso)).toMatchObject({
    kind: 'alarm',
    code: 'bad_signature',
  })
})

test('where the browser cannot check signatures, nothing is claimed', async () => {
  const ledger = await FixtureLedger.create(now)
  const status = await ledger.status()
  const proof = await ledger.proofOf(3)
  vi.spyOn(globalThis.crypto.subtle, 'importKey').mockRejectedValue(new DOMException('no', 'NotSupportedError'))
  expect((await sight(status.checkpoint ?? '', status.verifierKey, null, noProof, nowIso)).kind).toBe('unsupported')
  const outcome = await verifySteps(JSON.stringify(proof), null, async () => null)
  expect(outcome.verdict).toBe('undecided')
  expect(outcome.steps.at(-1)?.state).toBe('open')
  vi.restoreAllMocks()
})

async function proofText(index: number, change: (text: string) => string = (text) => text) {
  const proof = await (await FixtureLedger.create(now)).proofOf(index)
  if (proof === null) throw new Error('the fixture has no such entry')
  return change(formatProofFile(proof))
}

test('a good proof passes every step and names the key and the decision', async () => {
  const outcome = await verifySteps(await proofText(125), null, async () => null)
  expect(outcome.verdict).toBe('valid')
  expect(outcome.steps.map(({ state }) => state)).toEqual(['passed', 'passed', 'passed', 'passed', 'passed'])
  expect(outcome.keyName).toContain('metaagent.example')
  expect(outcome.summary?.type).toBe('rollouts.comparison.decided')
})

test.each([
  ['text that is no JSON', () => 'x', 'The file is a proof'],
  [
    'a proof of another kind',
    () =>
      JSON.stringify({ format: 'metaagent-proof/v1', kind: 'export', treeSize: 1, checkpoint: '', verifierKey: '' }),
    'The file is a proof',
  ],
  [
    'an entry with another spelling',
    (text: string) => text.replace('\\"actor\\":{', '\\"actor\\": {'),
    'The entry has one spelling',
  ],
  ['an edited entry', (text: string) => text.replace('guarded', 'relaxed'), 'The entry leads to the signed root'],
  [
    'another place',
    (text: string) => text.replace('"index": 125', '"index": 124'),
    'The entry leads to the signed root',
  ],
  [
    'another size',
    (text: string) => text.replace('"treeSize": 128', '"treeSize": 127'),
    'The entry leads to the signed root',
  ],
  ['a forged checkpoint', (text: string) => text.replace('\\n128\\n', '\\n129\\n'), 'The checkpoint is signed'],
  [
    'a key that is none',
    (text: string) => text.replace(/"verifierKey": ".*"/, '"verifierKey": "x"'),
    'The checkpoint is signed',
  ],
])('%s fails at its step', async (_what, change, step) => {
  const outcome = await verifySteps(await proofText(125, change), null, async () => null)
  expect(outcome.verdict).toBe('invalid')
  expect(outcome.steps.at(-1)).toMatchObject({ title: step, state: 'failed' })
})

test('a proof under another key or of another history than this browser knows fails', async () => {
  const ledger = await FixtureLedger.create(now)
  const remembered = await seen(ledger)
  const stranger = await seen(await FixtureLedger.create(now, 9))
  expect((await verifySteps(await proofText(3), stranger, async () => null)).steps.at(-1)).toMatchObject({
    title: 'The checkpoint is signed',
    state: 'failed',
  })
  expect((await verifySteps(await proofText(3), remembered, async () => 'it is another')).verdict).toBe('invalid')
  expect((await verifySteps(await proofText(3), remembered, async () => null)).verdict).toBe('valid')
})

test('a checkpoint is compared with the remembered one, whichever is older', async () => {
  const ledger = await FixtureLedger.create(now)
  const old = await seen(ledger)
  const proof = async (from: number, to: number) => ledger.consistency(from, to).proof
  const checkpointOf = (log: RememberedLog) => ({
    origin: log.origin,
    size: log.size,
    root: Uint8Array.from(atob(log.root), (c) => c.charCodeAt(0)),
    extensions: [],
  })
  ledger.append(fact)
  const fresh = await seen(ledger)
  expect(await disagreement(checkpointOf(fresh), old, proof)).toBeNull()
  expect(await disagreement(checkpointOf(old), fresh, proof)).toBeNull()
  expect(await disagreement(checkpointOf(old), old, proof)).toBeNull()
  expect(await disagreement({ ...checkpointOf(old), size: 0 }, old, proof)).toBeNull()
  expect(await disagreement({ ...checkpointOf(fresh), origin: 'elsewhere' }, old, proof)).toContain('elsewhere')
  expect(await disagreement({ ...checkpointOf(fresh), root: new Uint8Array(32) }, old, proof)).not.toBeNull()
})

test('fields are flat, and say what is sealed and what is erased', () => {
  const sealed = { enc: 'A256GCM', subject: '01900000-0000-7000-8000-00000000004d', iv: 'AAAA', ct: 'BBBB' }
  const leaf = { payload: { email: sealed, name: sealed, tags: ['a', 2], none: [], empty: {} }, at: null, ok: true }
  const content = {
    payload: { email: 'ada@example.com', name: sealed, tags: ['a', 2], none: [], empty: {} },
    at: null,
    ok: true,
  }
  expect(entryFields(leaf, content)).toEqual([
    { path: 'payload.email', text: 'ada@example.com', state: 'sealed' },
    { path: 'payload.name', text: 'erased', state: 'erased' },
    { path: 'payload.tags.0', text: 'a', state: 'plain' },
    { path: 'payload.tags.1', text: '2', state: 'plain' },
    { path: 'payload.none', text: '(empty list)', state: 'plain' },
    { path: 'payload.empty', text: '(nothing)', state: 'plain' },
    { path: 'at', text: 'null', state: 'plain' },
    { path: 'ok', text: 'true', state: 'plain' },
  ])
})
