import {
  decodeHashes,
  type EntrySummary,
  type InclusionProofFile,
  leafHash,
  openCheckpoint,
  parseCanonicalObject,
  parseProofFile,
  parseVerifierKey,
  SignaturesNotSupported,
  sha256,
  summarizeEntry,
  utf8Bytes,
  type VerifiedCheckpoint,
  verifyInclusion,
  verifyInclusionFile,
  webCryptoVerify,
} from '@metaagent/verify'
import { keyId, type RememberedLog } from './memory.ts'

/** One step of a check, in words. `open`: it could not be done, which says nothing about the proof. */
export interface VerifyStep {
  readonly title: string
  readonly state: 'passed' | 'failed' | 'open'
  readonly detail: string
}

/** The outcome of a check of a proof file. */
export interface Verification {
  readonly verdict: 'valid' | 'invalid' | 'undecided'
  readonly steps: readonly VerifyStep[]
  /** Name and short id of the key that signed, as people compare it; null when it was not found. */
  readonly keyName: string | null
  readonly summary: EntrySummary | null
  /** What was signed, when all of it held. */
  readonly checkpoint: VerifiedCheckpoint | null
}

const nothing = { keyName: null, summary: null, checkpoint: null } as const

/** How a checkpoint compares with what this browser saw before: null when it fits, else what is wrong. */
export type CompareWithMemory = (checkpoint: VerifiedCheckpoint) => Promise<string | null>

/**
 * Checks a downloaded proof file from the entry's text up to the signature, one step after the other, and stops at the
 * first that fails. Nothing in it is believed. `remembered` pins the key and the history that this browser knows.
 */
export async function verifySteps(
  text: string,
  remembered: RememberedLog | null,
  compare: CompareWithMemory,
): Promise<Verification> {
  const steps: VerifyStep[] = []
  const pass = (title: string, detail: string) => void steps.push({ title, state: 'passed', detail })
  const fail = (title: string, detail: string): Verification => {
    steps.push({ title, state: 'failed', detail })
    return { verdict: 'invalid', steps, ...nothing }
  }

  const file = parseProofFile(text)
  if (!file.ok) return fail('The file is a proof', file.fault.detail)
  if (file.value.kind !== 'inclusion')
    return fail('The file is a proof', `it is of the kind ${file.value.kind}, not of one entry`)
  const proof = file.value
  pass('The file is a proof', `${proof.format}, entry ${proof.index} of ${proof.treeSize}`)

  const entry = parseCanonicalObject(proof.entry)
  if (!entry.ok) return fail('The entry has one spelling', entry.fault.detail)
  pass('The entry has one spelling', 'Canonical JSON (RFC 8785): it cannot be read in two ways')

  const signed = await openSigned(proof, remembered)
  if (signed.state !== 'passed') {
    steps.push({ title: signed.title, state: signed.state, detail: signed.detail })
    return { verdict: signed.state === 'open' ? 'undecided' : 'invalid', steps, ...nothing }
  }
  const { checkpoint } = signed
  pass(signed.title, signed.detail)

  const included = inclusionOf(proof, checkpoint)
  if (included !== null) return fail('The entry leads to the signed root', included)
  pass(
    'The entry leads to the signed root',
    `Hashed with ${proof.proof.length} neighbours, it gives the root that was signed`,
  )

  const disagrees = await compare(checkpoint)
  if (disagrees !== null) return fail('The log is the one seen before', disagrees)
  pass('The log is the one seen before', memoryWords(remembered))

  // The whole check once more, as the offline tool does it: the steps above are its parts, told one by one.
  const whole = await verifyInclusionFile(proof)
  if (!whole.ok) return fail('The whole file', whole.fault.detail)
  return {
    verdict: 'valid',
    steps,
    keyName: keyId(proof.verifierKey),
    summary: summarizeEntry(entry.value),
    checkpoint,
  }
}

type Signed =
  | { readonly title: string; readonly detail: string; readonly state: 'failed' | 'open' }
  | {
      readonly title: string
      readonly detail: string
      readonly state: 'passed'
      readonly checkpoint: VerifiedCheckpoint
    }

async function openSigned(proof: InclusionProofFile, remembered: RememberedLog | null): Promise<Signed> {
  const title = 'The checkpoint is signed'
  const key = parseVerifierKey(proof.verifierKey)
  if (!key.ok) return { title, state: 'failed', detail: key.fault.detail }
  if (remembered !== null && remembered.key !== proof.verifierKey) {
    return {
      title,
      state: 'failed',
      detail: `by ${keyId(proof.verifierKey)}, but this browser knows the log under ${keyId(remembered.key)}`,
    }
  }
  try {
    const opened = await openCheckpoint(proof.checkpoint, { keys: [key.value], verify: webCryptoVerify })
    if (!opened.ok) return { title, state: 'failed', detail: opened.fault.detail }
    const pinned =
      remembered === null
        ? 'The key is seen here for the first time: compare it with the operator'
        : 'The key this browser knows'
    return {
      title,
      state: 'passed',
      detail: `Ed25519 by ${keyId(proof.verifierKey)}. ${pinned}`,
      checkpoint: opened.value,
    }
  } catch (error) {
    if (error instanceof SignaturesNotSupported) return { title, state: 'open', detail: error.message }
    throw error
  }
}

function inclusionOf(proof: InclusionProofFile, checkpoint: VerifiedCheckpoint): string | null {
  if (proof.treeSize !== checkpoint.size)
    return `the file says ${proof.treeSize} entries, the checkpoint signs ${checkpoint.size}`
  const outcome = verifyInclusion(sha256, {
    index: proof.index,
    treeSize: checkpoint.size,
    leafHash: leafHash(sha256, utf8Bytes(proof.entry)),
    proof: decodeHashes(proof.proof),
    root: checkpoint.root,
  })
  return outcome.ok ? null : outcome.fault.detail
}

function memoryWords(remembered: RememberedLog | null): string {
  return remembered === null
    ? 'This browser saw nothing of it before; it is remembered from now on'
    : `It holds, unchanged, the ${remembered.size} entries that this browser saw`
}
