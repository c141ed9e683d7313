import type { FastifyReply, FastifyRequest } from 'fastify'
import { ok, type Refusal, type Result } from '../kernel/result.ts'
import type { Caller, Route, RouteRequest } from '../ports/slice.ts'
import { whileSomebodyWaits } from '../ports/urgency.ts'
import { actorKey } from './actor-key.ts'
import { csrfRefusal, type PresentedCredential, presentedBy } from './credentials.ts'
import { PrivilegedClientMiddleware } from './privileged-client.ts'
import { sendRefusal } from './send-refusal.ts'
import type { ShellOptions } from './shell-options.ts'

const callers = new WeakMap<FastifyRequest, Caller>()
/** What a request presented; a ticket is used up once it was looked at. */
export const presentedWith = new WeakMap<FastifyRequest, PresentedCredential>()

/**
 * What a request presents. Browsers cannot send headers with a WebSocket: there a ticket may stand in the address, and the
 * place to go on behind, which is taken for the header that it stands for.
 */
function credentialOf(request: FastifyRequest, route: Route, options: ShellOptions): Result<PresentedCredential> {
  const query = request.query as { ticket?: unknown; lastEventId?: unknown }
  if (!request.ws || route.kind !== 'stream') return ok(presentedBy(request.headers, options.apiKeyHeader))
  const { ticket, lastEventId } = query
  delete query.ticket
  delete query.lastEventId
  if (typeof lastEventId === 'string') request.headers['last-event-id'] ??= lastEventId
  if (typeof ticket !== 'string' || options.redeemTicket === undefined)
    return ok(presentedBy(request.headers, options.apiKeyHeader))
  const redeemed = options.redeemTicket(options.deps, ticket)
  return redeemed.ok ? ok({ authorization: `Bearer ${redeemed.value.token}` }) : redeemed
}

/** Who asks, may they, and not too often. Runs before the body is read. */
export async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  route: Route,
  options: ShellOptions,
): Promise<unknown> {
  const read = credentialOf(request, route, options)
  if (!read.ok) {
    const limited = await limit(request, reply, options, 'refused', request.ip)
    return limited ?? sendRefusal(reply, read.refusal, request.id)
  }
  const presented = read.value
  presentedWith.set(request, presented)
  // A browser opens a socket from any site with its cookie, so that counts as an unsafe request.
  const csrf = csrfRefusal(request.ws ? 'POST' : request.method, request.headers, presented)
  if (csrf !== null) return sendRefusal(reply, csrf, request.id)
  if (route.access === null) return limit(request, reply, options, isRaw(route) ? 'ingest' : 'open', request.ip)
  const found = await whileSomebodyWaits(() => options.authenticate(options.deps, presented))
  if (!found.ok) {
    // Guessing credentials counts against the address.
    const limited = await limit(request, reply, options, 'refused', request.ip)
    return limited ?? sendRefusal(reply, found.refusal, request.id)
  }
  const privileged = options.privilegedClients?.ofHeaders(request.headers) === true
  const caller: Caller = privileged ? { ...found.value, privileged } : found.value
  if (!caller.scopes.has(route.access)) return sendRefusal(reply, lacks(route.access), request.id)
  if (route.privileged === true && !privileged) return sendRefusal(reply, privilegedOnly, request.id)
  callers.set(request, caller)
  return limit(request, reply, options, 'api', actorKey(caller), await factorOf(options, caller))
}

export async function limit(
  request: FastifyRequest,
  reply: FastifyReply,
  options: ShellOptions,
  kind: 'open' | 'refused' | 'api' | 'ingest',
  key: string,
  factor = 1,
): Promise<FastifyReply | undefined> {
  const signIn = request.routeOptions.url === '/api/v1/auth/sign-in'
  const limitClass = signIn || kind === 'refused' ? 'sign-in' : kind === 'ingest' ? 'ingest' : 'api'
  const verdict = await options.rateLimits.take(limitClass, key, 1, factor)
  reply.headers(verdict.headers)
  return verdict.refusal === null ? undefined : sendRefusal(reply, verdict.refusal, request.id)
}

async function factorOf({ privilegedRateFactor }: ShellOptions, caller: Caller): Promise<number> {
  if (caller.privileged !== true || privilegedRateFactor === undefined) return 1
  return await privilegedRateFactor(caller.organizationId)
}

const privilegedOnly: Refusal = {
  code: 'privileged-only',
  detail: `Send the deployment's shared secret (METAAGENT_PRIVILEGED_TOKEN) as ${PrivilegedClientMiddleware.headerName}, beside your credential.`,
}

function isRaw(route: Route): boolean {
  return route.kind === 'request' && route.rawBody !== undefined
}

function lacks(scope: string): Refusal {
  return {
    code: 'not-allowed',
    detail: `This needs the scope ${scope}. Ask an admin for a role or a key that has it.`,
    extensions: { scope },
  }
}

const nobody: Caller = {
  organizationId: '',
  actor: { kind: 'system', component: 'anonymous' },
  role: null,
  scopes: new Set(),
}

/** The request as a slice's handler gets it. */
export function requestOf(request: FastifyRequest, signal: AbortSignal): RouteRequest<unknown, unknown, unknown> {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  return {
    params: request.params,
    query: request.query,
    body: request.body,
    caller: callers.get(request) ?? nobody,
    headers,
    remoteAddress: request.ip,
    signal,
  }
}
