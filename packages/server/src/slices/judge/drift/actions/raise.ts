import type { Because, DriftPayload } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append, appendDecisions, type NewEvent } from '../../../govern/journal/index.ts'
import { alarmFacts, isFact, isGraver } from '../model/alarm.ts'
import { changesOf } from '../model/dating.ts'
import type { Happened, KeptReading } from '../model/stream.ts'
import { backBecause } from '../model/telling.ts'
import { lockAlarms, type StoredAlarm, saveAlarms } from '../store/alarms.ts'
import { latestReadings } from '../store/readings.ts'
import type { StoredStream } from '../store/streams.ts'
import type { Cause } from './follow.ts'
import type { DriftPolicy } from './policy.ts'

/** A stream after a batch, with what happened to it. */
export interface Changed {
  readonly stream: StoredStream
  readonly readings: readonly KeptReading[]
  readonly happened: readonly (Happened & { readonly cause: Cause })[]
  /** The settings gave it another method: it began anew. */
  readonly isAnew: boolean
}

export const driftActor = { kind: 'system', id: 'drift' } as const
const hourMs = 3_600_000
/** A change is dated within so many readings, for so many alarms at a time: segments cost time. */
const datedReadings = 120
const datedAlarms = 5

interface Raising {
  readonly deps: Deps
  readonly policy: DriftPolicy
  readonly changeAt: ReadonlyMap<string, string>
  readonly alarms: Map<string, StoredAlarm>
  readonly events: NewEvent[]
  readonly told: StoredAlarm[]
}

/** Opens, raises again and closes alarms, journals it, and answers the streams with their open alarm. */
export async function raiseAlarms(
  deps: Deps,
  tx: Tx,
  changed: readonly Changed[],
  policy: DriftPolicy,
): Promise<readonly StoredStream[]> {
  const moved = changed.filter(({ happened, isAnew }) => happened.length > 0 || isAnew)
  if (moved.length === 0) return changed.map(({ stream }) => stream)
  const known = await lockAlarms(
    tx,
    moved.flatMap(({ stream }) => stream.alarmId ?? []),
  )
  const raising: Raising = {
    deps,
    policy,
    changeAt: await datesOf(tx, moved),
    alarms: new Map(known.map((alarm) => [alarm.alarmId, alarm])),
    events: [],
    told: [],
  }
  const streams = changed.map((one) => ({ ...one.stream, alarmId: alarmAfter(raising, one) }))
  await saveAlarms(tx, [...raising.alarms.values()])
  await append(deps, tx, raising.events)
  await tellDrift(deps, tx, raising.told, 1)
  return streams
}

/** The id of the alarm that is open after all that happened to a stream. */
function alarmAfter(raising: Raising, { stream, happened, isAnew }: Changed): string | null {
  let open = stream.alarmId === null ? null : (raising.alarms.get(stream.alarmId) ?? null)
  if (open === null && stream.alarmId !== null && happened.length === 0 && !isAnew) return stream.alarmId
  if (open !== null && isAnew) {
    const text = 'Another method watches the stream now.'
    closeOne(raising, open, 'settings', { rule: 'settings', observed: stream.method.name, limit: null, text })
    open = null
  }
  for (const one of happened) {
    if (one.what === 'raised')
      open = open === null ? openOne(raising, stream, one) : raiseAgain(raising, stream, open, one)
    else if (open !== null) {
      closeOne(raising, open, 'back', backBecause(stream.method.name, one.step))
      open = null
    }
  }
  return open?.alarmId ?? null
}

type Raised = Changed['happened'][number] & { readonly what: 'raised' }

function openOne(raising: Raising, stream: StoredStream, { step, cause }: Raised): StoredAlarm {
  const { deps, policy, changeAt, events } = raising
  const now = deps.clock.now()
  const of = { name: stream.name, method: stream.method.name, state: stream.state }
  const dated = { falseAlarmDays: policy.falseAlarmDays, changeAt: changeAt.get(stream.streamId) ?? null }
  const isTold = isFact(stream.method.name)
  const alarm: StoredAlarm = {
    alarmId: deps.ids.uuid(),
    streamId: stream.streamId,
    stream: stream.name,
    method: stream.method.name,
    ...alarmFacts(of, step, dated),
    alarms: 1,
    alarmHours: 1,
    evidence: null,
    correlationId: cause.correlationId,
    causationId: cause.eventId,
    openedAt: now,
    lastAt: now,
    toldAt: isTold ? now : null,
    closedAt: null,
    closedBecause: null,
    verdict: null,
    judgedBy: null,
    judgedAt: null,
  }
  raising.alarms.set(alarm.alarmId, alarm)
  events.push({
    type: 'drift.alarm.opened',
    subject: `drift/${alarm.alarmId}`,
    actor: driftActor,
    ...storyOf(alarm),
    payload: payloadOf(alarm, 1),
  })
  if (isTold) raising.told.push(alarm)
  return alarm
}

