import { Readable } from 'node:stream'
import { Problem } from '@metaagent/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { z } from 'zod'
import type { Result } from '../kernel/result.ts'
import type {
  BytesReply,
  BytesRoute,
  Caller,
  RequestRoute,
  Route,
  RouteRequest,
  RouteResult,
  TextReply,
} from '../ports/slice.ts'
import { whilePrivilegedWaits, whileSomebodyWaits } from '../ports/urgency.ts'
import { admit, limit, requestOf } from './admission.ts'
import { exportContentTypes, exportList, isExportable, splitFormat, withFormat } from './export/export.ts'
import { documentedRoutes } from './ingest-routes.ts'
import { admitStream, type Streams, serveSocket, serveStream } from './live-streams.ts'
import { PrivilegedClientMiddleware } from './privileged-client.ts'
import { sendRefusal } from './send-refusal.ts'
import type { ShellOptions } from './shell-options.ts'
import { refuseNul } from './unstorable-text.ts'

/** Hangs every slice's routes into Fastify: credential and limit first, then the schema, then the slice. */
export function registerRoutes(app: FastifyInstance, options: ShellOptions, streams: Streams): void {
  const raw: { route: RequestRoute; slice: string }[] = []
  for (const slice of options.slices)
    for (const route of slice.routes) {
      if (route.crossOrigin === true) answerPreflights(app, route, options)
      if (route.kind === 'request' && route.rawBody !== undefined) {
        raw.push({ route, slice: slice.name })
        continue
      }
      app.route({
        method: route.method,
        url: route.path,
        // A HEAD of a stream would never end.
        exposeHeadRoute: route.kind !== 'stream',
        schema: schemaOf(route, slice.name),
        onRequest: (request, reply) => admit(request, reply, route, options),
        handler: (request, reply) => serve(request, reply, route, options, streams),
        ...(route.kind === 'stream'
          ? {
              preHandler: async (request, reply) =>
                request.ws ? admitStream(request, reply, route, options) : undefined,
              wsHandler: (socket, request) => serveSocket(socket, request, route, options, streams.sockets),
            }
          : {}),
      })
    }
  registerRawRoutes(app, raw, options, streams)
}

/** Routes that take bytes, in a room of their own where no content type is parsed, nor needed. */
function registerRawRoutes(
  app: FastifyInstance,
  routes: readonly { readonly route: RequestRoute; readonly slice: string }[],
  options: ShellOptions,
  streams: Streams,
): void {
  app.register(async (room) => {
    room.removeAllContentTypeParsers()
    room.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    for (const { route, slice } of routes)
      room.route({
        method: route.method,
        url: route.path,
        ...(route.rawBody === undefined ? {} : { bodyLimit: route.rawBody.limitBytes }),
        schema: schemaOf(route, slice),
        onRequest: (request, reply) => admit(request, reply, route, options),
        handler: (request, reply) => serve(request, reply, route, options, streams),
      })
  })
}

/**
 * A preflight carries no key, so nobody knows yet whose origins count: it is answered alike for all and allows no cookies.
 * Whether a page may read the answer is decided by the request itself.
 */
function answerPreflights(app: FastifyInstance, route: Route, options: ShellOptions): void {
  app.options(route.path, { schema: { hide: true } }, async (request, reply) => {
    const limited = await limit(request, reply, options, 'open', request.ip)
    if (limited !== undefined) return limited
    return reply
      .code(204)
      .headers({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': route.method,
        'access-control-allow-headers': 'authorization, x-api-key',
        'access-control-max-age': '600',
      })
      .send()
  })
}

/** Describes what the hot path serves; it takes these requests before the router sees them. */
export function describeHotPath(app: FastifyInstance): void {
  for (const route of documentedRoutes)
    app.route({
      method: route.method,
      url: route.path,
      schema: {
        operationId: route.operationId,
        summary: route.summary,
        description: route.description,
        tags: [route.tag],
        security: credentialsWith(route.access),
        consumes: [...route.contentTypes],
        body: route.body,
        response: { 200: route.reply, '4xx': refusalReply, '5xx': refusalReply },
      },
      handler: () => {
        throw new Error(`${route.path} is served by the hot path`)
      },
    })
}

