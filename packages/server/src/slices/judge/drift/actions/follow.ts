import { createHash } from 'node:crypto'
import type { DriftStreamName } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { ratesDefaults } from '../model/rates.ts'
import { methodOf } from '../model/settings.ts'
import {
  type Advanced,
  type Happened,
  type SeenRow,
  type StreamState,
  startOf,
  withRow,
  withTimeGone,
} from '../model/stream.ts'
import { limitsOf, type Watch, watchOf } from '../model/watch.ts'
import { type StreamReading, saveReadings } from '../store/readings.ts'
import { countStreams, lockStreams, retireIdle, type StoredStream, saveStreams } from '../store/streams.ts'
import { type DriftPolicy, policyNow } from './policy.ts'
import { type Changed, raiseAlarms } from './raise.ts'

/** The event that brought a row: what follows carries its correlation. */
export interface Cause {
  readonly correlationId: string
  readonly eventId: string | null
}

/** A row with the event that brought it. */
export interface FollowedRow extends SeenRow {
  readonly cause: Cause
  /** It can but close an alarm: without an open one it is no row of the stream. */
  readonly onlyIfOpen?: boolean
}

/** Rows of one stream, in their order. */
export interface Followed {
  readonly name: DriftStreamName
  readonly rows: readonly FollowedRow[]
}

/**
 * Steps streams by new rows, makes those that are new, ends ticks that are over, and raises and closes alarms. A few
 * statements, however many rows; what is written follows from the rows and their order alone.
 */
export async function followRows(
  deps: Deps,
  tx: Tx,
  followed: readonly Followed[],
  gone: { readonly until: Instant; readonly cause: Cause } | null,
): Promise<void> {
  const policy = await policyNow(deps, tx)
  const byId = new Map(followed.map((one) => [streamIdOf(one.name), one]))
  // A tick may still get late rows while the next one runs.
  const ticksBefore = gone === null ? null : ((gone.until - ratesDefaults.baseTickMs) as Instant)
  const stored = new Map((await lockStreams(tx, [...byId.keys()], ticksBefore)).map((one) => [one.streamId, one]))
  const advanced: Changed[] = []
  for (const streamId of new Set([...byId.keys(), ...stored.keys()])) {
    const known = stored.get(streamId) ?? null
    const { name, rows = [] } = byId.get(streamId) ?? { name: known?.name }
    const isTouched = rows.length === 0 || rows.some(({ onlyIfOpen }) => onlyIfOpen !== true)
    if (name === undefined || (!isTouched && known?.state.isOpen !== true)) continue
    advanced.push(advance(policy, { streamId, name, known, rows, gone, now: deps.clock.now() }))
  }
  const changed = await withRoom(deps, tx, policy, advanced, stored)
  const readings = changed.flatMap(({ stream: { streamId }, readings: own }) =>
    own.map((reading): StreamReading => ({ ...reading, streamId })),
  )
  await saveReadings(tx, withoutRepeats(readings))
  await saveStreams(tx, await raiseAlarms(deps, tx, changed, policy))
}

interface Asked {
  readonly streamId: string
  readonly name: DriftStreamName
  readonly known: StoredStream | null
  readonly rows: Followed['rows']
  readonly gone: { readonly until: Instant; readonly cause: Cause } | null
  readonly now: Instant
}

function advance(policy: DriftPolicy, { streamId, name, known, rows, gone, now }: Asked): Changed {
  const method = methodOf(name, policy.settings)
  const limits = limitsOf(name, policy.falseAlarmMs)
  const { tickMs } = limits
  const watch = watchOf(method, limits)
  const isAnew = known !== null && JSON.stringify(known.method) !== JSON.stringify(method)
  const start = known === null || isAnew ? startOf(watch) : known.state
  const { state, readings, happened, step } = steps(start, watch, {
    rows,
    gone,
    tickMs,
    isWhole: name.kind === 'figure',
  })
  const last = readings.at(-1)
  const { observed, limit, eValue } = step ?? (isAnew || known === null ? unknown : known)
  const stream: StoredStream = {
    streamId,
    name,
    method,
    state,
    value: last?.value ?? known?.value ?? null,
    observed,
    limit,
    eValue,
    tickAt: watch.reads === 'ticks' && state.tick !== null ? (state.tick.atMs as Instant) : null,
    alarmId: known?.alarmId ?? null,
    lastAt: rows.length > 0 ? now : (known?.lastAt ?? now),
    createdAt: known?.createdAt ?? now,
  }
  return { stream, readings, happened, isAnew }
}

