import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testLog, verdictOf } from '../tests/test-log.ts'
import { utf8Bytes } from './bytes.ts'
import { formatTlogProof, isTlogProof, parseTlogProof } from './tlog-proof.ts'
import { inclusionToTlogProof, tlogProofToInclusion, verifyInclusionFile } from './verify-file.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('a tlog-proof file reads back as it was written', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(hash, { maxLength: 6 }),
      fc.option(fc.uint8Array({ maxLength: 50 })),
      (index, hashes, extra) => {
        const proof = { index, hashes, checkpoint: 'o\n1\n\n— o AAAAAAA=\n', extra }
        expect(parseTlogProof(formatTlogProof(proof))).toEqual({ ok: true, value: proof })
      },
    ),
  )
})

test('it is laid out as C2SP tlog-proof shows it', async () => {
  const log = await testLog(3)
  const file = await log.inclusion(2)
  const text = inclusionToTlogProof(file)
  const extra = Buffer.from(file.entry).toString('base64')
  expect(text).toBe(`c2sp.org/tlog-proof@v1\nextra ${extra}\nindex 2\n${file.proof.join('\n')}\n\n${file.checkpoint}`)
  expect(isTlogProof(text)).toBe(true)
})

test('an inclusion file goes through the C2SP form and back, and verifies', async () => {
  const log = await testLog(11)
  const file = await log.inclusion(7)
  const back = tlogProofToInclusion(inclusionToTlogProof(file), log.signer.key)
  expect(back).toEqual({ ok: true, value: file })
  expect(back.ok && verdictOf(await verifyInclusionFile(back.value, { key: log.signer.key }))).toBe('accepted')
})

test('malformed files are refused', async () => {
  const log = await testLog(3)
  const good = inclusionToTlogProof(await log.inclusion(2))
  const wrong = [
    '',
    'c2sp.org/tlog-proof@v1\n',
    good.replace('@v1', '@v2'),
    good.replace('index 2', 'index 02'),
    good.replace('index 2', 'index -2'),
    good.replace('index 2\n', ''),
    good.replace('extra ', 'extra !'),
    good.replace('\n\n', '\n'),
    good.replace('index 2\n', 'index 2\nAAAA\n'),
    good.replace('index 2', 'index 99999999999999999999'),
    'c2sp.org/tlog-proof@v1\n\n',
  ]
  for (const text of wrong) expect(verdictOf(parseTlogProof(text)), text).toBe('malformed')
  const { key } = log.signer
  expect(verdictOf(tlogProofToInclusion(good.replace(/extra .*\n/, ''), key))).toBe('malformed')
  expect(verdictOf(tlogProofToInclusion(good.replace(/extra .*\n/, 'extra /w==\n'), key))).toBe('malformed')
  expect(verdictOf(tlogProofToInclusion(good.replace('\n3\n', '\nx\n'), key))).toBe('malformed')
  expect(verdictOf(tlogProofToInclusion(good.slice(0, -1), key))).toBe('malformed')
  expect(verdictOf(tlogProofToInclusion('nothing', key))).toBe('malformed')
  expect(() => formatTlogProof({ index: -1, hashes: [], checkpoint: '', extra: utf8Bytes('') })).toThrow(RangeError)
})
