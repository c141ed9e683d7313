import { encodeBase64, encodeHex } from './bytes.ts'
import { canonicalJson, type JsonObject, type JsonValue } from './canonical-json.ts'
import { summarizeEntry } from './entry-summary.ts'
import type { VerifiedEvidencePack } from './evidence-pack.ts'
import type { Fault } from './outcome.ts'
import { sha256 } from './sha256.ts'
import type { VerifiedExport } from './verify-export.ts'
import type { VerifiedConsistency, VerifiedInclusion, VerifiedLog } from './verify-file.ts'
import type { VerifiedSelection } from './verify-selection.ts'

export type Verified =
  | VerifiedInclusion
  | VerifiedConsistency
  | VerifiedExport
  | VerifiedSelection
  | VerifiedEvidencePack

const NOT_PINNED =
  'THE KEY WAS NOT PINNED. It was read from the file itself, so whoever made the file could have made the key too. Get the verifier key of the log from its owner by another way and pass it with --key.'
const SEEN_UNDECIDED =
  'The checkpoint given with --seen is older than this file can tell about: ask the log for a consistency file that starts at it.'

/** What was proven, as a person reads it. */
export function wordsOfVerified(verified: Verified, seenGiven: boolean): string {
  const rows = [...rowsOf(verified), ...logRows(verified)]
  const lines = rows.map(([name, value]) => `  ${name.padEnd(12)} ${printable(value)}`)
  const warnings = warningsOf(verified, seenGiven).map((warning) => `\nWARNING: ${warning}\n`)
  return `VERIFIED. ${sentenceOf(verified)}\n\n${lines.join('\n')}\n${warnings.join('')}`
}

/** Why the file was refused, as a person reads it. */
export function wordsOfFault(fault: Fault): string {
  const detail = printable(fault.detail)
  return `REFUSED (${fault.code}). ${detail.charAt(0).toUpperCase()}${detail.slice(1)}.\nNothing in this file may be relied on.\n`
}

/** The verdict for programs. Hashes are base 64, as in checkpoints; the key's fingerprint is hexadecimal. */
export function jsonOfVerified(verified: Verified, seenGiven: boolean): Record<string, JsonValue> {
  const { checkpoint, key, keyPinned, seenConfirmed, cosignatures } = verified
  return {
    verdict: 'verified',
    kind: verified.kind,
    ...particulars(verified),
    origin: checkpoint.origin,
    treeSize: checkpoint.size,
    rootHash: encodeBase64(checkpoint.root),
    witnesses: cosignatures.map((one) => ({ name: one.key.name, keyId: one.key.keyId, at: timeOf(one.atSeconds) })),
    key: { name: key.name, keyId: key.keyId, sha256: encodeHex(sha256(key.publicKey)) },
    keyPinned,
    seenConfirmed,
    warnings: warningsOf(verified, seenGiven),
  }
}

/** One line of JSON, safe to print on a terminal. */
export function jsonLine(value: Record<string, JsonValue>): string {
  return `${JSON.stringify(value).replace(UNPRINTABLE, (character) => `\\u${hexOf(character, 4)}`)}\n`
}

function sentenceOf(verified: Verified): string {
  switch (verified.kind) {
    case 'inclusion':
      return 'This entry is in the log exactly as written in the file, and the log signed for it.'
    case 'consistency':
      return 'The log only grew: all that it held at the older checkpoint it still holds, unchanged and in the same order.'
    case 'export':
      return 'The file holds every entry of the log, unchanged and in order, and the log signed for them.'
    case 'selection':
      return 'Every entry in the file is in the log exactly as written, and the log signed for it. Whether others were left out, only a whole export can tell.'
    case 'evidence-pack':
      return 'Every entry in the pack is in the log exactly as written and shows what it is listed for, and the states of the controls follow from the counts. Counts beyond the listed entries are the maker’s word: an export of the period tells.'
  }
}

