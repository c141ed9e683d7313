import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Notice } from '../../../../ports/notifier.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { fleetHealth } from '../../health/index.ts'
import { nextReports, reportSections } from '../model/reports.ts'
import { defaultPolicy } from '../model/routing.ts'
import { wallTime } from '../model/time-intervals.ts'
import { countOpen, firedSince } from '../store/alerts.ts'
import { presentChannels, type StoredChannel, saveNextReports } from '../store/channels.ts'
import { insertDeliveries } from '../store/deliveries.ts'
import { lockWatch, presentPolicy } from '../store/notifying.ts'

const kinds = {
  daily: { window: '24h', called: '24 hours', lengthMs: 86_400_000, title: 'Daily summary' },
  weekly: { window: '7d', called: '7 days', lengthMs: 7 * 86_400_000, title: 'Weekly digest' },
} as const
type ReportKind = keyof typeof kinds

/** Puts the reports that are due into the outbox; each channel gets at most one a day and a week, whatever happens. */
export async function queueReports(deps: Deps, organizationId: string): Promise<void> {
  await deps.store.transaction({ organizationId }, async (tx) => {
    await lockWatch(tx)
    const now = deps.clock.now()
    const timeZone = ((await presentPolicy(tx))?.policy ?? defaultPolicy).timeZone
    for (const channel of await presentChannels(tx)) {
      if (!channel.enabled) continue
      const isDue = (at: Instant | null) => at !== null && at <= now
      if (!isDue(channel.nextDailyAt) && !isDue(channel.nextWeeklyAt)) continue
      if (isDue(channel.nextDailyAt)) await queue(deps, tx, channel, 'daily', timeZone)
      if (isDue(channel.nextWeeklyAt)) await queue(deps, tx, channel, 'weekly', timeZone)
      await saveNextReports(tx, channel.channelId, nextReports(channel.digest, timeZone, now))
    }
  })
}

async function queue(deps: Deps, tx: Tx, channel: StoredChannel, kind: ReportKind, timeZone: string): Promise<void> {
  const now = deps.clock.now()
  const { year, month, day } = wallTime(now, timeZone)
  const date = [year, String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-')
  const delivery = {
    deliveryId: deps.ids.uuid(),
    channelId: channel.channelId,
    purpose: kind,
    groupKey: null,
    // The day on the wall: an hour that comes twice in autumn brings no second report.
    idempotencyKey: `${kind}|${channel.channelId}|${date}`,
    notice: await reportNotice(deps, tx, kind, date),
  }
  await insertDeliveries(tx, [delivery], now)
}

async function reportNotice(deps: Deps, tx: Tx, kind: ReportKind, date: string): Promise<Notice> {
  const now = deps.clock.now()
  const { window, called, lengthMs, title } = kinds[kind]
  const fleet = await fleetHealth(deps, tx, { window })
  const open = await countOpen(tx)
  const fired = await firedSince(tx, addMs(now, -lengthMs))
  const agents = fleet.agents.map(({ agent, state, because, figures }) => ({
    agent,
    state,
    why: because[0]?.text ?? '',
    figures,
  }))
  return {
    purpose: kind,
    status: 'report',
    severity: 'info',
    title: `${title}, ${date}`,
    why: `${agents.length} agents are watched; ${open.firing} alerts fire.`,
    groupKey: null,
    groupLabels: {},
    firing: 0,
    resolved: 0,
    alerts: [],
    sections: reportSections({ window: called, totals: fleet.totals, agents, fired, open }),
    url: deps.settings.publicUrl,
    at: toIso(now),
  }
}
