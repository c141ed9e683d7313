import type { Caller } from '../../../../ports/slice.ts'
import { credentialCacheMs } from '../model/lifetimes.ts'

const mostEntries = 20_000

interface Entry {
  readonly caller: Caller
  /** Monotonic time before the credential was looked at. */
  readonly askedAtMs: number
}

/**
 * Callers of credentials that were found good a moment ago, so that thousands of requests a second cost no query each.
 * A revocation in this process counts at once, one in another process when its hint arrives, and at the latest when
 * the entry is `credentialCacheMs` old.
 */
export class CredentialCache {
  readonly #entries = new Map<string, Entry>()
  #generation = 0

  /** To be taken before looking a credential up, and handed to `put`. */
  get generation(): number {
    return this.#generation
  }

  get(key: string, nowMs: number): Caller | null {
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    if (nowMs - entry.askedAtMs < credentialCacheMs) return entry.caller
    this.#entries.delete(key)
    return null
  }

  /** Keeps a caller, unless something was forgotten since `generation`: what was read may be what was revoked. */
  put(key: string, caller: Caller, askedAtMs: number, generation: number): void {
    if (generation !== this.#generation) return
    this.#entries.delete(key)
    this.#entries.set(key, { caller, askedAtMs })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= mostEntries) break
      this.#entries.delete(oldest)
    }
  }

  /** Drops every credential of an organization: one of them, or somebody's rights, changed. */
  forget(organizationId: string): void {
    this.#generation++
    for (const [key, { caller }] of this.#entries)
      if (caller.organizationId === organizationId) this.#entries.delete(key)
  }
}
