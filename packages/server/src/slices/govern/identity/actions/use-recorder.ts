import type { Instant } from '../../../../kernel/instant.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { useRecordedEveryMs } from '../model/lifetimes.ts'
import { touchApiKeys } from '../store/api-keys.ts'
import { touchSessions } from '../store/sessions.ts'

const collectMs = 500
const mostRemembered = 20_000

interface Uses {
  readonly sessions: Map<string, Instant>
  readonly apiKeys: Map<string, Instant>
}

/**
 * Writes down when sessions and keys were last used: beside the request, together for many, and at most once a minute
 * for each. A crash loses at most the last minute's notes.
 */
export class UseRecorder {
  readonly #deps: Deps
  readonly #recordedAt = new Map<string, Instant>()
  #waiting = new Map<string, Uses>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  note(caller: Caller, now: Instant): void {
    const { actor } = caller
    const id = actor.kind === 'api_key' ? actor.apiKeyId : actor.kind === 'user' ? actor.sessionId : null
    if (id === null) return
    const before = this.#recordedAt.get(id)
    if (before !== undefined && now - before < useRecordedEveryMs) return
    this.#recordedAt.delete(id)
    this.#recordedAt.set(id, now)
    for (const oldest of this.#recordedAt.keys()) {
      if (this.#recordedAt.size <= mostRemembered) break
      this.#recordedAt.delete(oldest)
    }
    if (this.#waiting.size === 0) this.#deps.clock.after(collectMs, () => void this.#write())
    const uses = this.#waiting.get(caller.organizationId) ?? { sessions: new Map(), apiKeys: new Map() }
    this.#waiting.set(caller.organizationId, uses)
    const kind = actor.kind === 'api_key' ? uses.apiKeys : uses.sessions
    kind.set(id, now)
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = new Map()
    try {
      for (const [organizationId, uses] of waiting)
        await this.#deps.store.transaction({ organizationId }, async (tx) => {
          if (uses.apiKeys.size > 0) await touchApiKeys(tx, uses.apiKeys)
          if (uses.sessions.size > 0) await touchSessions(tx, uses.sessions)
        })
    } catch (error) {
      // The next use notes it again; a request that was answered must not fail for this.
      this.#deps.log.warn({ error: String(error) }, 'the last use of credentials was not written down')
    }
  }
}
