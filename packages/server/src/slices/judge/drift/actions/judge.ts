import type { DriftAlarm, DriftVerdict, EventActor } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { learningAnew } from '../model/stream.ts'
import { limitsOf, watchOf } from '../model/watch.ts'
import { lockAlarms, type StoredAlarm, saveAlarms } from '../store/alarms.ts'
import { lockStreams, saveStreams } from '../store/streams.ts'
import { policyNow } from './policy.ts'
import { closedEvent } from './raise.ts'
import { shownAlarms } from './read.ts'

export interface AlarmJudgement {
  readonly alarmId: string
  readonly verdict: DriftVerdict
  readonly actor: EventActor
}

/**
 * Records whether an alarm was right, for the audited precision of its method. One that was not is closed, and its stream
 * learns anew what is usual. A later verdict takes the place of an earlier one. Refuses an alarm that there is not.
 */
export async function judgeAlarm(
  deps: Deps,
  tx: Tx,
  { alarmId, verdict, actor }: AlarmJudgement,
): Promise<Result<StoredAlarm>> {
  const [alarm] = await lockAlarms(tx, [alarmId])
  if (alarm === undefined)
    return refuse('not-found', 'There is no alarm with this id. GET /api/v1/drift/alarms lists them.')
  const now = deps.clock.now()
  const isClosing = verdict === 'false' && alarm.closedAt === null
  const judged: StoredAlarm = {
    ...alarm,
    verdict,
    judgedBy: `${actor.kind}:${actor.id}`,
    judgedAt: now,
    ...(isClosing ? { closedAt: now, closedBecause: 'judged-false' as const } : {}),
  }
  await saveAlarms(tx, [judged])
  if (isClosing) await learnAnew(deps, tx, [alarm.streamId])
  const { streamId, method, correlationId, causationId } = alarm
  const text = 'A person judged that nothing had changed; the stream learns anew.'
  const because = { rule: 'judged-false', observed: verdict, limit: null, text }
  await append(deps, tx, [
    {
      type: 'drift.alarm.judged',
      subject: `drift/${alarmId}`,
      actor,
      correlationId,
      causationId,
      payload: { alarmId, streamId, method, verdict },
    },
    ...(isClosing ? [closedEvent(alarm, because)] : []),
  ])
  return ok(judged)
}

/** The same for somebody who asks. */
export async function judgeAlarmOf(
  deps: Deps,
  caller: Caller,
  alarmId: string,
  verdict: DriftVerdict,
): Promise<Result<DriftAlarm>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const judged = await judgeAlarm(deps, tx, { alarmId, verdict, actor: actorOf(caller) })
    if (!judged.ok) return judged
    const [shown] = await shownAlarms(deps, tx, [judged.value])
    return shown === undefined ? refuse('not-found', 'There is no alarm with this id.') : ok(shown)
  })
}

/** Streams learn anew what is usual; their readings stay. */
export async function learnAnew(deps: Deps, tx: Tx, streamIds: readonly string[]): Promise<void> {
  const { falseAlarmMs } = await policyNow(deps, tx)
  const streams = await lockStreams(tx, streamIds, null)
  await saveStreams(
    tx,
    streams.map((stream) => {
      const watch = watchOf(stream.method, limitsOf(stream.name, falseAlarmMs))
      const state = learningAnew(stream.state, watch)
      return { ...stream, state, alarmId: null, observed: null, limit: null, eValue: null }
    }),
  )
}
