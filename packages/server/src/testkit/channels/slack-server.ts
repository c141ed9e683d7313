import type { Clock } from '../../ports/clock.ts'
import { type LocalAnswer, startLocalServer } from './local-server.ts'

interface SlackMessage {
  readonly text?: unknown
  readonly blocks?: readonly {
    readonly type?: string
    readonly text?: { readonly type?: string; readonly text?: string }
  }[]
}

export interface SlackServer {
  /** An incoming webhook's address, as Slack hands it out. */
  readonly webhookUrl: string
  /** What was accepted, in order. */
  readonly messages: SlackMessage[]
  /** What was refused and why, in Slack's own words. */
  readonly refusals: string[]
  /** Answers the next requests with this instead; the limits come first. */
  fail(answers: readonly LocalAnswer[]): void
  close(): Promise<void>
}

const path = '/services/T000/B000/secret'
/** Slack says 1 message a second per webhook, with short bursts tolerated; here none are. */
const pauseMs = 1_000

/**
 * An incoming webhook that enforces Slack's documented limits and refuses violations as Slack does: 50 blocks, 3,000
 * characters per section, 150 per header, about 13,200 in all, a `text` fallback, one message a second.
 */
export async function startSlackServer(clock: Clock): Promise<SlackServer> {
  const messages: SlackMessage[] = []
  const refusals: string[] = []
  const failures: LocalAnswer[] = []
  let lastMs = Number.NEGATIVE_INFINITY
  const refuse = (status: number, word: string, headers: Record<string, string> = {}): LocalAnswer => {
    refusals.push(word)
    return { status, body: word, headers }
  }
  const server = await startLocalServer((request) => {
    if (request.path !== path) return refuse(404, 'no_service')
    if (request.method !== 'POST') return refuse(400, 'invalid_payload')
    if (clock.now() - lastMs < pauseMs) return refuse(429, 'rate_limited', { 'retry-after': '1' })
    lastMs = clock.now()
    const failure = failures.shift()
    if (failure !== undefined) return failure
    const fault = faultOf(request.headers['content-type'] ?? '', request.body)
    if (fault !== null) return refuse(400, fault)
    messages.push(JSON.parse(request.body) as SlackMessage)
    return { status: 200, body: 'ok' }
  })
  return {
    webhookUrl: `${server.url}${path}`,
    messages,
    refusals,
    fail: (answers) => failures.push(...answers),
    close: server.close,
  }
}

function faultOf(contentType: string, body: string): string | null {
  if (!contentType.startsWith('application/json')) return 'invalid_payload'
  let message: SlackMessage
  try {
    message = JSON.parse(body) as SlackMessage
  } catch {
    return 'invalid_payload'
  }
  if (typeof message.text !== 'string' || message.text === '') return 'no_text'
  const blocks = message.blocks ?? []
  if (blocks.length > 50) return 'invalid_blocks'
  for (const { type, text } of blocks) {
    if (type === 'header' && (text?.type !== 'plain_text' || (text.text ?? '').length > 150)) return 'invalid_blocks'
    if (type === 'section' && ((text?.text ?? '').length > 3_000 || (text?.text ?? '') === '')) return 'invalid_blocks'
  }
  return body.length > 13_200 ? 'msg_blocks_too_long' : null
}
