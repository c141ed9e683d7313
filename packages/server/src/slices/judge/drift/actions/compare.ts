import { addMs, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { broadcastAmong } from '../model/telling.ts'
import { lockAlarms, lockUntold, openedBefore, saveAlarms } from '../store/alarms.ts'
import { readCursors, saveCursor } from '../store/settings.ts'
import { countReadSince } from '../store/streams.ts'
import { learnAnew } from './judge.ts'
import { policyNow } from './policy.ts'
import { closedEvent, tellDrift } from './raise.ts'

const hourMs = 3_600_000

/**
 * Once an hour and organization: which of the open alarms are broadcast, decided among all streams that were read in the
 * hours that are over; and what has been otherwise for long enough is what is usual now. Safe to run twice.
 */
export async function compareAlarms(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps))
    await deps.store.transaction({ organizationId }, (tx) => compareOrganization(deps, tx))
}

async function compareOrganization(deps: Deps, tx: Tx): Promise<void> {
  const now = deps.clock.now()
  const hourAt = instantFromEpochMs(Math.floor(now / hourMs) * hourMs)
  const { comparedUntil } = await readCursors(tx)
  if (comparedUntil !== null && comparedUntil >= hourAt) return
  await saveCursor(tx, 'compared_until', hourAt)
  const untold = (await lockUntold(tx)).filter(({ openedAt }) => openedAt < hourAt)
  const policy = await policyNow(deps, tx)
  if (untold.length > 0) {
    const streams = await countReadSince(tx, addMs(comparedUntil ?? hourAt, comparedUntil === null ? -hourMs : 0))
    const decided = broadcastAmong(untold, {
      streams: Math.max(streams, untold.length),
      rate: policy.falseDiscoveryRate,
      falseAlarmHours: policy.falseAlarmMs / hourMs,
    })
    const alarms = untold.map(({ eValue: _, ...alarm }, at) => ({
      ...alarm,
      evidence: decided[at]?.evidence ?? null,
      toldAt: decided[at]?.isTold === true ? now : null,
    }))
    await saveAlarms(tx, alarms)
    await tellDrift(
      deps,
      tx,
      alarms.filter(({ toldAt }) => toldAt !== null),
      streams,
    )
  }
  await acceptOld(deps, tx, addMs(now, -policy.falseAlarmMs))
}

/** What has been open for so long that another alarm would be due by chance is what is usual now. */
async function acceptOld(deps: Deps, tx: Tx, before: Parameters<typeof openedBefore>[1]): Promise<void> {
  const old = await lockAlarms(tx, await openedBefore(tx, before))
  if (old.length === 0) return
  const closedAt = deps.clock.now()
  await saveAlarms(
    tx,
    old.map((alarm) => ({ ...alarm, closedAt, closedBecause: 'became-usual' as const })),
  )
  await learnAnew(
    deps,
    tx,
    old.map(({ streamId }) => streamId),
  )
  const text = 'It has been like this for so long that it is what is usual now; the stream learns anew.'
  const because = { rule: 'became-usual', observed: null, limit: null, text }
  await append(
    deps,
    tx,
    old.map((alarm) => closedEvent(alarm, because)),
  )
}
