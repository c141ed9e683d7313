import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { Clock } from '../../ports/clock.ts'
import type { ForwardedAlert, NotifyOutcome, NotifyRequest, NotifyTarget } from '../../ports/notifier.ts'
import { type HttpCaller, retryAfterMs, said } from './http-call.ts'

/**
 * Posts the message, signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The id is
 * the same for each try, so that a receiver can drop what it has. Only 410 is final: the endpoint says it is gone.
 */
export async function sendToWebhook(request: NotifyRequest, http: HttpCaller, clock: Clock): Promise<NotifyOutcome> {
  const { settings, secret } = request.target
  if (settings.kind !== 'webhook' || secret === null)
    return { kind: 'refused', detail: 'The channel has no signing secret.' }
  const { notice } = request
  const now = new Date(clock.now())
  const id = `msg_${createHash('sha256').update(request.idempotencyKey).digest('hex').slice(0, 32)}`
  const body = JSON.stringify({ type: `alerts.${notice.purpose}`, timestamp: now.toISOString(), data: notice })
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  }
  const answer = await http.call({ method: 'POST', url: settings.url, headers, body })
  if (answer.status >= 200 && answer.status < 300) return { kind: 'delivered', detail: said(answer), reference: null }
  if (answer.status === 410) return { kind: 'refused', detail: `The endpoint is gone (${said(answer)}).` }
  return { kind: 'failed', detail: said(answer), retryAfterMs: retryAfterMs(answer, clock.now()) }
}

const alertsPerPost = 1_000

/** Posts alerts to a real Alertmanager (API v2), which does everything else itself. */
export async function forwardToAlertmanager(
  target: NotifyTarget,
  alerts: readonly ForwardedAlert[],
  http: HttpCaller,
): Promise<NotifyOutcome> {
  const { settings } = target
  if (settings.kind !== 'alertmanager') return { kind: 'refused', detail: 'The channel is no Alertmanager.' }
  const url = `${settings.url.replace(/\/$/, '')}/api/v2/alerts`
  for (let at = 0; at === 0 || at < alerts.length; at += alertsPerPost) {
    const body = JSON.stringify(alerts.slice(at, at + alertsPerPost))
    const answer = await http.call({ method: 'POST', url, body })
    if (answer.status !== 200) return { kind: 'failed', detail: said(answer), retryAfterMs: null }
  }
  return { kind: 'delivered', detail: `Handed over ${alerts.length} alerts.`, reference: null }
}