function rowsOf(verified: Verified): [string, string][] {
  switch (verified.kind) {
    case 'inclusion': {
      const { type, subject, because, occurredAt } = summarizeEntry(verified.entry)
      return [
        ['decision', type ?? 'unknown'],
        ['about', wordsOf(subject)],
        ['because', wordsOfBecause(because)],
        ['at', occurredAt ?? 'unknown'],
        ['place', `entry ${verified.index} (the first is 0) of ${verified.checkpoint.size}`],
      ]
    }
    case 'consistency':
      return [['grew', `from ${verified.oldCheckpoint.size} to ${verified.checkpoint.size} entries`]]
    case 'selection':
      return [
        ['entries', `${verified.entries} of ${verified.checkpoint.size}`],
        ['chosen by', verified.filter === '' ? 'unknown' : verified.filter],
        ['first', placeInTime(verified.first)],
        ['last', placeInTime(verified.last)],
      ]
    case 'evidence-pack':
      return [
        ['framework', verified.framework],
        ['period', `${verified.from} to ${verified.to}`],
        ['controls', `${verified.covered} covered, ${verified.gaps} gaps, ${verified.outside} not for software`],
        ['entries', `${verified.entries} of ${verified.checkpoint.size} with proofs`],
      ]
    case 'export':
      return [
        ['entries', String(verified.checkpoint.size)],
        ['first', placeInTime(verified.first)],
        ['last', placeInTime(verified.last)],
      ]
  }
}

function logRows({ checkpoint, key, seenConfirmed, cosignatures }: VerifiedLog): [string, string][] {
  const rows: [string, string][] = [
    ['log', checkpoint.origin],
    ['root hash', encodeBase64(checkpoint.root)],
    ['signed by', `${key.name}, key ${key.keyId}`],
    ['', `SHA-256 of the public key ${encodeHex(sha256(key.publicKey))}`],
    ...cosignatures.map((one): [string, string] => ['witnessed by', `${one.key.name} at ${timeOf(one.atSeconds)}`]),
  ]
  return seenConfirmed ? [...rows, ['seen before', 'the checkpoint seen earlier is part of this history']] : rows
}

function timeOf(atSeconds: number): string {
  // Beyond what a date can hold, the number itself.
  return atSeconds <= 8.64e12 ? new Date(atSeconds * 1000).toISOString() : `${atSeconds} s`
}

function particulars(verified: Verified): Record<string, JsonValue> {
  switch (verified.kind) {
    case 'inclusion':
      return { entry: summaryOrNull(verified.entry), index: verified.index }
    case 'consistency':
      return { oldTreeSize: verified.oldCheckpoint.size, oldRootHash: encodeBase64(verified.oldCheckpoint.root) }
    case 'selection':
      return {
        entries: verified.entries,
        filter: verified.filter,
        first: summaryOrNull(verified.first),
        last: summaryOrNull(verified.last),
      }
    case 'evidence-pack': {
      const { packId, framework, from, to, covered, gaps, outside, entries } = verified
      return { packId, framework, from, to, covered, gaps, outside, entries }
    }
    case 'export':
      return { first: summaryOrNull(verified.first), last: summaryOrNull(verified.last) }
  }
}

function summaryOrNull(entry: JsonObject | null): JsonObject | null {
  return entry === null ? null : { ...summarizeEntry(entry) }
}

function placeInTime(entry: JsonObject | null): string {
  if (entry === null) return 'unknown'
  const { type, occurredAt } = summarizeEntry(entry)
  return `${type ?? 'unknown'}, ${occurredAt ?? 'unknown'}`
}

function warningsOf({ keyPinned, seenConfirmed }: VerifiedLog, seenGiven: boolean): string[] {
  return [...(keyPinned ? [] : [NOT_PINNED]), ...(seenGiven && seenConfirmed === null ? [SEEN_UNDECIDED] : [])]
}

function wordsOfBecause(because: JsonValue): string {
  if (typeof because !== 'object' || because === null || !('rule' in because)) return wordsOf(because)
  const { rule, text, observed, limit } = because
  const sentence = typeof text === 'string' ? `: ${text}` : ''
  return `${wordsOf(rule ?? null)}${sentence} (observed ${wordsOf(observed ?? null)}, limit ${wordsOf(limit ?? null)})`
}

function wordsOf(value: JsonValue): string {
  if (value === null) return 'unknown'
  return typeof value === 'string' ? value : canonicalJson(value)
}

// Control and formatting characters (colours, cursor movement, reversed text) could make a terminal show something else
// than what was verified.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${hexOf(character, 1)}}`)
}

function hexOf(character: string, digits: number): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(digits, '0')
}
