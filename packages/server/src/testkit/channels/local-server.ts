import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** What a local service was asked. */
export interface LocalRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface LocalAnswer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface LocalServer {
  readonly url: string
  close(): Promise<void>
}

/** Serves one function over real HTTP on a free port of this machine. */
export async function startLocalServer(answer: (request: LocalRequest) => LocalAnswer): Promise<LocalServer> {
  const server = createServer((request, response) => {
    void reply(request, response, answer)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the local server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: LocalRequest) => LocalAnswer,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const url = new URL(request.url ?? '/', 'http://local')
  const { status, body, headers } = answer({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers as Record<string, string | undefined>,
    body: Buffer.concat(chunks).toString('utf8'),
  })
  response.writeHead(status, headers)
  response.end(body)
}
