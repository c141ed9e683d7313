import { createHash } from 'node:crypto'
import type { ChannelSettings } from '@metaagent/contract'
import type { Clock } from '../../ports/clock.ts'
import type { Notice, NotifyOutcome, NotifyRequest } from '../../ports/notifier.ts'
import { type HttpAnswer, type HttpCall, type HttpCaller, retryAfterMs, said } from './http-call.ts'
import { plainText } from './plain-text.ts'

const alertsMax = 50
/** ClickUp's scale: 1 urgent, 2 high, 3 normal, 4 low. */
const priorities = { critical: 1, warning: 2, info: 3 } as const

type Settings = Extract<ChannelSettings, { kind: 'clickup' }>

/** The other side did not do it; carries what that means for the message. */
class ClickUpFailure extends Error {
  readonly outcome: NotifyOutcome
  constructor(outcome: NotifyOutcome) {
    super(outcome.detail)
    this.outcome = outcome
  }
}

/**
 * Keeps one task per group of alerts: made with the first message, commented on with each change, closed when everything
 * is resolved. ClickUp knows no idempotency key: a try that may follow a lost answer looks for the task by its tag first.
 */
export async function sendToClickUp(request: NotifyRequest, http: HttpCaller, clock: Clock): Promise<NotifyOutcome> {
  const { settings, secret } = request.target
  if (settings.kind !== 'clickup' || secret === null)
    return { kind: 'refused', detail: 'The channel has no ClickUp token.' }
  const api = clickUpApi(settings, secret, http, clock)
  try {
    return await keepTask(request, settings, api)
  } catch (error) {
    if (error instanceof ClickUpFailure) return error.outcome
    throw error
  }
}

type Api = (method: HttpCall['method'], path: string, body?: unknown) => Promise<Record<string, unknown>>

async function keepTask(request: NotifyRequest, settings: Settings, api: Api): Promise<NotifyOutcome> {
  const { notice, attempt } = request
  const tag = tagOf(request)
  const known = request.reference ?? (attempt > 1 ? await findTask(api, settings, tag) : null)
  if (notice.status === 'resolved') {
    if (known === null) return { kind: 'delivered', detail: 'There is no task to close.', reference: null }
    await comment(api, known, notice)
    await api('PUT', `/api/v2/task/${known}`, { status: settings.closedStatus })
    return { kind: 'delivered', detail: `Closed task ${known}.`, reference: null }
  }
  if (known !== null) {
    if (attempt === 1) await comment(api, known, notice)
    return { kind: 'delivered', detail: `Commented on task ${known}.`, reference: known }
  }
  const made = await api('POST', `/api/v2/list/${settings.listId}/task`, {
    name: notice.title.slice(0, 250),
    markdown_description: plainText(notice, alertsMax),
    priority: priorities[notice.severity],
    tags: ['metaagent', tag],
    notify_all: notice.severity === 'critical',
  })
  const id = String(made['id'])
  if (notice.status !== 'report' && notice.purpose !== 'test')
    return { kind: 'delivered', detail: `Made task ${id}.`, reference: id }
  // A report or a test is no work to do.
  await api('PUT', `/api/v2/task/${id}`, { status: settings.closedStatus })
  return { kind: 'delivered', detail: `Made and closed task ${id}.`, reference: null }
}

async function comment(api: Api, taskId: string, notice: Notice): Promise<void> {
  await api('POST', `/api/v2/task/${taskId}/comment`, {
    comment_text: plainText(notice, alertsMax),
    notify_all: false,
  })
}

async function findTask(api: Api, settings: Settings, tag: string): Promise<string | null> {
  const found = await api('GET', `/api/v2/list/${settings.listId}/task?include_closed=false&tags[]=${tag}`)
  const tasks = Array.isArray(found['tasks']) ? (found['tasks'] as { id?: unknown }[]) : []
  return tasks[0]?.id === undefined ? null : String(tasks[0].id)
}

function tagOf({ notice, idempotencyKey }: NotifyRequest): string {
  return `metaagent-${createHash('sha256')
    .update(notice.groupKey ?? idempotencyKey)
    .digest('hex')
    .slice(0, 16)}`
}

function clickUpApi(settings: Settings, token: string, http: HttpCaller, clock: Clock): Api {
  return async (method, path, body) => {
    const answer = await http.call({
      method,
      url: `${settings.apiUrl.replace(/\/$/, '')}${path}`,
      headers: { authorization: token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (answer.status < 200 || answer.status > 299) throw new ClickUpFailure(failureOf(answer, clock.now()))
    return answer.text === '' ? {} : (JSON.parse(answer.text) as Record<string, unknown>)
  }
}

function failureOf(answer: HttpAnswer, nowMs: number): NotifyOutcome {
  if (answer.status === 429) {
    // Unix time in seconds at which the next minute of the token begins.
    const reset = Number(answer.headers['x-ratelimit-reset'])
    const untilResetMs = Number.isFinite(reset) && reset > 0 ? Math.max(0, reset * 1_000 - nowMs) : null
    return { kind: 'failed', detail: said(answer), retryAfterMs: untilResetMs ?? retryAfterMs(answer, nowMs) }
  }
  if (answer.status >= 500) return { kind: 'failed', detail: said(answer), retryAfterMs: retryAfterMs(answer, nowMs) }
  return {
    kind: 'refused',
    detail: `ClickUp refused it (${said(answer)}). Check the token, the list and the closed status.`,
  }
}
