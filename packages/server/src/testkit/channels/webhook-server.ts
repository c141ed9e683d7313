import { type LocalRequest, startLocalServer } from './local-server.ts'

export interface WebhookServer {
  readonly url: string
  readonly requests: LocalRequest[]
  /** Answers the next requests with these statuses instead of 204. */
  fail(statuses: readonly number[]): void
  close(): Promise<void>
}

/** An endpoint that keeps what it was sent. */
export async function startWebhookServer(): Promise<WebhookServer> {
  const requests: LocalRequest[] = []
  const failures: number[] = []
  const server = await startLocalServer((request) => {
    requests.push(request)
    return { status: failures.shift() ?? 204, body: '' }
  })
  return { url: server.url, requests, fail: (statuses) => failures.push(...statuses), close: server.close }
}
