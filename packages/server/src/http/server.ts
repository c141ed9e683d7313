import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import fastifySwagger from '@fastify/swagger'
import fastifyWebsocket from '@fastify/websocket'
import type { RefusalCode } from '@metaagent/contract'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import {
  createJsonSchemaTransform,
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import type { Refusal } from '../kernel/result.ts'
import type { Deps } from '../ports/slice.ts'
import { EventSockets } from './event-sockets.ts'
import { EventStreams } from './event-stream.ts'
import { documentedRoutes } from './ingest-routes.ts'
import { withSharedSchemas } from './openapi-references.ts'
import { refusalOfError } from './problem.ts'
import { registerReference } from './reference.ts'
import { describeHotPath, registerRoutes } from './routes.ts'
import { schemaFaults } from './schema-faults.ts'
import { sendRefusal } from './send-refusal.ts'
import type { ShellOptions } from './shell-options.ts'
import { allowedMethods, securityHeaders } from './surface.ts'
import { registerSystem, systemRoutes } from './system.ts'

export interface Shell {
  /** Binds the address and returns the one in use (port 0 picks a free one). */
  listen(host: string, port: number): Promise<string>
  /** The OpenAPI 3.1 document. */
  openApi(): Record<string, unknown>
  /** Ends streams, finishes open requests, closes the port. */
  close(): Promise<void>
}

/** Any other protocol (h2c, which some HTTP clients offer with each request) is left alone: the request is answered as it is. */
function shouldUpgradeCallback(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket'
}

const bodyLimitBytes = 1_048_576

/** Builds the HTTP shell: authentication, limits, validation, problem documents, OpenAPI, live streams, dashboard. */
export async function createShell(options: ShellOptions): Promise<Shell> {
  const { deps, hotPath, trustedProxies = [] } = options
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    genReqId: () => deps.ids.uuid(),
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    logger: false,
    // The longest name in a path: a conversation id of 300 characters, each at most nine once it is escaped.
    routerOptions: { maxParamLength: 2_700 },
    forceCloseConnections: 'idle',
    serverFactory: (handler) =>
      createServer({ keepAliveTimeout: 65_000, maxHeaderSize: 32_768, shouldUpgradeCallback }, (request, response) => {
        if (!hotPath(request, response)) handler(request, response)
      }),
  })
  app.setValidatorCompiler(boundedValidator)
  app.setSerializerCompiler(serializerCompiler)
  const streams = { events: new EventStreams(deps.clock, deps.log), sockets: new EventSockets(deps.clock, deps.log) }
  app.addHook('preClose', async () => {
    streams.events.endAll()
    streams.sockets.endAll()
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    for (const [name, value] of securityHeaders(request.url)) reply.header(name, value)
  })
  // Before any plugin: a later handler would let a schema refusal end as a 500.
  app.setErrorHandler((error: FastifyError, request, reply) =>
    // A body that cannot be read matters only where something takes one.
    request.is404
      ? notFound(request, reply, options)
      : sendRefusal(reply, refusalOfFault(error, request, deps), request.id),
  )
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'MetaAgent',
        version: options.version,
        description: 'The control plane that keeps AI agents good. Every refusal is an RFC 9457 problem document.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key (`mak_…`) or an access token (JWT).' },
          apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
          session: { type: 'apiKey', in: 'cookie', name: 'metaagent_session' },
        },
      },
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: (document) => withSharedSchemas(jsonSchemaTransformObject(document)),
  })
  // What clients send over a socket is not read, so little is enough.
  await app.register(fastifyWebsocket, { options: { maxPayload: 1_024 } })
  registerRoutes(app, options, streams)
  describeHotPath(app)
  registerSystem(app, options)
  await registerPages(app, options)
  app.setNotFoundHandler((request, reply) => notFound(request, reply, options))
  await app.ready()
  return {
    listen: async (host, port) => app.listen({ host, port }),
    openApi: () => app.swagger() as unknown as Record<string, unknown>,
    close: async () => app.close(),
  }
}

async function registerPages(app: FastifyInstance, options: ShellOptions): Promise<void> {
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  registerReference(app)
  if (options.dashboardDir !== null && existsSync(join(options.dashboardDir, 'index.html')))
    await app.register(fastifyStatic, {
      root: options.dashboardDir,
      wildcard: false,
      schemaHide: true,
      setHeaders: (response, path) => {
        // Vite puts a content hash in the name of each asset; the page itself must stay fresh.
        response.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
}

async function notFound(request: FastifyRequest, reply: FastifyReply, options: ShellOptions): Promise<FastifyReply> {
  const path = request.url.split('?', 1)[0] ?? '/'
  const served = [...options.slices.flatMap((slice) => slice.routes), ...documentedRoutes, ...systemRoutes]
  const allowed = allowedMethods(served, path)
  if (allowed.length > 0) {
    reply.header('allow', allowed.join(', '))
    return sendRefusal(
      reply,
      { code: 'method-not-allowed', detail: `This address takes ${allowed.join(', ')}.` },
      request.id,
    )
  }
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
  if (wantsPage && options.dashboardDir !== null && !/^\/(api|v1|docs|gateway)(\/|$)/.test(path))
    return reply.sendFile('index.html', options.dashboardDir, { maxAge: 0, cacheControl: false })
  return sendRefusal(
    reply,
    { code: 'not-found', detail: 'Nothing is served at this address. The API is described at /docs.' },
    request.id,
  )
}

/** JSON that is nested deeper than the schema's recursion reaches is the sender's mistake. */
const boundedValidator: typeof validatorCompiler = (route) => {
  const validate = validatorCompiler(route)
  return (data: unknown) => {
    try {
      return validate(data)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return { error: Object.assign(new Error('The body is nested too deeply to be read.'), { statusCode: 400 }) }
    }
  }
}

const contextRefusals: Readonly<Record<string, RefusalCode>> = {
  body: 'invalid-body',
  querystring: 'invalid-query',
  params: 'invalid-path',
}

const fastifyRefusals: Readonly<Record<string, { code: RefusalCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'payload-too-large',
    detail: `Send at most ${bodyLimitBytes} bytes to this address.`,
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported-media-type', detail: 'Send application/json.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'bad-request', detail: 'The content type says JSON, but the body is empty.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'bad-request', detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'bad-request', detail: 'Content-Length does not fit the body.' },
}

function refusalOfFault(error: FastifyError, request: FastifyRequest, deps: Deps): Refusal {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = schemaFaults(error.validation)
    const where = contextRefusals[error.validationContext ?? 'body'] ?? 'bad-request'
    const first = errors[0]
    return {
      code: where,
      detail: `${first?.path ?? '/'}: ${first?.message ?? 'does not fit'}. See /docs for the schema.`,
      extensions: { errors },
    }
  }
  const known = fastifyRefusals[error.code]
  if (known !== undefined) return known
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return { code: 'bad-request', detail: error.message }
  deps.log.error(
    {
      requestId: request.id,
      method: request.method,
      path: request.routeOptions.url ?? null,
      error: error.stack ?? String(error),
    },
    'a request failed',
  )
  return refusalOfError(error)
}
