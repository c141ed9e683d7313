import { equalBytes, utf8Bytes, utf8Text } from './bytes.ts'
import { type JsonObject, parseCanonicalObject } from './canonical-json.ts'
import {
  type Checkpoint,
  openCheckpoint,
  parseCheckpoint,
  type TrustedLog,
  type VerifiedCheckpoint,
} from './checkpoint.ts'
import { type Cosignature, verifyCosignatures, type WitnessKey } from './cosignature.ts'
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts'
import { type Ed25519Verify, formatVerifierKey, parseNote, parseVerifierKey, type VerifierKey } from './note.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import {
  type ConsistencyProofFile,
  decodeHashes,
  encodeHashes,
  type InclusionProofFile,
  PROOF_FORMAT,
} from './proof-file.ts'
import { sha256 as portableSha256, type Sha256 } from './sha256.ts'
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts'
import { webCryptoVerify } from './web-crypto.ts'

export interface VerifyOptions {
  /** The key that the reader trusts. Without it the key named in the file is used, which proves much less. */
  readonly key?: VerifierKey | undefined
  /** The log's name, when it is not the name of the key. */
  readonly origin?: string | undefined
  /** A checkpoint that the reader saw earlier: the log may not have gone back behind it or changed what it held. */
  readonly seen?: Checkpoint | undefined
  /** Witnesses that the reader trusts, and how many of them must have cosigned (default: all of them). */
  readonly witnesses?: readonly WitnessKey[] | undefined
  readonly quorum?: number | undefined
  /** Default: the portable hash of this package. */
  readonly sha256?: Sha256 | undefined
  /** Default: Web Crypto. */
  readonly verifySignature?: Ed25519Verify | undefined
}

/** What every verified file says about its log. */
export interface VerifiedLog {
  readonly checkpoint: VerifiedCheckpoint
  readonly key: VerifierKey
  /** False: the key came from the file, so the file only agrees with itself. Say so to the reader. */
  readonly keyPinned: boolean
  /** Of the witnesses that the reader trusts. */
  readonly cosignatures: readonly Cosignature[]
  /** Whether the checkpoint seen earlier was found again; null: none was given, or this file cannot tell. */
  readonly seenConfirmed: true | null
}

export interface VerifiedInclusion extends VerifiedLog {
  readonly kind: 'inclusion'
  readonly entry: JsonObject
  readonly index: number
}

export interface VerifiedConsistency extends VerifiedLog {
  readonly kind: 'consistency'
  readonly oldCheckpoint: VerifiedCheckpoint
}

/**
 * Checks a parsed proof file of either kind that needs no entries beside it; for exports there is `ExportCheck`. Rejects
 * with `SignaturesNotSupported` where the platform cannot check signatures; everything else is an outcome.
 */
export function verifyProofFile(
  file: InclusionProofFile | ConsistencyProofFile,
  options: VerifyOptions = {},
): Promise<Outcome<VerifiedInclusion | VerifiedConsistency>> {
  return file.kind === 'inclusion' ? verifyInclusionFile(file, options) : verifyConsistencyFile(file, options)
}

/** Checks an inclusion file from the entry's text up to the signature: nothing of it is believed. */
export async function verifyInclusionFile(
  file: InclusionProofFile,
  options: VerifyOptions = {},
): Promise<Outcome<VerifiedInclusion>> {
  const entry = parseCanonicalObject(file.entry)
  if (!entry.ok) return entry
  const log = await openLog(file.checkpoint, file.verifierKey, options)
  if (!log.ok) return log
  const { checkpoint } = log.value
  if (file.treeSize !== checkpoint.size) return sizeMismatch(file.treeSize, checkpoint.size)
  const sha256 = options.sha256 ?? portableSha256
  const included = verifyInclusion(sha256, {
    index: file.index,
    treeSize: checkpoint.size,
    leafHash: leafHash(sha256, utf8Bytes(file.entry)),
    proof: decodeHashes(file.proof),
    root: checkpoint.root,
  })
  if (!included.ok) return included
  const seen = compareWithSeen([checkpoint], options.seen)
  if (!seen.ok) return seen
  return accept({ kind: 'inclusion', ...log.value, seenConfirmed: seen.value, entry: entry.value, index: file.index })
}

