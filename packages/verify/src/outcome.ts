/** Why something was refused, stable for programs. */
export type FaultCode =
  /** The bytes are not of the format they claim. */
  | 'malformed'
  /** A format, kind or signature type that this version does not know. */
  | 'unsupported'
  /** An index, size or range that cannot exist. */
  | 'out_of_range'
  /** A proof with too many or too few hashes for its sizes. */
  | 'wrong_proof_length'
  /** The proof leads to another root than the signed one: something was edited, added, removed or reordered. */
  | 'root_mismatch'
  /** No signature by the key that is trusted. */
  | 'no_trusted_signature'
  /** A signature that names the trusted key but does not verify. */
  | 'bad_signature'
  /** A key whose parts contradict each other, or that is not the key asked for. */
  | 'key_mismatch'
  /** Fewer trusted witnesses cosigned than were asked for. */
  | 'not_witnessed'
  /** A checkpoint of another log than the expected one. */
  | 'origin_mismatch'
  /** The file contradicts its own signed checkpoint. */
  | 'size_mismatch'
  /** The entry is JSON, but not in the one canonical spelling (RFC 8785). */
  | 'not_canonical'
  /** A consistency proof from the empty log: it would prove nothing. */
  | 'empty_log'
  /** A checkpoint smaller than one already seen: the log was set back. */
  | 'rollback'
  /** Two different trees of the same size under one log's name: the log shows different histories. */
  | 'fork'
  /** A larger checkpoint than the one already seen, without proof that it extends it. */
  | 'proof_missing'

/** A refusal: the stable code and a sentence for people. */
export interface Fault {
  readonly code: FaultCode
  readonly detail: string
}

/** What every check returns. Refusals are values; only broken calls (a negative size to build a proof for) throw. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value }
}

export function refuse(code: FaultCode, detail: string): Outcome<never> {
  return { ok: false, fault: { code, detail } }
}
