import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import type { ForwardedAlert } from '../../../../ports/notifier.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { forwardEveryMs } from '../model/watch.ts'
import { forwardableAlerts } from '../store/alerts.ts'
import { noteAttempt, presentChannels } from '../store/channels.ts'
import { lockWatch, saveWatch } from '../store/notifying.ts'
import type { AlertRow } from '../store/tables.ts'
import { targetOf } from './deliver.ts'

/** Alertmanager is told an end again for as long: one message may get lost. */
const resolvedToldMs = 300_000

/**
 * Hands all that fires, and what ended in the last five minutes, to the organization's Alertmanagers. Alertmanager takes
 * an alert for over when nobody sends it any more, so it is sent every 30 s with an end four rounds ahead.
 */
export async function forwardAlerts(deps: Deps, organizationId: string): Promise<void> {
  const scope = { organizationId }
  const now = deps.clock.now()
  const { rows, channels } = await deps.store.transaction(scope, async (tx) => {
    await saveWatch(tx, { ...(await lockWatch(tx)), forwardedAt: now })
    const all = await presentChannels(tx)
    return {
      rows: await forwardableAlerts(tx, addMs(now, -resolvedToldMs)),
      channels: all.filter(({ enabled, settings }) => enabled && settings.kind === 'alertmanager'),
    }
  })
  const alerts = rows.map((row) => forwarded(deps, row, now))
  for (const channel of channels) {
    const outcome = await deps.notifier.forward(targetOf(deps, channel), alerts)
    const done = outcome.kind === 'delivered'
    if (!done) deps.log.warn({ channelId: channel.channelId, detail: outcome.detail }, 'an Alertmanager took no alerts')
    const noted = { deliveredAt: done ? now : null, error: done ? null : outcome.detail, notBefore: null }
    await deps.store.transaction(scope, (tx) => noteAttempt(tx, channel.channelId, noted))
  }
}

function forwarded(deps: Deps, row: AlertRow, now: Instant): ForwardedAlert {
  return {
    labels: row.labels,
    annotations: { ...row.annotations, because: row.because.text },
    startsAt: (row.fired_at ?? row.pending_at).toISOString(),
    endsAt: row.resolved_at?.toISOString() ?? toIso(addMs(now, 4 * forwardEveryMs)),
    generatorURL: `${deps.settings.publicUrl}/alerts/${row.alert_id}`,
  }
}
