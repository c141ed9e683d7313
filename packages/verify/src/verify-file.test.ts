import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, TestLog, testEntry, testLog, testSigner, verdictOf } from '../tests/test-log.ts'
import { utf8Bytes, utf8Text } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { encodeHashes, formatProofFile, type InclusionProofFile, parseProofFile } from './proof-file.ts'
import { verifyConsistencyFile, verifyInclusionFile } from './verify-file.ts'

let log: TestLog
let file: InclusionProofFile

beforeAll(async () => {
  log = await testLog(23)
  file = await log.inclusion(12)
})

describe('an inclusion file', () => {
  test('says what was proven: entry, place, log, key, and that the key was pinned', async () => {
    const verified = await verifyInclusionFile(file, { key: log.signer.key })
    expect(verified).toMatchObject({
      ok: true,
      value: { kind: 'inclusion', entry: testEntry(12), index: 12, keyPinned: true, seenConfirmed: null },
    })
    expect(verified.ok && verified.value.checkpoint).toMatchObject(log.tree())
  })

  test('verifies for every entry and size, with the native and the portable hash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 23 }), fc.nat(22), async (size, pick) => {
        const proof = await log.inclusion(pick % size, size)
        expect(verdictOf(await verifyInclusionFile(proof, { key: log.signer.key }))).toBe('accepted')
      }),
      { numRuns: 60 },
    )
  })

  test('without a pinned key it holds only against the key in the file, and says so', async () => {
    const verified = await verifyInclusionFile(file)
    expect(verified.ok && verified.value.keyPinned).toBe(false)
  })

  test('every one-bit change of the file is refused', async () => {
    const bytes = utf8Bytes(formatProofFile(file))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const text = utf8Text(changed)
      const parsed = text === null ? null : parseProofFile(text)
      if (!parsed?.ok || parsed.value.kind !== 'inclusion') continue
      const verdict = verdictOf(await verifyInclusionFile(parsed.value))
      expect(verdict, `bit ${bit % 8} of ${JSON.stringify(text?.slice((bit >> 3) - 20, (bit >> 3) + 5))}`).not.toBe(
        'accepted',
      )
    }
  })

  test('edit: another text of the entry is refused', async () => {
    const edited = canonicalJson(testEntry(12, { type: 'qa_failure' }))
    expect(verdictOf(await verifyInclusionFile({ ...file, entry: edited }))).toBe('root_mismatch')
    expect(verdictOf(await verifyInclusionFile({ ...file, entry: ` ${file.entry}` }))).toBe('not_canonical')
  })

  test('delete, insert, reorder, truncate: the proof of the changed log does not fit the signed checkpoint', async () => {
    const entries = Array.from({ length: 23 }, (_, at) => testEntry(at))
    const changed = {
      delete: entries.toSpliced(4, 1),
      insert: entries.toSpliced(4, 0, testEntry(99)),
      reorder: [...entries.slice(0, 4), testEntry(5), testEntry(4), ...entries.slice(6)],
      truncate: entries.slice(0, 20),
    }
    for (const [name, forgedEntries] of Object.entries(changed)) {
      const forged = new TestLog(log.signer, forgedEntries)
      const proof = await forged.inclusion(12, Math.min(23, forgedEntries.length))
      const under = { ...proof, treeSize: 23, checkpoint: file.checkpoint }
      expect(verdictOf(await verifyInclusionFile(under)), name).toMatch(/root_mismatch|wrong_proof_length/)
    }
  })

  test('leaf and node confusion: an inner node is no entry', async () => {
    const outer = { ...file, entry: canonicalJson({ node: file.proof[0] ?? '' }), proof: file.proof.slice(1), index: 6 }
    expect(verdictOf(await verifyInclusionFile(outer))).toMatch(/root_mismatch|wrong_proof_length/)
  })

  test('key swap: a log signed by another key under the same name does not pass the pinned key', async () => {
    const impostor = new TestLog(await testSigner(ORIGIN, 8), [testEntry(0)])
    const forged = await impostor.inclusion(0)
    expect(verdictOf(await verifyInclusionFile(forged, { key: log.signer.key }))).toBe('no_trusted_signature')
    const renamed = {
      ...forged,
      checkpoint: forged.checkpoint.replace(/— .*/, file.checkpoint.match(/— .*/)?.[0] ?? ''),
    }
    expect(verdictOf(await verifyInclusionFile(renamed, { key: log.signer.key }))).toBe('bad_signature')
  })

  test('splice: an entry of another log is refused, even when both logs share a key pair', async () => {
    const sibling = await testLog(5, await testSigner('ledger.example/other', 7))
    const foreign = await sibling.inclusion(2)
    expect(verdictOf(await verifyInclusionFile(foreign, { key: log.signer.key }))).toBe('no_trusted_signature')
    const relabelled = { ...foreign, checkpoint: await relabel(foreign.checkpoint), verifierKey: log.verifierKey }
    expect(verdictOf(await verifyInclusionFile(relabelled))).toBe('origin_mismatch')
    expect(verdictOf(await verifyInclusionFile(foreign, { origin: ORIGIN }))).toBe('origin_mismatch')

    // The same key pair, so the signature itself is good under the name of the pinned log.
    async function relabel(note: string): Promise<string> {
      const lineOfLog = (await log.checkpoint()).match(/— \S+ (\S{6})/)
      const signature = Buffer.from(note.match(/— \S+ (\S+)/)?.[1] ?? '', 'base64')
      const keyId = Buffer.from(`${lineOfLog?.[1]}==`, 'base64').subarray(0, 4)
      const line = `— ${ORIGIN} ${Buffer.concat([keyId, signature.subarray(4)]).toString('base64')}`
      return note.replace(/— .*/, line)
    }
  })

  test('a size that its own checkpoint does not sign is refused', async () => {
    expect(verdictOf(await verifyInclusionFile({ ...file, treeSize: 24 }))).toBe('size_mismatch')
  })

  test('a broken key in the file is refused even when another is pinned', async () => {
    const broken = { ...file, verifierKey: 'nothing' }
    expect(verdictOf(await verifyInclusionFile(broken, { key: log.signer.key }))).toBe('malformed')
  })

  test('old backup: a checkpoint behind the one already seen is refused, a fork of it too', async () => {
    const seen = log.tree(15)
    const at = async (size: number) => verifyInclusionFile(await log.inclusion(3, size), { seen })
    expect(verdictOf(await at(14))).toBe('rollback')
    expect(await at(15)).toMatchObject({ ok: true, value: { seenConfirmed: true } })
    expect(await at(20)).toMatchObject({ ok: true, value: { seenConfirmed: null } })
    const fork = new TestLog(
      log.signer,
      Array.from({ length: 15 }, (_, number) => testEntry(number + 1)),
    )
    expect(verdictOf(await verifyInclusionFile(await fork.inclusion(3), { seen }))).toBe('fork')
    const elsewhere = { ...seen, origin: 'ledger.example/other' }
    expect(verdictOf(await verifyInclusionFile(file, { seen: elsewhere }))).toBe('origin_mismatch')
  })
})

