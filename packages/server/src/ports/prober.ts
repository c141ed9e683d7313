/** One request to the outside, for a check. */
export interface ProbeCall {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly timeoutMs: number
}

/** What came of it. Never a thrown error: a check that cannot be made is a result. */
export type ProbeReply =
  | { readonly kind: 'reply'; readonly status: number; readonly body: string; readonly latencyMs: number }
  | {
      readonly kind: 'no-reply'
      /** `address-refused`: the address is not on the public internet and nobody allowed it. */
      readonly reason: 'timeout' | 'address-refused' | 'connection-failed'
      readonly detail: string
      readonly latencyMs: number
    }

/** Calls what people name, and only what may be called: no private network, no redirect, no endless reply. */
export type Prober = (call: ProbeCall) => Promise<ProbeReply>
