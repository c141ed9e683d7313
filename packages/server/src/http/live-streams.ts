import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { RouteRequest, StreamRoute } from '../ports/slice.ts'
import { presentedWith, requestOf } from './admission.ts'
import type { EventSockets } from './event-sockets.ts'
import type { EventStreams } from './event-stream.ts'
import { sendRefusal } from './send-refusal.ts'
import type { ShellOptions } from './shell-options.ts'

/** Everything that stays open in this process. */
export interface Streams {
  readonly events: EventStreams
  readonly sockets: EventSockets
}

/** A live stream as server-sent events. */
export async function serveStream(
  request: FastifyRequest,
  reply: FastifyReply,
  route: StreamRoute,
  options: ShellOptions,
  streams: Streams,
  abort: AbortController,
): Promise<unknown> {
  const asked = requestOf(request, abort.signal)
  const admitted = await route.admit?.(options.deps, asked)
  if (admitted?.ok === false) return sendRefusal(reply, admitted.refusal, request.id)
  const headers = { ...reply.getHeaders(), ...admitted?.headers }
  reply.hijack()
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(name, value)
  const stillAllowed = () => isStillAllowed(request, route, options, asked)
  await streams.events.serve(reply.raw, abort, route.open(options.deps, asked), stillAllowed)
}

/** Whether whoever opened a stream may still see it. */
async function isStillAllowed(
  request: FastifyRequest,
  route: StreamRoute,
  options: ShellOptions,
  asked: RouteRequest<unknown, unknown, unknown>,
): Promise<boolean> {
  if (route.access === null) return true
  const caller = await options.authenticate(options.deps, presentedWith.get(request) ?? {})
  if (!caller.ok || !caller.value.scopes.has(route.access)) return false
  return (await route.admit?.(options.deps, asked))?.ok !== false
}

/** The same stream over a WebSocket. Who may not open it was refused before the protocol was changed. */
export async function serveSocket(
  socket: WebSocket,
  request: FastifyRequest,
  route: StreamRoute,
  options: ShellOptions,
  sockets: EventSockets,
): Promise<void> {
  const abort = new AbortController()
  const asked = requestOf(request, abort.signal)
  const stillAllowed = () => isStillAllowed(request, route, options, asked)
  await sockets.serve(socket, abort, route.open(options.deps, asked), stillAllowed)
}

/** Whether the slice lets a stream be opened; for a WebSocket before the protocol changes. */
export async function admitStream(
  request: FastifyRequest,
  reply: FastifyReply,
  route: StreamRoute,
  options: ShellOptions,
): Promise<unknown> {
  const admitted = await route.admit?.(options.deps, requestOf(request, new AbortController().signal))
  return admitted?.ok === false ? sendRefusal(reply, admitted.refusal, request.id) : undefined
}
