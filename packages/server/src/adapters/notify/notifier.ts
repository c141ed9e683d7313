import type { Clock } from '../../ports/clock.ts'
import type { Notifier, NotifyOutcome, NotifyRequest } from '../../ports/notifier.ts'
import { type AddressGuard, AddressRefused, createAddressGuard } from './address-guard.ts'
import { sendToClickUp } from './clickup.ts'
import { sendMail } from './email.ts'
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
    send: (request) => guarded(() => sendBy(request, guard, clock)),
    forward: (target, alerts) => guarded(() => forwardToAlertmanager(target, alerts, guard)),
  }
}

async function sendBy(request: NotifyRequest, guard: AddressGuard, clock: Clock): Promise<NotifyOutcome> {
  switch (request.target.settings.kind) {
    case 'slack':
      return sendToSlack(request, guard, clock)
    case 'email':
      return sendMail(request, guard)
    case 'clickup':
      return sendToClickUp(request, guard, clock)
    case 'webhook':
      return sendToWebhook(request, guard, clock)
    case 'alertmanager': {
      const { notice } = request
      if (notice.purpose !== 'test')
        return { kind: 'refused', detail: 'An Alertmanager is handed all alerts; routes must not name it.' }
      return forwardToAlertmanager(request.target, [], guard)
    }
  }
}

async function guarded(send: () => Promise<NotifyOutcome>): Promise<NotifyOutcome> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof AddressRefused) return { kind: 'refused', detail: error.message }
    const { code } = error as { code?: string }
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', detail: `${code ?? 'error'}: ${message}`.slice(0, 500), retryAfterMs: null }
  }
}
