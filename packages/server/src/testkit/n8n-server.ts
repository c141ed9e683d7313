import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An execution as n8n's public API tells it. */
export interface N8nApiExecution {
  readonly id: number
  readonly [field: string]: unknown
}

export interface N8nServer {
  readonly url: string
  /** What was asked, with the query. */
  readonly asked: string[]
  /** Puts an execution there, in place of one with the same id. */
  put(execution: N8nApiExecution): void
  close(): Promise<void>
}

const mostPerPage = 250

/**
 * The part of n8n's public API (`/api/v1/executions`) that importers use, by its OpenAPI document: the key in
 * X-N8N-API-KEY, newest first, pages of at most 250 with an opaque cursor, data only with `includeData=true`. It refuses
 * what n8n refuses. For tests; n8n itself needs packages that are on no registry.
 */
export async function startN8nServer(apiKey: string): Promise<N8nServer> {
  const executions = new Map<number, N8nApiExecution>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const url = new URL(request.url ?? '/', 'http://n8n')
    asked.push(`${url.pathname}${url.search}`)
    if (request.headers['x-n8n-api-key'] !== apiKey) return reply(401, { message: 'unauthorized' })
    const shown = (execution: N8nApiExecution) => {
      const { data, workflowData, ...brief } = execution
      return url.searchParams.get('includeData') === 'true' ? { ...brief, data, workflowData } : brief
    }
    const one = /^\/api\/v1\/executions\/(\d+)$/.exec(url.pathname)?.[1]
    if (one !== undefined) {
      const found = executions.get(Number(one))
      return found === undefined ? reply(404, { message: 'Not Found' }) : reply(200, shown(found))
    }
    if (url.pathname !== '/api/v1/executions') return reply(404, { message: 'not found' })
    const limit = Number(url.searchParams.get('limit') ?? 100)
    if (!(limit >= 1 && limit <= mostPerPage)) return reply(400, { message: 'request/query/limit must be <= 250' })
    const cursor = url.searchParams.get('cursor')
    const below = cursor === null ? Number.POSITIVE_INFINITY : Number(Buffer.from(cursor, 'base64').toString())
    const rest = [...executions.values()].sort((a, b) => b.id - a.id).filter(({ id }) => id < below)
    const last = rest[limit - 1]
    const nextCursor =
      rest.length > limit && last !== undefined ? Buffer.from(String(last.id)).toString('base64') : null
    return reply(200, { data: rest.slice(0, limit).map(shown), nextCursor })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    put: (execution) => executions.set(execution.id, execution),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
