import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { testSigner, verdictOf } from '../tests/test-log.ts'
import { decodeBase64, encodeBase64, utf8Bytes } from './bytes.ts'
import {
  formatSignerKey,
  formatVerifierKey,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signNote,
  verifierKey,
  verifyNote,
} from './note.ts'
import { generateKeys, SignaturesNotSupported, signerFromKey, signerFromSeed, webCryptoVerify } from './web-crypto.ts'

// The worked example of golang.org/x/mod/sumdb/note.
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const SIGNER = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const VERIFIER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const NOTE = `${TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`
const ENOCH =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'

function key(text: string) {
  const parsed = parseVerifierKey(text)
  if (!parsed.ok) throw new Error(parsed.fault.detail)
  return parsed.value
}

describe('keys', () => {
  test('read and write as the reference implementation does', async () => {
    expect(formatVerifierKey(key(VERIFIER))).toBe(VERIFIER)
    const signer = await signerFromKey(SIGNER)
    expect(signer.ok && formatVerifierKey(signer.value.key)).toBe(VERIFIER)
    const parts = parseSignerKey(SIGNER)
    expect(parts.ok && formatSignerKey(key(VERIFIER), parts.value.seed)).toBe(SIGNER)
  })

  test('a fresh pair signs and verifies', async () => {
    const pair = await generateKeys('ledger.example/new')
    const signer = await signerFromKey(pair.signerKey)
    if (!signer.ok) throw new Error(signer.fault.detail)
    const note = await signNote('text\n', [signer.value])
    expect(verdictOf(await verifyNote(note, [key(pair.verifierKey)], webCryptoVerify))).toBe('accepted')
  })

  test('a key id that does not belong to the name or the key is refused', async () => {
    expect(verdictOf(parseVerifierKey(VERIFIER.replace('Peter', 'Paul')))).toBe('key_mismatch')
    expect(verdictOf(parseVerifierKey(VERIFIER.replace('c74f', 'c75f')))).toBe('key_mismatch')
    expect(verdictOf(await signerFromKey(SIGNER.replace('c74f', 'c75f')))).toBe('key_mismatch')
  })

  test('malformed keys are refused, other signature types are named', () => {
    for (const text of [
      '',
      'a+b',
      'a+0000000g+AQ==',
      `a b+c74f20a3+AQ==`,
      'PeterNeumann+C74F20A3+AQ==',
      `${VERIFIER} `,
    ]) {
      expect(verdictOf(parseVerifierKey(text)), text).toMatch(/malformed|unsupported/)
    }
    const cosigner = `w+00000000+${encodeBase64(new Uint8Array(33).fill(4))}`
    expect(verdictOf(parseVerifierKey(cosigner))).toBe('unsupported')
    expect(() => verifierKey('with space', new Uint8Array(32))).toThrow(RangeError)
    expect(() => verifierKey('name', new Uint8Array(31))).toThrow(RangeError)
  })

  test('a refused signer key is never repeated', () => {
    const refused = parseSignerKey(SIGNER.slice(0, -1))
    expect(refused.ok ? '' : refused.fault.detail).not.toContain('AYEK')
    expect(verdictOf(parseSignerKey('nothing'))).toBe('malformed')
  })
})