describe('a consistency file', () => {
  test('verifies between all sizes of an honest log', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 1, max: 23 }), async (one, other) => {
        const proof = await log.consistency(Math.min(one, other), Math.max(one, other))
        const verified = await verifyConsistencyFile(proof, { key: log.signer.key })
        expect(verified).toMatchObject({ ok: true, value: { oldCheckpoint: { size: Math.min(one, other) } } })
      }),
      { numRuns: 60 },
    )
  })

  test('every one-bit change of the file is refused', async () => {
    const bytes = utf8Bytes(formatProofFile(await log.consistency(9)))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const text = utf8Text(changed)
      const parsed = text === null ? null : parseProofFile(text)
      if (!parsed?.ok || parsed.value.kind !== 'consistency') continue
      expect(verdictOf(await verifyConsistencyFile(parsed.value)), `bit ${bit}`).not.toBe('accepted')
    }
  })

  test('the prefix property: a log that changed anything it had has no proof', async () => {
    for (const [name, first] of Object.entries({ edit: 5, atTheEdge: 8 })) {
      const forged = new TestLog(
        log.signer,
        Array.from({ length: 23 }, (_, at) => testEntry(at === first ? 99 : at)),
      )
      const proof = { ...(await forged.consistency(9)), oldCheckpoint: await log.checkpoint(9) }
      expect(verdictOf(await verifyConsistencyFile(proof)), name).toBe('root_mismatch')
    }
  })

  test('rollback, fork, the empty log and two different logs are told apart', async () => {
    const back = {
      ...(await log.consistency(9)),
      oldCheckpoint: await log.checkpoint(23),
      newCheckpoint: await log.checkpoint(9),
    }
    expect(verdictOf(await verifyConsistencyFile(back))).toBe('rollback')
    const forked = new TestLog(
      log.signer,
      Array.from({ length: 23 }, (_, at) => testEntry(at + 1)),
    )
    const fork = { ...(await log.consistency(23)), newCheckpoint: await forked.checkpoint(), proof: [] }
    expect(verdictOf(await verifyConsistencyFile(fork))).toBe('fork')
    expect(verdictOf(await verifyConsistencyFile(await log.consistency(0)))).toBe('empty_log')
    const empty = { ...(await log.consistency(0, 0)), proof: [] }
    expect(verdictOf(await verifyConsistencyFile(empty))).toBe('empty_log')
    const sibling = await testLog(5, await testSigner('ledger.example/other', 7))
    const mixed = { ...(await log.consistency(9)), oldCheckpoint: await sibling.checkpoint() }
    expect(verdictOf(await verifyConsistencyFile(mixed))).toBe('no_trusted_signature')
    const longer = { ...(await log.consistency(9)), proof: encodeHashes(log.proof(8, 23)) }
    expect(verdictOf(await verifyConsistencyFile(longer))).toMatch(/wrong_proof_length|root_mismatch/)
  })

  test('a checkpoint seen earlier is found at either end', async () => {
    const proof = await log.consistency(9)
    const against = async (size: number) => verifyConsistencyFile(proof, { seen: log.tree(size) })
    expect(await against(9)).toMatchObject({ ok: true, value: { seenConfirmed: true } })
    expect(await against(23)).toMatchObject({ ok: true, value: { seenConfirmed: true } })
    expect(await against(12)).toMatchObject({ ok: true, value: { seenConfirmed: null } })
    const forged = { ...log.tree(9), root: log.tree(8).root }
    expect(verdictOf(await verifyConsistencyFile(proof, { seen: forged }))).toBe('fork')
  })
})
