import { z } from 'zod'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Store } from '../../../../ports/store.ts'
import { exchangeForToken } from './tokens.ts'

/** From being given out to being used: a browser opens its stream at once. */
export const ticketMs = 30_000
/** How long a stream that a ticket opened lasts; then its client asks for another ticket and goes on where it was. */
const streamSeconds = 3_600

const sealContext = 'identity.stream-ticket'
const Sealed = z.object({ ticketId: z.string(), token: z.string(), expiresAt: z.int() })

/** Tickets that were used here and have not expired. Another process would take one of them again until then. */
const usedTickets = new WeakMap<Store, Map<string, Instant>>()

/**
 * A ticket for a stream that cannot carry a header: browsers' WebSocket. It holds a sealed access token of the caller, lasts
 * thirty seconds, opens one stream, and says nothing to whoever finds it in a log afterwards.
 */
export async function issueStreamTicket(
  deps: Deps,
  caller: Caller,
): Promise<Result<{ readonly ticket: string; readonly expiresAt: Instant }>> {
  const issued = await exchangeForToken(deps, caller, streamSeconds)
  if (!issued.ok) return issued
  const expiresAt = addMs(deps.clock.now(), ticketMs)
  const content = { ticketId: deps.ids.uuid(), token: issued.value.token, expiresAt: Number(expiresAt) }
  const sealed = deps.secrets.seal(Buffer.from(JSON.stringify(content)), sealContext)
  return ok({ ticket: Buffer.from(sealed).toString('base64url'), expiresAt })
}

const refused = refuse('not-authenticated', 'This ticket was used, has expired or is none. Ask for another one.')

/** The access token in a ticket, once. */
export function redeemStreamTicket(deps: Deps, ticket: string): Result<{ readonly token: string }> {
  const content = openTicket(deps, ticket)
  const now = deps.clock.now()
  if (content === null || now >= content.expiresAt) return refused
  const used = usedTickets.get(deps.store) ?? new Map<string, Instant>()
  usedTickets.set(deps.store, used)
  for (const [ticketId, expiresAt] of used) if (now >= expiresAt) used.delete(ticketId)
  if (used.has(content.ticketId)) return refused
  used.set(content.ticketId, instantFromEpochMs(content.expiresAt))
  return ok({ token: content.token })
}

function openTicket(deps: Deps, ticket: string): z.output<typeof Sealed> | null {
  try {
    const opened = deps.secrets.open(Buffer.from(ticket, 'base64url'), sealContext)
    const content = Sealed.safeParse(JSON.parse(Buffer.from(opened).toString('utf8')))
    return content.success ? content.data : null
  } catch {
    // Not sealed by this deployment.
    return null
  }
}
