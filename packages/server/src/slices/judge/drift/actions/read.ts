import {
  type DriftAlarm,
  type DriftAlarmQuery,
  type DriftPrecision,
  type DriftStream,
  type DriftStreamDetail,
  type DriftStreamQuery,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { wilsonInterval } from '../../../../kernel/statistics/proportions.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { namesOf } from '../../../observe/registry/index.ts'
import { alarmsById, countVerdicts, type StoredAlarm, selectAlarms } from '../store/alarms.ts'
import { type ListedStream, listStreams } from '../store/list.ts'
import { latestReadings } from '../store/readings.ts'
import { selectStream } from '../store/streams.ts'

const sparkReadings = 40
const detailReadings = 1_000
const detailAlarms = 50
const noStream = refuse('not-found', 'There is no stream with this id. GET /api/v1/drift/streams lists them.')

/** One page of streams, those with an open alarm first, then those that were read last. */
export async function readStreams(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof DriftStreamQuery>,
): Promise<
  Result<{ items: DriftStream[]; nextCursor: string | null; total: number; open: number; precision: DriftPrecision[] }>
> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok(null) : decodePageCursor('drift.streams', filters, cursor, 3)
  if (!position.ok) return position
  const [isOpen = '', lastAt = '', streamId = ''] = position.value ?? []
  if (position.value !== null && (Number.isNaN(Date.parse(lastAt)) || !Uuid.safeParse(streamId).success))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const after = position.value === null ? null : { isOpen: isOpen === '1', lastAt, streamId }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const filter = { kind: query.kind ?? null, agentId: query.agentId ?? null, text: query.q ?? null }
    const { rows, total, open } = await listStreams(tx, filter, after, limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const nextCursor =
      rows.length > limit && last !== undefined
        ? encodePageCursor('drift.streams', filters, [
            last.alarmId === null ? '0' : '1',
            toIso(last.lastAt),
            last.streamId,
          ])
        : null
    return ok({ items: await shownStreams(deps, tx, page), nextCursor, total, open, precision: await precisionNow(tx) })
  })
}

/** One stream with its latest readings and alarms. */
export async function readStream(deps: Deps, caller: Caller, streamId: string): Promise<Result<DriftStreamDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const stored = await selectStream(tx, streamId)
    if (stored === null) return noStream
    const { rows } = await listStreams(tx, { kind: null, agentId: null, text: null, streamId }, null, 1)
    const [shown] = await shownStreams(deps, tx, rows)
    if (shown === undefined) return noStream
    const readings = (await latestReadings(tx, [streamId], detailReadings)).get(streamId) ?? []
    const filter = { open: null, kind: null, streamId, severity: null, judged: null }
    const alarms = await selectAlarms(tx, filter, null, detailAlarms)
    return ok({
      ...shown,
      readings: readings.map(({ atMs, runs, value, observed, limit, alarm }) => ({
        at: toIso(atMs as Instant),
        runs,
        value,
        observed,
        limit,
        alarm,
      })),
      alarms: await shownAlarms(deps, tx, alarms),
    })
  })
}

/** One page of alarms, the newest first. */
export async function readAlarms(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof DriftAlarmQuery>,
): Promise<Result<{ items: DriftAlarm[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok(null) : decodePageCursor('drift.alarms', filters, cursor, 1)
  if (!position.ok) return position
  const before = position.value?.[0] ?? null
  if (before !== null && !Uuid.safeParse(before).success)
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { open = null, kind = null, streamId = null, severity = null, judged = null } = filters
    const rows = await selectAlarms(tx, { open, kind, streamId, severity, judged }, before, limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const more = rows.length > limit && last !== undefined
    const nextCursor = more ? encodePageCursor('drift.alarms', filters, [last.alarmId]) : null
    return ok({ items: await shownAlarms(deps, tx, page), nextCursor })
  })
}

/** Every open alarm of an organization, the newest first, at most 1,000. */
export async function openAlarms(deps: Deps, tx: Tx): Promise<readonly DriftAlarm[]> {
  const filter = { open: true, kind: null, streamId: null, severity: null, judged: null }
  return shownAlarms(deps, tx, await selectAlarms(tx, filter, null, 1_000))
}

/** One alarm; null when there is none of this id. */
export async function alarmById(deps: Deps, tx: Tx, alarmId: string): Promise<DriftAlarm | null> {
  const [alarm] = await shownAlarms(deps, tx, await alarmsById(tx, [alarmId]))
  return alarm ?? null
}

/** Alarms as they are shown. */
export async function shownAlarms(deps: Deps, tx: Tx, rows: readonly StoredAlarm[]): Promise<DriftAlarm[]> {
  const agentIds = rows.flatMap(({ stream }) => stream.agentId ?? [])
  const names = await namesOf(deps, tx, { agentIds, releaseIds: [] })
  return rows.map(({ facts, alarmHours: _hours, causationId: _cause, ...alarm }) => ({
    ...alarm,
    ...facts,
    agent: alarm.stream.agentId === null ? null : (names.get(alarm.stream.agentId) ?? null),
    openedAt: toIso(alarm.openedAt),
    lastAt: toIso(alarm.lastAt),
    toldAt: isoOrNull(alarm.toldAt),
    closedAt: isoOrNull(alarm.closedAt),
    judgedAt: isoOrNull(alarm.judgedAt),
  }))
}

async function shownStreams(deps: Deps, tx: Tx, rows: readonly ListedStream[]): Promise<DriftStream[]> {
  const names = await namesOf(deps, tx, { agentIds: rows.flatMap(({ name }) => name.agentId ?? []), releaseIds: [] })
  const readings = await latestReadings(
    tx,
    rows.map(({ streamId }) => streamId),
    sparkReadings,
  )
  return rows.map(({ name, streamId, ...row }) => ({
    streamId,
    ...name,
    agent: name.agentId === null ? null : (names.get(name.agentId) ?? null),
    method: row.method,
    state: row.alarmId !== null ? 'drifted' : row.observed === null ? 'learning' : 'watching',
    runs: row.runs,
    failures: row.failures,
    value: row.value,
    unit: unitOf(name),
    observed: row.observed,
    limit: row.limit,
    alarmId: row.alarmId,
    severity: row.severity,
    lastAt: toIso(row.lastAt),
    createdAt: toIso(row.createdAt),
    spark: (readings.get(streamId) ?? []).map(({ value }) => value),
  }))
}

function unitOf({ kind, metric }: ListedStream['name']): DriftStream['unit'] {
  if (kind !== 'figure' || metric === 'failure-rate') return 'share'
  return metric === 'latency-p95' ? 'ms' : 'nano-USD'
}

/** How right alarms were, by method, with what people judged; null where nothing is judged. */
async function precisionNow(tx: Tx): Promise<DriftPrecision[]> {
  return (await countVerdicts(tx)).map(({ method, alarms, judged, right }) => {
    const interval = judged === 0 ? null : wilsonInterval({ successes: right, trials: judged }, 0.95)
    const precision = judged === 0 ? null : right / judged
    return { method, alarms, judged, right, precision, low: interval?.low ?? null, high: interval?.high ?? null }
  })
}

const isoOrNull = (at: Instant | null) => (at === null ? null : toIso(at))
