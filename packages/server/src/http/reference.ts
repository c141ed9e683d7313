import Fastify, { type FastifyInstance, type RouteHandlerMethod } from 'fastify'

const address = '/docs'

/**
 * The API reader at /docs. Its library is large and rarely asked for, so it is loaded at the first visit and not when
 * the server starts; it lives in a router of its own because routes cannot be added to one that serves already.
 */
export function registerReference(app: FastifyInstance): void {
  let reader: Promise<FastifyInstance> | null = null
  const handler: RouteHandlerMethod = async (request, reply) => {
    reader ??= openReader()
    const { routing } = await reader
    const headers = reply.getHeaders()
    reply.hijack()
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(name, value)
    routing(request.raw, reply.raw)
  }
  for (const url of [address, `${address}/*`]) app.route({ method: 'GET', url, schema: { hide: true }, handler })
}

async function openReader(): Promise<FastifyInstance> {
  const { default: reference } = await import('@scalar/fastify-api-reference')
  const reader = Fastify({ logger: false })
  await reader.register(reference, {
    routePrefix: address,
    configuration: {
      title: 'MetaAgent API',
      url: '/api/v1/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      favicon: '/favicon.svg',
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  await reader.ready()
  return reader
}
