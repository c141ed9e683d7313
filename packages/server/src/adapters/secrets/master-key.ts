import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Secrets } from '../../ports/slice.ts'

const ivBytes = 12
const tagBytes = 16

/**
 * Seals with AES-256-GCM under keys derived from the master key (HKDF-SHA-256, RFC 5869): one for sealing, one for
 * keyed digests, so that neither use can help against the other. Layout of a sealed value: iv, tag, ciphertext.
 */
export function createSecrets(masterKey: Uint8Array): Secrets {
  if (masterKey.length !== 32) throw new Error('the master key must be 32 bytes')
  const sealKey = Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), 'metaagent seal v1', 32))
  const macKey = Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), 'metaagent mac v1', 32))
  return {
    seal: (plaintext, context) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return new Uint8Array(Buffer.concat([iv, cipher.getAuthTag(), body]))
    },
    open: (sealed, context) => {
      const bytes = Buffer.from(sealed)
      const cipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(0, ivBytes))
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
      return new Uint8Array(Buffer.concat([cipher.update(bytes.subarray(ivBytes + tagBytes)), cipher.final()]))
    },
    mac: (data, context) =>
      new Uint8Array(createHmac('sha256', macKey).update(context).update('\0').update(data).digest()),
  }
}

/** The embedded deployment's master key: read from `secret.key` in the data folder, made there (mode 600) at first start. */
export function masterKeyInFolder(dataDir: string): Uint8Array {
  const path = join(dataDir, 'secret.key')
  if (existsSync(path)) {
    const key = new Uint8Array(Buffer.from(readFileSync(path, 'utf8').trim(), 'base64'))
    if (key.length !== 32) throw new Error(`${path} does not hold 32 bytes in base64; restore it from your backup`)
    return key
  }
  mkdirSync(dataDir, { recursive: true })
  const key = randomBytes(32)
  // `wx`: of two processes that start at once, one makes the key and the other must not overwrite it.
  try {
    writeFileSync(path, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return masterKeyInFolder(dataDir)
    throw error
  }
  chmodSync(path, 0o600)
  return new Uint8Array(key)
}
