import type { Instant } from '../kernel/instant.ts'

/** A signed checkpoint on its way out of the deployment. */
export interface AnchorItem {
  /** Where it belongs among others, safe as a path: organization and log. */
  readonly folder: string
  readonly treeSize: number
  /** The signed note. */
  readonly note: string
}

/** Where checkpoints are kept so that this deployment cannot take them back. */
export type AnchorPlace =
  /** A folder that an operator named; files in it are never written over. */
  | { readonly kind: 'file' }
  /** A bucket with object lock. */
  | {
      readonly kind: 's3'
      readonly endpoint: string
      readonly region: string
      readonly bucket: string
      readonly prefix: string
      readonly mode: 'GOVERNANCE' | 'COMPLIANCE'
      readonly retainDays: number
      readonly accessKeyId: string
      readonly secretAccessKey: string
    }
  /** An authority that signs the time at which it saw the note (RFC 3161). */
  | { readonly kind: 'rfc3161'; readonly url: string; readonly caCertificate: string | null }

export interface AnchorProof {
  /** Where it lies, for people. */
  readonly location: string
  /** The time that the other side states and signed; null: it states none. */
  readonly statedAt: Instant | null
  /** What the other side answered, where that is evidence by itself (a time stamp, DER). */
  readonly receipt: Uint8Array | null
}

/** It was not kept; the message says why, for people. */
export class AnchorFailed extends Error {
  override readonly name = 'AnchorFailed'
}

/** Takes checkpoints out of the deployment. */
export interface Anchoring {
  /** Keeps a checkpoint, or finds it kept already. Throws AnchorFailed. */
  keep(place: AnchorPlace, item: AnchorItem): Promise<AnchorProof>
  /** Posts a text to a witness (C2SP tlog-witness) and answers whatever it says. Throws AnchorFailed when nobody answers. */
  submit(
    url: string,
    body: string,
  ): Promise<{ readonly status: number; readonly contentType: string; readonly text: string }>
}