describe('signed notes', () => {
  test('sign to the very bytes of the reference implementation', async () => {
    const signer = await signerFromKey(SIGNER)
    if (!signer.ok) throw new Error(signer.fault.detail)
    expect(await signNote(TEXT, [signer.value])).toBe(NOTE)
  })

  test('verify under the trusted key, other signatures are ignored', async () => {
    const verified = await verifyNote(NOTE + ENOCH, [key(VERIFIER)], webCryptoVerify)
    expect(verified.ok && verified.value.text).toBe(TEXT)
    expect(verified.ok && verified.value.signers.map(({ name }) => name)).toEqual(['PeterNeumann'])
    const unknownType = NOTE + `— PeterNeumann ${encodeBase64(new Uint8Array(5).fill(9))}\n`
    expect(verdictOf(await verifyNote(unknownType, [key(VERIFIER)], webCryptoVerify))).toBe('accepted')
  })

  test('a key rotates by a second signature: the note holds under the old and the new key', async () => {
    const [old, next] = [await testSigner('log.example', 1), await testSigner('log.example', 2)]
    const note = await signNote('text\n', [old, next])
    for (const trusted of [[old.key], [next.key], [old.key, next.key]]) {
      const verified = await verifyNote(note, trusted, webCryptoVerify)
      expect(verified.ok && verified.value.signers).toEqual(trusted)
    }
  })

  test('another key under the same name does not pass: key swap', async () => {
    const note = await signNote('text\n', [await testSigner('log.example', 1)])
    const pinned = (await testSigner('log.example', 2)).key
    expect(verdictOf(await verifyNote(note, [pinned], webCryptoVerify))).toBe('no_trusted_signature')
  })

  test('a wrong signature in the name of the trusted key refuses the note, even beside a good one', async () => {
    const signature = decodeBase64(NOTE.slice(NOTE.lastIndexOf(' ') + 1).trim()) ?? new Uint8Array()
    const bad = `— PeterNeumann ${encodeBase64(signature.with(10, (signature[10] ?? 0) ^ 1))}\n`
    expect(verdictOf(await verifyNote(NOTE + bad, [key(VERIFIER)], webCryptoVerify))).toBe('bad_signature')
    const short = `${TEXT}\n— PeterNeumann x08gowA=\n`
    expect(verdictOf(await verifyNote(short, [key(VERIFIER)], webCryptoVerify))).toBe('bad_signature')
  })

  test('every one-bit change of a note is refused', async () => {
    const bytes = utf8Bytes(NOTE)
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      let note: string
      try {
        note = decoder.decode(changed)
      } catch {
        continue
      }
      const verdict = verdictOf(await verifyNote(note, [key(VERIFIER)], webCryptoVerify))
      expect(verdict, `bit ${bit}`).not.toBe('accepted')
    }
  })

  test('malformed notes are refused whole', () => {
    const [, line = ''] = NOTE.split('\n\n')
    const wrong = [
      '',
      'text\n',
      TEXT,
      `${TEXT}\n`,
      NOTE.slice(0, -1),
      `${NOTE}\n`,
      NOTE.replace('\n\n', '\n'),
      `${NOTE}junk\n`,
      NOTE.replace('— ', '- '),
      NOTE.replace('— ', '—  '),
      NOTE.replace('=\n', '\n'),
      NOTE.replace('If', 'If\t'),
      `${TEXT}\n— PeterNeumann x08gow==\n`,
      `${TEXT}\n— Peter+Neumann x08gowA=\n`,
      `\ud800${NOTE}`,
      `${TEXT}\n${line.repeat(101)}`,
      `${'x'.repeat(1_000_001)}${NOTE}`,
    ]
    for (const note of wrong) expect(verdictOf(parseNote(note)), JSON.stringify(note.slice(0, 200))).toBe('malformed')
    expect(verdictOf(parseNote(`${TEXT}\n${line.repeat(16)}`))).toBe('accepted')
  })

  test('the text may hold blank lines; the last one separates the signatures', async () => {
    const signer = await testSigner()
    const note = await signNote('one\n\n— looks like a signature\n\ntwo\n', [signer])
    const verified = await verifyNote(note, [signer.key], webCryptoVerify)
    expect(verified.ok && verified.value.text).toBe('one\n\n— looks like a signature\n\ntwo\n')
  })

  test('what cannot be a note is not signed', async () => {
    const signer = await testSigner()
    for (const text of ['no newline', 'tab\t\n', '\ud800\n', '']) {
      await expect(signNote(text, [signer])).rejects.toThrow(RangeError)
    }
    await expect(signNote('text\n', [])).rejects.toThrow(RangeError)
  })

  test('any text that is signed verifies', async () => {
    const signer = await testSigner()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), async (text) => {
        const clean = `${text.replaceAll(/\p{Cc}/gu, '')}\n`
        const note = await signNote(clean, [signer])
        const verified = await verifyNote(note, [signer.key], webCryptoVerify)
        expect(verified.ok && verified.value.text).toBe(clean)
      }),
      { numRuns: 50 },
    )
  })
})

describe('the platform', () => {
  test('32 bytes that are no point of the curve verify nothing', async () => {
    const noPoint = new Uint8Array(32).fill(0xff)
    expect(await webCryptoVerify(noPoint, utf8Bytes('x'), new Uint8Array(64))).toBe(false)
    await expect(signerFromSeed('name', new Uint8Array(31))).rejects.toThrow(RangeError)
  })

  test('without Web Crypto nothing is said about a signature', async () => {
    const original = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true })
    try {
      await expect(verifyNote(NOTE, [key(VERIFIER)], webCryptoVerify)).rejects.toThrow(SignaturesNotSupported)
    } finally {
      if (original !== undefined) Object.defineProperty(globalThis, 'crypto', original)
    }
  })

  test('a platform whose Web Crypto has no Ed25519 is named as such', async () => {
    const original = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
    const importKey = () => Promise.reject(new DOMException('Unrecognized name', 'NotSupportedError'))
    Object.defineProperty(globalThis, 'crypto', { value: { subtle: { importKey } }, configurable: true })
    try {
      await expect(verifyNote(NOTE, [key(VERIFIER)], webCryptoVerify)).rejects.toThrow(SignaturesNotSupported)
    } finally {
      if (original !== undefined) Object.defineProperty(globalThis, 'crypto', original)
    }
  })
})