/** Checks a consistency file: both signatures, one log, and that the old tree is a prefix of the new one. */
export async function verifyConsistencyFile(
  file: ConsistencyProofFile,
  options: VerifyOptions = {},
): Promise<Outcome<VerifiedConsistency>> {
  const older = await openLog(file.oldCheckpoint, file.verifierKey, options)
  if (!older.ok) return older
  const newer = await openLog(file.newCheckpoint, file.verifierKey, options)
  if (!newer.ok) return newer
  const [oldCheckpoint, checkpoint] = [older.value.checkpoint, newer.value.checkpoint]
  if (oldCheckpoint.origin !== checkpoint.origin) {
    return refuse(
      'origin_mismatch',
      `the checkpoints are of two logs, ${oldCheckpoint.origin} and ${checkpoint.origin}`,
    )
  }
  const consistent = verifyConsistency(options.sha256 ?? portableSha256, {
    oldSize: oldCheckpoint.size,
    oldRoot: oldCheckpoint.root,
    newSize: checkpoint.size,
    newRoot: checkpoint.root,
    proof: decodeHashes(file.proof),
  })
  if (!consistent.ok) return consistent
  const seen = compareWithSeen([oldCheckpoint, checkpoint], options.seen)
  if (!seen.ok) return seen
  return accept({ kind: 'consistency', ...newer.value, seenConfirmed: seen.value, oldCheckpoint })
}

/** Opens a checkpoint of a file with the pinned key, or else with the one that the file names. */
export async function openLog(
  note: string,
  namedKey: string,
  options: VerifyOptions,
): Promise<Outcome<Omit<VerifiedLog, 'seenConfirmed'>>> {
  const named = parseVerifierKey(namedKey)
  if (!named.ok) return named
  const key = options.key ?? named.value
  const trusted: TrustedLog = {
    keys: [key],
    origin: options.origin,
    verify: options.verifySignature ?? webCryptoVerify,
  }
  const opened = await openCheckpoint(note, trusted)
  if (!opened.ok) return opened
  const witnessed = await cosignaturesOf(note, options, trusted.verify)
  if (!witnessed.ok) return witnessed
  const keyPinned = options.key !== undefined
  return accept({ checkpoint: opened.value, key, keyPinned, cosignatures: witnessed.value })
}

async function cosignaturesOf(
  note: string,
  { witnesses = [], quorum = witnesses.length }: VerifyOptions,
  verify: Ed25519Verify,
): Promise<Outcome<readonly Cosignature[]>> {
  const found = await verifyCosignatures(note, witnesses, verify)
  if (!found.ok || found.value.length >= quorum) return found
  return refuse('not_witnessed', `${found.value.length} of the trusted witnesses cosigned, ${quorum} are asked for`)
}

/**
 * Holds checkpoints of a file, oldest first, against one seen earlier. A smaller log was set back; an equal size with
 * another root is a second history. True when the very tree was found again, null when these sizes cannot tell.
 */
export function compareWithSeen(
  checkpoints: readonly Checkpoint[],
  seen: Checkpoint | undefined,
): Outcome<true | null> {
  if (seen === undefined) return accept(null)
  let found: true | null = null
  for (const checkpoint of checkpoints) {
    if (checkpoint.origin !== seen.origin) {
      return refuse(
        'origin_mismatch',
        `the checkpoint seen earlier is of ${seen.origin}, this one of ${checkpoint.origin}`,
      )
    }
    if (checkpoint.size === seen.size) {
      if (!equalBytes(checkpoint.root, seen.root)) {
        return refuse('fork', `two different trees of size ${seen.size} were signed`)
      }
      found = true
    }
  }
  const newest = Math.max(...checkpoints.map(({ size }) => size))
  if (newest < seen.size) {
    return refuse('rollback', `the log shows ${newest} entries, but ${seen.size} were already signed when seen earlier`)
  }
  return accept(found)
}

export function sizeMismatch(claimed: number, signed: number): Outcome<never> {
  return refuse('size_mismatch', `the file says ${claimed} entries, its checkpoint signs ${signed}`)
}

/** The C2SP form of an inclusion file; the entry travels in the extra data. The key must travel separately. */
export function inclusionToTlogProof(file: InclusionProofFile): string {
  return formatTlogProof({
    index: file.index,
    hashes: decodeHashes(file.proof),
    checkpoint: file.checkpoint,
    extra: utf8Bytes(file.entry),
  })
}

/** The inclusion file of a `.tlog-proof` whose extra data is the entry, to be checked with the given key. Unverified. */
export function tlogProofToInclusion(text: string, key: VerifierKey): Outcome<InclusionProofFile> {
  const parsed = parseTlogProof(text)
  if (!parsed.ok) return parsed
  const { index, hashes, checkpoint, extra } = parsed.value
  const entry = extra === null ? null : utf8Text(extra)
  if (entry === null) return refuse('malformed', 'the file holds no entry in its extra data')
  const note = parseNote(checkpoint)
  if (!note.ok) return note
  const signed = parseCheckpoint(note.value.text)
  if (!signed.ok) return signed
  return accept({
    format: PROOF_FORMAT,
    kind: 'inclusion',
    entry,
    index,
    treeSize: signed.value.size,
    proof: encodeHashes(hashes),
    checkpoint,
    verifierKey: formatVerifierKey(key),
  })
}
