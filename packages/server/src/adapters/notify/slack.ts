import type { Clock } from '../../ports/clock.ts'
import type { Notice, NoticeAlert, NotifyOutcome, NotifyRequest } from '../../ports/notifier.ts'
import { type HttpCaller, retryAfterMs, said } from './http-call.ts'

/** Slack's limits: 50 blocks, 3,000 characters per section, 150 per header; messages over about 13,200 are refused. */
const blocksMax = 50
const sectionMax = 3_000
const headerMax = 150
const totalMax = 12_500

type Block =
  | { readonly type: 'header'; readonly text: { readonly type: 'plain_text'; readonly text: string } }
  | { readonly type: 'section'; readonly text: { readonly type: 'mrkdwn'; readonly text: string } }
  | { readonly type: 'context'; readonly elements: readonly { readonly type: 'mrkdwn'; readonly text: string }[] }

export interface SlackMessage {
  /** What notifications and screen readers show. */
  readonly text: string
  readonly blocks: readonly Block[]
}

/** Posts to an incoming webhook. Slack answers `ok`, or a word that says what is wrong. */
export async function sendToSlack(
  { target, notice }: NotifyRequest,
  http: HttpCaller,
  clock: Clock,
): Promise<NotifyOutcome> {
  if (target.secret === null) return { kind: 'refused', detail: 'The channel has no webhook address.' }
  const call = { method: 'POST' as const, url: target.secret, body: JSON.stringify(slackMessage(notice)) }
  const answer = await http.call(call)
  if (answer.status === 200) return { kind: 'delivered', detail: said(answer), reference: null }
  if (answer.status === 429 || answer.status >= 500)
    return { kind: 'failed', detail: said(answer), retryAfterMs: retryAfterMs(answer, clock.now()) }
  return { kind: 'refused', detail: `Slack refused it for good (${said(answer)}). Check the webhook’s address.` }
}

const marks = { firing: '🔴', resolved: '🟢', report: '📋' } as const

/** The message in Block Kit, cut to what Slack takes; what is left out is counted. */
export function slackMessage(notice: Notice): SlackMessage {
  const title = `${marks[notice.status]} ${notice.title}`
  const text = cut(`${title}: ${notice.why}`, 1_000)
  const end: Block = { type: 'context', elements: [{ type: 'mrkdwn', text: cut(footOf(notice), sectionMax) }] }
  const blocks: Block[] = [{ type: 'header', text: { type: 'plain_text', text: cut(title, headerMax) } }]
  let left = totalMax - text.length - sizeOf(end) - sizeOf(blocks[0])
  const push = (mrkdwn: string): boolean => {
    // Slack refuses an empty section.
    if (mrkdwn.trim() === '') return true
    const block: Block = { type: 'section', text: { type: 'mrkdwn', text: cut(mrkdwn, sectionMax) } }
    if (blocks.length >= blocksMax - 2 || sizeOf(block) > left) return false
    blocks.push(block)
    left -= sizeOf(block)
    return true
  }
  push(escape(notice.why))
  let listed = 0
  for (const alert of notice.alerts) {
    if (!push(alertText(alert))) break
    listed += 1
  }
  for (const { heading, lines } of notice.sections) push(`*${escape(heading)}*\n${lines.map(escape).join('\n')}`)
  const more = notice.firing + notice.resolved - listed
  // One block was kept free for this line.
  if (more > 0 && notice.status !== 'report') {
    const rest: Block = { type: 'section', text: { type: 'mrkdwn', text: `… and ${more} more.` } }
    blocks.push(rest)
  }
  return { text, blocks: [...blocks, end] }
}

function alertText(alert: NoticeAlert): string {
  const mark = alert.status === 'firing' ? '*FIRING*' : '*resolved*'
  const labels = Object.entries(alert.labels)
    .filter(([name]) => name !== 'alertname' && name !== 'severity')
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
  const lines = [
    `${mark} <${alert.url}|${cut(escape(alert.summary), 300)}>`,
    cut(escape(labels), 300),
    cut(escape(alert.because), 600),
  ]
  return lines.filter((line) => line !== '').join('\n')
}

function footOf(notice: Notice): string {
  return `${notice.severity} · ${notice.at} · <${notice.url}|open in MetaAgent>`
}

/** Slack reads these three characters as markup. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

function sizeOf(block: Block | undefined): number {
  return block === undefined ? 0 : JSON.stringify(block).length
}