/** One of the kinds of credential, with the scope (OpenAPI 3.1, Security Requirement Object: “role names which are required”). */
function credentialsWith(scope: string) {
  return [{ bearer: [scope] }, { apiKey: [scope] }, { session: [scope] }]
}

const refusalReply = {
  description: 'Refused; see `code`.',
  content: { 'application/problem+json': { schema: Problem } },
}

function schemaOf(route: Route, slice: string): FastifySchema {
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...descriptionOf(route),
    tags: [route.tag || slice],
    security: route.access === null ? [] : credentialsWith(route.access),
    ...(route.params === null ? {} : { params: route.params }),
    ...(route.query === null ? {} : { querystring: isExportable(route) ? withFormat(route.query) : route.query }),
    ...(route.kind === 'request' && route.body !== null ? { body: route.body } : {}),
    response: { ...replySchema(route), '4xx': refusalReply, '5xx': refusalReply },
  }
}

/** What a route says of itself, and that it wants more than a credential where it does. */
function descriptionOf({ description, privileged }: Route): { readonly description?: string } {
  const more =
    privileged === true ? [`Send the deployment's secret as \`${PrivilegedClientMiddleware.headerName}\`, too.`] : []
  const sentences = [...(description === undefined ? [] : [description]), ...more]
  return sentences.length === 0 ? {} : { description: sentences.join(' ') }
}

function replySchema(route: Route): Record<string, unknown> {
  switch (route.kind) {
    case 'request':
      if (route.textReply !== undefined) return { 200: typedReply(route, [[route.textReply, z.string()]]) }
      if (route.status === 204) return { 204: z.null() }
      if (isExportable(route)) return { 200: listReply(route) }
      if (route.otherTypes === undefined) return { [route.status]: route.reply }
      return { [route.status]: typedReply(route, [['application/json', route.reply], ...othersOf(route, route.reply)]) }
    case 'bytes':
      return { 200: typedReply(route, [[route.contentType, bytesOf(route.contentType)], ...othersOf(route, null)]) }
    case 'stream':
      return { 200: { description: 'Server-sent events', content: { 'text/event-stream': { schema: route.event } } } }
  }
}

type TypedSchema = readonly [contentType: string, schema: z.ZodType]

function typedReply({ summary }: Route, types: readonly TypedSchema[]): Record<string, unknown> {
  const content = types.map(([contentType, schema]) => [contentType.replace(/;.*/, ''), { schema }] as const)
  return { description: summary, content: Object.fromEntries(content) }
}

function othersOf({ otherTypes = [] }: Route, schema: z.ZodType | null): readonly TypedSchema[] {
  return otherTypes.map((contentType) => [contentType, schema ?? bytesOf(contentType)] as const)
}

/** A file that is JSON describes itself; any other is text as far as JSON Schema can say. */
function bytesOf(contentType: string): z.ZodType {
  return /^application\/([\w.-]+\+)?json\b/.test(contentType) ? z.unknown() : z.string()
}

/** A list's page as JSON, or all of it as a file. */
function listReply(route: RequestRoute): Record<string, unknown> {
  const files = exportContentTypes.map((contentType) => [contentType, z.string()] as const)
  return typedReply(route, [['application/json', route.reply], ...files])
}

async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  route: Route,
  options: ShellOptions,
  streams: Streams,
): Promise<unknown> {
  const abort = new AbortController()
  if (route.kind === 'stream') return serveStream(request, reply, route, options, streams, abort)
  request.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort()
  })
  const asked = requestOf(request, abort.signal)
  const unstorable = refuseNul(asked.body)
  if (unstorable !== null) return sendRefusal(reply, unstorable, request.id)
  const privileged = asked.caller.privileged === true
  const admission = await options.lanes?.enter(privileged)
  if (admission?.ok === false) return sendRefusal(reply, admission.refusal, request.id)
  try {
    return await serveRequest(request, reply, route, options, asked)
  } finally {
    admission?.leave()
  }
}

