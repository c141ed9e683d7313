import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testLog, testSigner, verdictOf } from '../tests/test-log.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'
import { cosign, formatWitnessKey, parseWitnessKey, verifyCosignatures, witnessKey } from './cosignature.ts'
import { formatVerifierKey, parseNote, parseVerifierKey } from './note.ts'
import { inclusionToTlogProof, tlogProofToInclusion, verifyInclusionFile } from './verify-file.ts'
import { webCryptoVerify } from './web-crypto.ts'

const name = 'witness.example/w1'

async function witness(seedByte = 9) {
  const signer = await testSigner(name, seedByte)
  return { key: witnessKey(name, signer.key.publicKey), sign: signer.sign }
}

async function cosigned(atSeconds = 1_679_315_147) {
  const log = await testLog(5)
  const file = await log.inclusion(3)
  const note = parseNote(file.checkpoint)
  if (!note.ok) throw new Error(note.fault.detail)
  const { key, sign } = await witness()
  const line = await cosign(note.value.text, key, sign, atSeconds)
  return { log, file, key, text: note.value.text, line, note: file.checkpoint + line }
}

test('a witness’s key has an id of its own type, and travels as text', async () => {
  const { key } = await witness()
  const id = createHash('sha256').update(`${name}\n`).update(Uint8Array.of(4)).update(key.publicKey).digest('hex')
  expect(key.keyId).toBe(id.slice(0, 8))
  expect(parseWitnessKey(formatWitnessKey(key))).toEqual({ ok: true, value: key })
  expect(verdictOf(parseVerifierKey(formatWitnessKey(key)))).toBe('unsupported')
  expect(verdictOf(parseWitnessKey(formatVerifierKey(key)))).toBe('unsupported')
})

test('a cosignature is over the header, the time and the text, as C2SP tlog-cosignature says', async () => {
  const { key, text, line, note } = await cosigned()
  const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64')
  expect(line.startsWith(`— ${name} `)).toBe(true)
  expect(bytes.length).toBe(4 + 8 + 64)
  expect(bytes.readBigUInt64BE(4)).toBe(1_679_315_147n)
  const message = Buffer.from(`cosignature/v1\ntime 1679315147\n${text}`)
  expect(await webCryptoVerify(key.publicKey, message, bytes.subarray(12))).toBe(true)
  const found = await verifyCosignatures(note, [key], webCryptoVerify)
  expect(found).toEqual({ ok: true, value: [{ key, atSeconds: 1_679_315_147 }] })
})

test('lines of unknown witnesses are ignored; a wrong one of a trusted witness refuses the note', async () => {
  const { key, file, line, note } = await cosigned()
  const other = witnessKey(name, (await testSigner(name, 3)).key.publicKey)
  expect(await verifyCosignatures(note, [other], webCryptoVerify)).toEqual({ ok: true, value: [] })
  const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64')
  for (const at of [4, 11, 12, 75]) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    const wrong = `${file.checkpoint}— ${name} ${changed.toString('base64')}\n`
    expect(verdictOf(await verifyCosignatures(wrong, [key], webCryptoVerify)), `byte ${at}`).toBe('bad_signature')
  }
  const short = `${file.checkpoint}— ${name} ${bytes.subarray(0, 68).toString('base64')}\n`
  expect(verdictOf(await verifyCosignatures(short, [key], webCryptoVerify))).toBe('bad_signature')
})

test('of two cosignatures of one witness the later counts, and counts once', async () => {
  const { key, text, note } = await cosigned(100)
  const { sign } = await witness()
  const again = note + (await cosign(text, key, sign, 200)) + (await cosign(text, key, sign, 150))
  expect(await verifyCosignatures(again, [key], webCryptoVerify)).toEqual({
    ok: true,
    value: [{ key, atSeconds: 200 }],
  })
})

test('a proof needs the witnesses that the reader asks for, in either form', async () => {
  const { log, file, key, note } = await cosigned()
  const other = witnessKey(name, (await testSigner(name, 3)).key.publicKey)
  const witnessed = { ...file, checkpoint: note }
  const through = tlogProofToInclusion(inclusionToTlogProof(witnessed), log.signer.key)
  expect(through).toEqual({ ok: true, value: witnessed })
  const verdict = async (checked: typeof file, witnesses: (typeof key)[], quorum?: number) =>
    verdictOf(await verifyInclusionFile(checked, { key: log.signer.key, witnesses, quorum }))
  expect(await verdict(witnessed, [key])).toBe('accepted')
  expect(await verdict(witnessed, [key, other])).toBe('not_witnessed')
  expect(await verdict(witnessed, [key, other], 1)).toBe('accepted')
  expect(await verdict(file, [key])).toBe('not_witnessed')
  expect(await verdict(file, [])).toBe('accepted')
})

test('an add-checkpoint request reads back as it was written, and nothing else is read', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(fc.nat(), fc.array(hash, { maxLength: 63 }), (oldSize, proof) => {
      const request = { oldSize, proof, checkpoint: 'o\n1\nx\n\n— o AAAAAAA=\n' }
      expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual({ ok: true, value: request })
    }),
  )
  for (const body of ['', 'old 1\n', 'old 01\n\no', 'new 1\n\no', 'old -1\n\no', 'old 1\nAAAA\n\no', 'old 1e3\n\no'])
    expect(verdictOf(parseAddCheckpoint(body)), body).toBe('malformed')
  const many = `old 1\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\no`
  expect(verdictOf(parseAddCheckpoint(many))).toBe('malformed')
})
