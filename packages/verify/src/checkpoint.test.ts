import { describe, expect, test } from 'vitest'
import { ORIGIN, TestLog, testEntry, testLog, testSigner, verdictOf } from '../tests/test-log.ts'
import {
  type Checkpoint,
  CheckpointMemory,
  checkSuccession,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  type VerifiedCheckpoint,
} from './checkpoint.ts'
import { emptyRoot } from './merkle.ts'
import { nodeSha256 as hash } from './node.ts'
import { signNote } from './note.ts'
import { webCryptoVerify } from './web-crypto.ts'

const verify = webCryptoVerify
const opened = async (log: TestLog, size: number): Promise<VerifiedCheckpoint> => {
  const outcome = await openCheckpoint(await log.checkpoint(size), { keys: [log.signer.key], verify })
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}

describe('checkpoint text', () => {
  test('reads and writes the example of C2SP tlog-checkpoint', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
    const parsed = parseCheckpoint(text)
    expect(parsed.ok && [parsed.value.origin, parsed.value.size]).toEqual(['example.com/behind-the-sofa', 20_852_163])
    expect(parsed.ok && formatCheckpoint(parsed.value)).toBe(text)
    const extended = parseCheckpoint(`${text}one more line\n`)
    expect(extended.ok && extended.value.extensions).toEqual(['one more line'])
    expect(extended.ok && formatCheckpoint(extended.value)).toBe(`${text}one more line\n`)
  })

  test('refuses every other spelling', () => {
    const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='
    const wrong = [
      `o\n1\n`,
      `o\n1\n${root}`,
      `\n1\n${root}\n`,
      `o\n01\n${root}\n`,
      `o\n-1\n${root}\n`,
      `o\n1.0\n${root}\n`,
      `o\n99999999999999999999\n${root}\n`,
      `o\n1\n${root.slice(4)}\n`,
      `o\n1\n${root}\n\n`,
      `o\n1\nroot\n`,
    ]
    for (const text of wrong) expect(verdictOf(parseCheckpoint(text)), text).toBe('malformed')
    expect(() => formatCheckpoint({ origin: 'a\nb', size: 1, root: new Uint8Array(32) })).toThrow(RangeError)
    expect(() => formatCheckpoint({ origin: 'a', size: -1, root: new Uint8Array(32) })).toThrow(RangeError)
    expect(() => formatCheckpoint({ origin: 'a', size: 1, root: new Uint8Array(31) })).toThrow(RangeError)
  })
})

describe('opening', () => {
  test('gives the log, its size, its root and who signed', async () => {
    const log = await testLog(9)
    const checkpoint = await opened(log, 9)
    expect(checkpoint).toMatchObject({ ...log.tree(), signers: [log.signer.key] })
  })

  test('a checkpoint of another log is refused, even when the same key signed it', async () => {
    const signer = await testSigner()
    const text = formatCheckpoint({ origin: 'ledger.example/other', size: 3, root: hash(new Uint8Array()) })
    const note = await signNote(text, [signer])
    expect(verdictOf(await openCheckpoint(note, { keys: [signer.key], verify }))).toBe('origin_mismatch')
    const named = { keys: [signer.key], origin: 'ledger.example/other', verify }
    expect(verdictOf(await openCheckpoint(note, named))).toBe('accepted')
    expect(verdictOf(await openCheckpoint(note, { ...named, origin: ORIGIN }))).toBe('origin_mismatch')
  })

  test('a signed text that is no checkpoint is refused', async () => {
    const signer = await testSigner()
    const note = await signNote(`${ORIGIN}\n`, [signer])
    expect(verdictOf(await openCheckpoint(note, { keys: [signer.key], verify }))).toBe('malformed')
  })
})

describe('memory of checkpoints', () => {
  test('a log that grows with proof is followed', async () => {
    const log = await testLog(40)
    const memory = new CheckpointMemory(hash)
    const verdicts = [
      memory.observe(await opened(log, 5), null),
      memory.observe(await opened(log, 5), null),
      memory.observe(await opened(log, 17), log.proof(5, 17)),
      memory.observe(await opened(log, 40), log.proof(17, 40)),
    ]
    expect(verdicts.map((verdict) => verdict.ok && verdict.value)).toEqual([
      'first',
      'unchanged',
      'advanced',
      'advanced',
    ])
    expect(memory.remembered).toMatchObject([log.tree(40)])
  })

  test('a restored old backup is refused as a rollback although its signature is good', async () => {
    const log = await testLog(40)
    const memory = new CheckpointMemory(hash)
    memory.observe(await opened(log, 40), null)
    expect(verdictOf(memory.observe(await opened(log, 30), null))).toBe('rollback')
    const afterRestart = new CheckpointMemory(hash, memory.remembered)
    expect(verdictOf(afterRestart.observe(await opened(log, 39), null))).toBe('rollback')
  })

  test('after a rollback the log cannot grow again over another history: fork', async () => {
    const log = await testLog(40)
    const forked = new TestLog(
      log.signer,
      Array.from({ length: 50 }, (_, at) => testEntry(at < 30 ? at : at + 1_000)),
    )
    const memory = new CheckpointMemory(hash)
    memory.observe(await opened(log, 40), null)
    expect(verdictOf(memory.observe(await opened(forked, 40), null))).toBe('fork')
    expect(verdictOf(memory.observe(await opened(forked, 50), forked.proof(40, 50)))).toBe('root_mismatch')
    expect(verdictOf(memory.observe(await opened(forked, 50), null))).toBe('proof_missing')
    expect(memory.remembered).toMatchObject([log.tree(40)])
  })

  test('logs are remembered apart, and one is no successor of another', async () => {
    const log = await testLog(9)
    const other = await testLog(4, await testSigner('ledger.example/other'))
    const memory = new CheckpointMemory(hash)
    memory.observe(await opened(log, 9), null)
    expect(memory.observe(await opened(other, 4), null)).toEqual({ ok: true, value: 'first' })
    expect(memory.remembered).toHaveLength(2)
    expect(verdictOf(checkSuccession(hash, log.tree(4), other.tree(4), null))).toBe('origin_mismatch')
  })

  test('the empty log may become any log, if it was signed as empty', async () => {
    const log = await testLog(9)
    const empty: Checkpoint = { origin: ORIGIN, size: 0, root: emptyRoot(hash), extensions: [] }
    expect(checkSuccession(hash, empty, log.tree(9), null)).toEqual({ ok: true, value: 'advanced' })
    const falselyEmpty = { ...empty, root: log.tree(1).root }
    expect(verdictOf(checkSuccession(hash, falselyEmpty, log.tree(9), null))).toBe('root_mismatch')
  })
})