async function serveRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  route: RequestRoute | BytesRoute,
  options: ShellOptions,
  asked: RouteRequest<unknown, unknown, unknown>,
): Promise<unknown> {
  if (isExportable(route)) return serveList(request, reply, route, options, asked)
  return route.kind === 'bytes'
    ? sendBytes(request, reply, route, await answer(route, asked.caller, () => route.handle(options.deps, asked)))
    : sendJson(request, reply, route, await answer(route, asked.caller, () => route.handle(options.deps, asked)))
}

/** Who asks waits for the answer, a privileged client before all; what is sent may take its turn with telemetry and jobs. */
function answer<T>(route: Route, caller: Caller, work: () => T): T {
  if (caller.privileged === true) return whilePrivilegedWaits(work)
  return route.method === 'GET' ? whileSomebodyWaits(work) : work()
}

/** A page of a list as JSON, or the whole list as a file. */
async function serveList(
  request: FastifyRequest,
  reply: FastifyReply,
  route: RequestRoute,
  options: ShellOptions,
  asked: RouteRequest<unknown, unknown, unknown>,
): Promise<unknown> {
  const { format, query } = splitFormat(asked.query)
  const own = { ...asked, query }
  if (format === null)
    return sendJson(request, reply, route, await answer(route, asked.caller, () => route.handle(options.deps, own)))
  const file = await exportList(options.deps, route, own, format)
  if (!file.ok) return sendRefusal(reply, file.refusal, request.id)
  return reply
    .code(200)
    .type(file.value.contentType)
    .header('content-disposition', `attachment; filename="${file.value.filename}"`)
    .send(file.value.body)
}

function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  route: RequestRoute,
  result: RouteResult<unknown>,
): FastifyReply {
  if (!result.ok) return sendRefusal(reply, result.refusal, request.id)
  reply.code(route.status).headers(result.headers ?? {})
  if (isKnown(request, result.headers)) return reply.code(304).send()
  if (route.textReply !== undefined) return sendText(reply, result.value as TextReply)
  return route.status === 204 ? reply.send() : reply.send(result.value)
}

function sendText(reply: FastifyReply, { status, contentType, body }: TextReply): FastifyReply {
  return reply
    .code(status)
    .type(contentType)
    .serializer((payload: unknown) => payload as string)
    .send(body)
}

/** Whether the client has what is tagged already (RFC 9110, 13.1.2: weak comparison, `*` for anything). */
function isKnown(request: FastifyRequest, headers: Readonly<Record<string, string>> | undefined): boolean {
  const tag = headers?.['etag']
  const known = request.headers['if-none-match']
  if (tag === undefined || known === undefined || request.method !== 'GET') return false
  const opaque = (text: string) => text.trim().replace(/^W\//, '')
  return known.trim() === '*' || known.split(',').some((item) => opaque(item) === opaque(tag))
}

function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  route: BytesRoute,
  result: Result<BytesReply>,
): FastifyReply {
  if (!result.ok) return sendRefusal(reply, result.refusal, request.id)
  const { contentType, body, headers } = result.value
  if (isKnown(request, headers))
    return reply
      .code(304)
      .headers(headers ?? {})
      .send()
  reply
    .code(200)
    .type(contentType || route.contentType)
    .headers(headers ?? {})
  // If a later piece fails, the connection breaks and the file is visibly cut.
  if (typeof body !== 'string' && Symbol.asyncIterator in body)
    return reply.send(Readable.from(body, { objectMode: false }))
  return reply
    .serializer((payload: unknown) => payload as string)
    .send(typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
