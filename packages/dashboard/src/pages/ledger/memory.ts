import {
  type Checkpoint,
  checkSuccession,
  decodeBase64,
  encodeBase64,
  openCheckpoint,
  parseVerifierKey,
  SignaturesNotSupported,
  sha256,
  verifyConsistency,
  webCryptoVerify,
} from '@metaagent/verify'
import { z } from 'zod'

/** The largest checkpoint of a log that this browser saw and checked, and the key that signed it. */
export const RememberedLog = z.object({
  origin: z.string(),
  size: z.int().min(0),
  root: z.string(),
  key: z.string(),
  seenAt: z.string(),
})
export type RememberedLog = z.infer<typeof RememberedLog>

/** What the present checkpoint is beside the remembered one. */
export type Sighting =
  /** Nothing to check yet: the log has no entry. */
  | { readonly kind: 'empty' }
  /** Signed well; `first` was never seen here, `unchanged` is the same tree, `advanced` provably extends it. */
  | {
      readonly kind: 'first' | 'unchanged' | 'advanced'
      readonly log: RememberedLog
      readonly before: RememberedLog | null
    }
  /** Something is wrong: the code is of packages/verify (`rollback`, `fork`, `bad_signature`, …) or `key_changed`. */
  | { readonly kind: 'alarm'; readonly code: string; readonly detail: string; readonly before: RememberedLog | null }
  /** This browser cannot check signatures here (no https). */
  | { readonly kind: 'unsupported'; readonly detail: string }

type FetchProof = (from: number, to: number) => Promise<readonly string[]>

/**
 * Checks a signed checkpoint: its signature, that the key is the one known, and that the log did not go back or show
 * another past. `fetchProof` asks the server for the consistency proof that a larger tree owes us.
 */
export async function sight(
  checkpoint: string,
  verifierKey: string,
  before: RememberedLog | null,
  fetchProof: FetchProof,
  nowIso: string,
): Promise<Sighting> {
  const key = parseVerifierKey(verifierKey)
  if (!key.ok) return { kind: 'alarm', code: key.fault.code, detail: key.fault.detail, before }
  if (before !== null && before.key !== verifierKey) {
    const detail = `This browser knows the log under another key (${keyId(before.key)}) than the one shown now (${keyId(verifierKey)}).`
    return { kind: 'alarm', code: 'key_changed', detail, before }
  }
  try {
    const opened = await openCheckpoint(checkpoint, { keys: [key.value], verify: webCryptoVerify })
    if (!opened.ok) return { kind: 'alarm', ...opened.fault, before }
    const now = opened.value
    const log = logOf(now, verifierKey, nowIso)
    if (before === null) return { kind: 'first', log, before }
    const seen = checkpointOf(before)
    const proof = now.size > seen.size && seen.size > 0 ? decoded(await fetchProof(seen.size, now.size)) : null
    const succession = checkSuccession(sha256, seen, now, proof)
    return succession.ok ? { kind: succession.value, log, before } : { kind: 'alarm', ...succession.fault, before }
  } catch (error) {
    if (error instanceof SignaturesNotSupported) return { kind: 'unsupported', detail: error.message }
    throw error
  }
}

/**
 * Whether a checkpoint of any size belongs to the same history as the remembered one. Null: they agree; else why not.
 */
export async function disagreement(
  checkpoint: Checkpoint,
  remembered: RememberedLog,
  fetchProof: FetchProof,
): Promise<string | null> {
  const seen = checkpointOf(remembered)
  if (seen.origin !== checkpoint.origin) return `it is of the log ${checkpoint.origin}, this browser saw ${seen.origin}`
  const [older, newer] = checkpoint.size < seen.size ? [checkpoint, seen] : [seen, checkpoint]
  const proof = older.size === newer.size || older.size === 0 ? [] : decoded(await fetchProof(older.size, newer.size))
  if (older.size === 0) return null
  const held = verifyConsistency(sha256, {
    oldSize: older.size,
    oldRoot: older.root,
    newSize: newer.size,
    newRoot: newer.root,
    proof,
  })
  return held.ok ? null : held.fault.detail
}

/** What is remembered of a checkpoint that was checked with this key. */
export function logOf({ origin, size, root }: Checkpoint, verifierKey: string, nowIso: string): RememberedLog {
  return { origin, size, root: encodeBase64(root), key: verifierKey, seenAt: nowIso }
}

/** The part of a verifier key that people compare: its name and short id. */
export function keyId(verifierKey: string): string {
  const parsed = parseVerifierKey(verifierKey)
  // The key itself, behind the second plus, is base64 and may hold more of them.
  return parsed.ok ? verifierKey.split('+').slice(0, 2).join('+') : verifierKey
}

function checkpointOf({ origin, size, root }: RememberedLog): Checkpoint {
  return { origin, size, root: decodeBase64(root) ?? new Uint8Array(), extensions: [] }
}

function decoded(hashes: readonly string[]): Uint8Array[] {
  return hashes.map((hash) => decodeBase64(hash) ?? new Uint8Array())
}
