import type { Recount } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { localDay } from '../../../../kernel/time-zone.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds, organizationTimeZone } from '../../../govern/identity/index.ts'
import { changedHours, sumsOfRange } from '../../health/index.ts'
import { namesOf } from '../../registry/index.ts'
import { countRowsOfRange } from '../../telemetry/index.ts'
import { boundsOfDay, dayCounts, daysOfHours } from '../model/day.ts'
import { type DayRow, dropOtherZones, readCursor, replaceDay, saveCursor } from '../store/days.ts'
import { tellDays } from './tell.ts'

/** Brings the days of every organization up to its rollups, and tells those that are over. Safe to run twice. */
export async function computeMetrics(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    await computeOrganization(deps, organizationId)
    await tellDays(deps, organizationId)
  }
}

/**
 * Computes the days again whose rollups changed since the last time, one day per transaction so that nobody waits, then
 * moves the cursor. What ends halfway is done once more. In a new time zone every day is computed.
 */
async function computeOrganization(deps: Deps, organizationId: string): Promise<void> {
  const scope = { organizationId }
  const due = await deps.store.transaction(scope, async (tx) => {
    const timeZone = await organizationTimeZone(tx)
    const known = await readCursor(tx)
    const since = known === null || known.timeZone !== timeZone ? null : known.cursor
    return { ...(await changedHours(tx, since)), timeZone, known }
  })
  const { timeZone, cursor, known } = due
  const zoneChanged = known !== null && known.timeZone !== timeZone
  for (const [day, agents] of daysOfHours(due.hours, timeZone))
    await deps.store.transaction(scope, (tx) => computeDay(deps, tx, day, timeZone, [...agents]))
  if (known !== null && known.cursor === cursor && !zoneChanged) return
  await deps.store.transaction(scope, async (tx) => {
    if (zoneChanged) await dropOtherZones(tx, timeZone)
    await saveCursor(tx, { cursor, timeZone })
  })
}

async function computeDay(
  deps: Deps,
  tx: Tx,
  day: string,
  timeZone: string,
  agentIds: readonly string[],
): Promise<void> {
  const { from, until } = boundsOfDay(day, timeZone)
  const sums = await sumsOfRange(tx, { from, until, agentIds })
  const of = { day, timeZone, from, until, basis: 'rollups', computedAt: deps.clock.now() } as const
  await replaceDay(tx, of, agentIds, sums.filter(isSomething))
}

/** Re-attribution may leave a row of zeros behind. */
const isSomething = (row: DayRow) => dayCounts.some((count) => row[count] !== 0)

/**
 * Computes one day from the stored runs and steps themselves and says where the rollups differ. Refuses days that lie in
 * the future, and days of which nothing is stored any more while rollups remain.
 */
export async function recountDay(
  deps: Deps,
  caller: Pick<Caller, 'organizationId'>,
  day: string,
): Promise<Result<z.infer<typeof Recount>>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const timeZone = await organizationTimeZone(tx)
    const now = deps.clock.now()
    if (day > localDay(now, timeZone)) return refuse('not-processable', `The day ${day} has not begun in ${timeZone}.`)
    const { from, until } = boundsOfDay(day, timeZone)
    const rows = (await countRowsOfRange(tx, { from, until })).filter(isSomething)
    const rolled = (await sumsOfRange(tx, { from, until, agentIds: null })).filter(isSomething)
    if (rows.length === 0 && rolled.length > 0)
      return refuse('conflict', `Runs of ${day} are not stored any more; its metrics stay as the rollups have them.`)
    await replaceDay(tx, { day, timeZone, from, until, basis: 'rows', computedAt: now }, null, rows)
    return ok({ day, rows: rows.length, differences: await differences(deps, tx, rows, rolled) })
  })
}

async function differences(deps: Deps, tx: Tx, rows: readonly DayRow[], rolled: readonly DayRow[]) {
  const keyOf = ({ agentId, environment, releaseId }: DayRow) => JSON.stringify([agentId, environment, releaseId])
  const counted = new Map(rows.map((row) => [keyOf(row), row]))
  const summed = new Map(rolled.map((row) => [keyOf(row), row]))
  const found: { agentId: string; environment: string; figures: string[] }[] = []
  for (const key of new Set([...counted.keys(), ...summed.keys()])) {
    const a = counted.get(key)
    const b = summed.get(key)
    const one = a ?? b
    if (one === undefined) continue
    const figures: string[] = dayCounts.filter((count) => (a?.[count] ?? 0) !== (b?.[count] ?? 0))
    if (!sameHistogram(a?.latency ?? {}, b?.latency ?? {})) figures.push('latency')
    if (figures.length > 0) found.push({ agentId: one.agentId, environment: one.environment, figures })
  }
  const names = await namesOf(deps, tx, { agentIds: found.map(({ agentId }) => agentId), releaseIds: [] })
  return found.map((one) => ({ ...one, agent: names.get(one.agentId) ?? one.agentId }))
}

function sameHistogram(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const buckets = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...buckets].every((bucket) => (a[bucket] ?? 0) === (b[bucket] ?? 0))
}
