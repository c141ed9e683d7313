import type { Clock } from '../../ports/clock.ts'
import type {
  Notified,
  Notifier,
  NotifyAnswer,
  NotifyOutcome,
  NotifyRequest,
  NotifyTarget,
} from '../../ports/notifier.ts'
import { type AddressGuard, AddressRefused, createAddressGuard } from './address-guard.ts'
import { sendToClickUp } from './clickup.ts'
import { sendMail } from './email.ts'
import { type HttpCaller, httpCaller } from './http-call.ts'
import { sendToSlack } from './slack.ts'
import { forwardToAlertmanager, sendToWebhook } from './webhook.ts'

export interface NotifierOptions {
  readonly clock: Clock
  /** CIDR ranges of private networks that messages may go to. */
  readonly allowedNetworks: readonly string[]
}

/** Sends messages over the real channels. */
export function createNotifier({ clock, allowedNetworks }: NotifierOptions): Notifier {
  const guard = createAddressGuard(allowedNetworks)
  return {
    send: (request) => guarded(request.target, guard, (http) => sendBy(request, { guard, http, clock })),
    forward: (target, alerts) => guarded(target, guard, (http) => forwardToAlertmanager(target, alerts, http)),
  }
}

interface Means {
  readonly guard: AddressGuard
  readonly http: HttpCaller
  readonly clock: Clock
}

async function sendBy(request: NotifyRequest, { guard, http, clock }: Means): Promise<NotifyOutcome | Notified> {
  switch (request.target.settings.kind) {
    case 'slack':
      return sendToSlack(request, http, clock)
    case 'email':
      return sendMail(request, guard)
    case 'clickup':
      return sendToClickUp(request, http, clock)
    case 'webhook':
      return sendToWebhook(request, http, clock)
    case 'alertmanager': {
      const { notice } = request
      if (notice.purpose !== 'test')
        return { kind: 'refused', detail: 'An Alertmanager is handed all alerts; routes must not name it.' }
      return forwardToAlertmanager(request.target, [], http)
    }
  }
}

const excerptMax = 500

async function guarded(
  target: NotifyTarget,
  guard: AddressGuard,
  send: (http: HttpCaller) => Promise<NotifyOutcome | Notified>,
): Promise<Notified> {
  const http = httpCaller(guard)
  const outcome = await send(http).catch(refusalOrFailure)
  const heard = http.newest === null ? null : { status: http.newest.status, excerpt: http.newest.text }
  const answer = 'answer' in outcome ? outcome.answer : heard
  return {
    ...outcome,
    detail: unsecret(outcome.detail, target),
    answer: answer === null ? null : shortened(answer, target),
  }
}

function refusalOrFailure(error: unknown): NotifyOutcome {
  if (error instanceof AddressRefused) return { kind: 'refused', detail: error.message }
  const { code } = error as { code?: string }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', detail: `${code ?? 'error'}: ${message}`.slice(0, 500), retryAfterMs: null }
}

function shortened({ status, excerpt }: NotifyAnswer, target: NotifyTarget): NotifyAnswer {
  return { status, excerpt: unsecret(excerpt, target).replace(/\s+/g, ' ').trim().slice(0, excerptMax) }
}

/** An answer may repeat what it was sent: the log is read by more people than the secret is for. */
function unsecret(text: string, { secret }: NotifyTarget): string {
  return secret === null ? text : text.replaceAll(secret, '[secret]')
}
