import { expect, test } from 'vitest'
import { testLog, verdictOf } from '../tests/test-log.ts'
import { decodeHashes, formatProofFile, parseProofFile } from './proof-file.ts'

test('each kind reads back as it was written', async () => {
  const log = await testLog(6)
  for (const file of [await log.inclusion(3), await log.consistency(2), await log.exportHeader()]) {
    expect(parseProofFile(formatProofFile(file))).toEqual({ ok: true, value: file })
  }
  expect(formatProofFile(await log.exportHeader()).trimEnd()).not.toContain('\n')
})

test('a missing, wrong or further field is refused', async () => {
  const log = await testLog(6)
  for (const file of [await log.inclusion(3), await log.consistency(2), await log.exportHeader()]) {
    const refused = (value: unknown, name: string) =>
      expect(verdictOf(parseProofFile(JSON.stringify(value))), `${file.kind}: ${name}`).toMatch(/malformed|unsupported/)
    for (const name of Object.keys(file)) {
      refused({ ...file, [name]: undefined }, `without ${name}`)
      refused({ ...file, [name]: null }, `${name} null`)
      refused({ ...file, [name]: { deep: true } }, `${name} an object`)
    }
    refused({ ...file, comment: '' }, 'with a comment')
    refused({ ...file, constructor: '' }, 'with a field that objects inherit')
    refused({ ...file, format: 'metaagent-proof/v2' }, 'of a later version')
    refused({ ...file, kind: 'toString' }, 'of an unknown kind')
    refused([file], 'in a list')
  }
})

test('numbers and hashes are exact', async () => {
  const file = await (await testLog(6)).inclusion(3)
  const hash = file.proof[0] ?? ''
  for (const index of [-1, 1.5, 2 ** 53, '3']) {
    expect(verdictOf(parseProofFile(JSON.stringify({ ...file, index }))), String(index)).toBe('malformed')
  }
  for (const proof of [[hash.slice(4)], [1], ['='], hash, [hash.replace('=', '')]]) {
    expect(verdictOf(parseProofFile(JSON.stringify({ ...file, proof })))).toBe('malformed')
  }
  expect(verdictOf(parseProofFile(JSON.stringify({ ...file, entry: '\ud800' })))).toBe('malformed')
  expect(verdictOf(parseProofFile('{'))).toBe('malformed')
  expect(() => decodeHashes(['no hash'])).toThrow(RangeError)
})
