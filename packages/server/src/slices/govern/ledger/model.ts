import { eventCatalogue, eventTypes, type JournalEvent } from '@metaagent/contract'
import { canonicalJson } from '../../../kernel/canonical-json.ts'

/** The types that are sequenced into the tree. */
export const ledgerTypes: readonly string[] = eventTypes.filter((type) => eventCatalogue[type].ledger)

const ledgerTypeSet: ReadonlySet<string> = new Set(ledgerTypes)

export function isLedgerType(type: string): boolean {
  return ledgerTypeSet.has(type)
}

/** Bytes that an entry may have at most: its length is a 16-bit number in a bundle (C2SP tlog-tiles). */
export const mostLeafBytes = 65_535

/**
 * The text that is hashed for an event: its canonical JSON (RFC 8785). Must never change for an event of version 1, or
 * old proofs would no longer fit the entries. A payload that is too large for an entry stands there as its digest.
 */
export function leafOf(event: JournalEvent, sha256Base64: (text: string) => string): string {
  const { payload, ...facts } = event
  const leaf = canonicalJson({ v: 1, ...facts, payload })
  if (utf8Length(leaf) <= mostLeafBytes) return leaf
  const whole = canonicalJson(payload)
  return canonicalJson({ v: 1, ...facts, payloadBytes: utf8Length(whole), payloadSha256: sha256Base64(whole) })
}

/** The text that the deployment's log holds for a checkpoint of an organization's log. */
export function anchorLeaf(checkpoint: { origin: string; treeSize: number; rootHash: string }): string {
  return canonicalJson({ v: 1, type: 'ledger.checkpoint', ...checkpoint })
}

function utf8Length(text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // A surrogate pair is four bytes; canonical JSON holds no lone surrogate.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3
  }
  return bytes
}

/** Name of an organization's log: the first line of its checkpoints and the name of its verifier key. */
export function organizationOrigin(deploymentOrigin: string, organizationId: string): string {
  return `${deploymentOrigin}/org/${organizationId}`
}

/** What is stored of a log, for the check before it is continued. */
export interface StoredHead {
  /** Of the last checkpoint; 0 before the first. */
  readonly treeSize: number
  /** Entries that are there. */
  readonly entries: number
  /** Size of the last checkpoint that the deployment's log holds. */
  readonly anchoredSize: number
  /** Whether the stored tiles lead to the root of the last checkpoint. */
  readonly tilesLeadToRoot: boolean
  /** Whether the last checkpoint carries a good signature of a key that signs now. */
  readonly signatureHolds: boolean
}

/** Why a log must not be continued, or null: signing on top of a contradiction would hide it. */
export function contradictionOf(head: StoredHead): string | null {
  if (head.entries !== head.treeSize) {
    return `${head.entries} entries are stored, but ${head.treeSize} were signed`
  }
  if (head.anchoredSize !== head.treeSize) {
    return `the deployment's log holds a checkpoint of size ${head.anchoredSize}, the organization's of ${head.treeSize}`
  }
  if (!head.signatureHolds) return 'the last checkpoint is not signed by a key that signs now'
  if (!head.tilesLeadToRoot) return 'the stored tiles do not lead to the root that was signed'
  return null
}

/** A signing key's place in its life. */
export type KeyState = 'signing' | 'overlapping' | 'ended'

/** Whether a key signs alone, beside the one that followed it, or no more. */
export function keyStateOf(signsUntil: number | null, now: number): KeyState {
  if (signsUntil === null) return 'signing'
  return signsUntil > now ? 'overlapping' : 'ended'
}
