import { SystemHealth } from '@metaagent/contract'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { toIso } from '../kernel/instant.ts'
import type { ShellOptions } from './shell-options.ts'

/** What is served beside the slices' routes, for the answer to another method. */
export const systemRoutes = ['/api/v1/health', '/readyz', '/healthz', '/api/v1/openapi.json'].map((path) => ({
  method: 'GET',
  path,
}))

/** Whether this process can serve: for people, load balancers and orchestrators. Open, so it names nothing secret. */
export function registerSystem(app: FastifyInstance, { deps, version, lanes }: ShellOptions): void {
  const startedAt = toIso(deps.clock.now())
  const report = async (): Promise<z.infer<typeof SystemHealth>> => {
    const store = await deps.store.status().then(
      () => ({ name: 'store', ok: true, detail: null }),
      () => ({ name: 'store', ok: false, detail: 'the database does not answer' }),
    )
    const requests = lanes === undefined ? {} : { requests: lanes.figures() }
    return {
      status: store.ok ? 'ok' : 'degraded',
      version,
      store: deps.store.kind,
      startedAt,
      checks: [store],
      ...requests,
    }
  }
  for (const url of ['/api/v1/health', '/readyz'])
    app.get(
      url,
      {
        schema: {
          operationId: url === '/readyz' ? 'getReadiness' : 'getSystemHealth',
          tags: ['system'],
          summary: 'Whether this process can serve',
          description: '503 with the same body when the database does not answer.',
          security: [],
          response: { 200: SystemHealth, 503: SystemHealth },
        },
      },
      async (_request, reply) => {
        const health = await report()
        return reply.code(health.status === 'ok' ? 200 : 503).send(health)
      },
    )
  // Liveness asks the process alone: a database that is away is no reason to restart it.
  app.get('/healthz', { schema: { hide: true } }, async (_request, reply) => reply.type('text/plain').send('ok\n'))
}