/** It goes on: what is seen now stands beside when it began. Graver than what was told, it is told once more. */
function raiseAgain(raising: Raising, stream: StoredStream, open: StoredAlarm, { step }: Raised): StoredAlarm {
  const { deps, policy } = raising
  const now = deps.clock.now()
  const of = { name: stream.name, method: stream.method.name, state: stream.state }
  const { changeAt } = open.facts
  const { severity, facts } = alarmFacts(of, step, { falseAlarmDays: policy.falseAlarmDays, changeAt })
  const isNewHour = Math.floor(now / hourMs) > Math.floor(open.lastAt / hourMs)
  const graver = isGraver(severity, open.severity)
  const alarm: StoredAlarm = {
    ...open,
    severity: graver ? severity : open.severity,
    facts,
    alarms: open.alarms + 1,
    alarmHours: open.alarmHours + (isNewHour ? 1 : 0),
    lastAt: now,
  }
  raising.alarms.set(alarm.alarmId, alarm)
  if (graver && alarm.toldAt !== null) raising.told.push(alarm)
  return alarm
}

function closeOne(
  raising: Raising,
  open: StoredAlarm,
  closedBecause: NonNullable<StoredAlarm['closedBecause']>,
  because: Because,
): void {
  raising.alarms.set(open.alarmId, { ...open, closedAt: raising.deps.clock.now(), closedBecause })
  raising.events.push(closedEvent(open, because))
}

/** The event of an alarm that is closed. */
export function closedEvent(alarm: StoredAlarm, because: Because): NewEvent {
  const { alarmId, streamId, alarms } = alarm
  return {
    type: 'drift.alarm.closed',
    subject: `drift/${alarmId}`,
    actor: driftActor,
    ...storyOf(alarm),
    payload: { alarmId, streamId, alarms, because },
  }
}

/** Broadcasts alarms as `qa_drift`, each with its decision, in the story of the event that led to it. */
export async function tellDrift(deps: Deps, tx: Tx, alarms: readonly StoredAlarm[], streams: number): Promise<void> {
  if (alarms.length === 0) return
  await appendDecisions(
    deps,
    tx,
    alarms.map((alarm) => ({
      event: {
        type: 'qa_drift',
        subject: `drift/${alarm.alarmId}`,
        actor: driftActor,
        ...storyOf(alarm),
        payload: payloadOf(alarm, streams),
      },
      decided: { verdict: alarm.severity, because: alarm.facts.because },
    })),
  )
}

const storyOf = ({ correlationId, causationId }: StoredAlarm) => ({ correlationId, causationId })

function payloadOf(alarm: StoredAlarm, streams: number): DriftPayload {
  const { alarmId, streamId, stream, method, severity, facts, evidence } = alarm
  return { alarmId, streamId, stream, method, severity, ...facts, evidence, streams }
}

/** Where the readings of streams with a first alarm changed last, by stream. */
async function datesOf(tx: Tx, moved: readonly Changed[]): Promise<ReadonlyMap<string, string>> {
  const fresh = moved
    .filter(({ stream, happened }) => happened.some(({ what }) => what === 'raised') && stream.alarmId === null)
    .filter(({ stream }) => stream.method.name !== 'hard-events')
    .slice(0, datedAlarms)
    .map(({ stream }) => stream.streamId)
  const readings = await latestReadings(tx, fresh, datedReadings)
  const dates = new Map<string, string>()
  for (const [streamId, rows] of readings) {
    const change = changesOf(rows).changes.at(-1)
    if (change !== undefined) dates.set(streamId, new Date(change.atMs).toISOString())
  }
  return dates
}