const unknown = { observed: null, limit: null, eValue: null }

interface Taken extends Omit<Advanced, 'happened'> {
  readonly happened: readonly (Happened & { readonly cause: Cause })[]
}

function steps(
  start: StreamState,
  watch: Watch,
  {
    rows,
    gone,
    tickMs,
    isWhole,
  }: Pick<Asked, 'rows' | 'gone'> & { readonly tickMs: number; readonly isWhole: boolean },
): Taken {
  const readings: Advanced['readings'][number][] = []
  const happened: (Happened & { readonly cause: Cause })[] = []
  let state = start
  let newest: Advanced['step'] = null
  const take = (advanced: Advanced, cause: Cause) => {
    state = advanced.state
    newest = advanced.step ?? newest
    readings.push(...advanced.readings)
    for (const one of advanced.happened) happened.push({ ...one, cause })
  }
  for (const row of rows) {
    if (row.onlyIfOpen === true && !state.isOpen) continue
    // An hour that was read before: the job was interrupted.
    if (isWhole && state.overAtMs !== null && row.atMs <= state.overAtMs) continue
    take(withRow(state, row, watch, tickMs), row.cause)
    // A figure is of a whole hour: nothing more comes for it.
    if (isWhole) take(withTimeGone(state, Number.POSITIVE_INFINITY, watch, tickMs), row.cause)
  }
  // Where rows are read one by one a tick holds nothing that is not read yet.
  if (gone !== null && !isWhole && watch.reads === 'ticks')
    take(withTimeGone(state, gone.until - tickMs, watch, tickMs), gone.cause)
  return { state, readings, happened, step: newest }
}

const idleMs = 86_400_000

/**
 * An organization has so many streams at most. New ones take the place of those that were idle longest, a day at least:
 * where all are in use, what is new is not watched, for streams that end each other would never have learned anything.
 */
async function withRoom(
  deps: Deps,
  tx: Tx,
  { streamsMax }: DriftPolicy,
  advanced: readonly Changed[],
  stored: ReadonlyMap<string, StoredStream>,
): Promise<readonly Changed[]> {
  const isNew = ({ stream }: Changed) => !stored.has(stream.streamId)
  const fresh = advanced.filter(isNew).length
  if (fresh === 0) return advanced
  const over = (await countStreams(tx)) + fresh - streamsMax
  if (over <= 0) return advanced
  const now = deps.clock.now()
  // Those that are here only since time ended a tick may go, unless that raised an alarm.
  const inUse = advanced.filter(({ stream, happened }) => stream.lastAt === now || happened.length > 0)
  const except = inUse.map(({ stream }) => stream.streamId)
  const retired = new Set(await retireIdle(tx, { count: over, except, idleBefore: addMs(now, -idleMs) }))
  let room = fresh - over + retired.size
  return advanced.filter((one) => (isNew(one) ? room-- > 0 : !retired.has(one.stream.streamId)))
}

/** Of readings of the same tick the last one: it holds all of it. */
function withoutRepeats(readings: readonly StreamReading[]): readonly StreamReading[] {
  const byKey = new Map<string, StreamReading>()
  for (const reading of readings) {
    const key = `${reading.streamId}|${reading.atMs}`
    byKey.set(key, { ...reading, alarm: reading.alarm || (byKey.get(key)?.alarm ?? false) })
  }
  return [...byKey.values()]
}

/** The id of a stream follows from what it is: UUIDv8 of a SHA-256 of its name. */
export function streamIdOf({ kind, metric, judge, agentId, subject }: DriftStreamName): string {
  const key = JSON.stringify([kind, metric, judge, agentId, subject?.kind ?? null, subject?.id ?? null])
  const hex = createHash('sha256').update(key).digest('hex')
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
