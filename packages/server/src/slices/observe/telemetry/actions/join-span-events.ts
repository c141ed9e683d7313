import type { EventActor, JsonValue } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { addMs } from '../../../../kernel/instant.ts'
import type { NewJudgment } from '../../../../ports/judgments.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { addDays, dayOf, executionWindow } from '../model/days.ts'
import { mapSpan } from '../model/otlp/map-span.ts'
import { spanOfStored } from '../model/otlp/stored-span.ts'
import { nextTry } from '../model/outcomes.ts'
import { lockExecutionsOnDays } from '../store/executions.ts'
import {
  actionsByResponse,
  deleteEvents,
  expireEvents,
  type JoinedContent,
  lockDue,
  lockSpans,
  organizationsWithSpanEvents,
  putOffEvents,
  type SpanWithContent,
  type WaitingSpanEvent,
  writeContents,
} from '../store/span-events.ts'

/** A content waits a day for its span; a span that was never sent (sampled out) comes no more. */
const longestWaitMs = 86_400_000
const mostPerTurn = 500
const actor = { kind: 'system', id: 'telemetry' } as const

/**
 * Joins what is due: contents go into the rows of their spans, verdicts become judgments; the others are looked for again
 * later. Answers how many were due. In the caller's transaction; locks as ingest does, executions by id, then actions.
 */
export async function joinWaitingEvents(deps: Deps, tx: Tx, limit: number): Promise<number> {
  const due = await lockDue(tx, deps.clock.now(), limit)
  if (due.length === 0) return 0
  const days = daysAround(due)
  const done = [...(await joinContents(deps, tx, due, days)), ...(await recordVerdicts(deps, tx, due, days))]
  if (done.length > 0) await deleteEvents(tx, done)
  const joined = new Set(done)
  const left = due.filter(({ eventKey }) => !joined.has(eventKey))
  const now = deps.clock.now()
  if (left.length > 0)
    await putOffEvents(
      tx,
      left.map(({ eventKey, receivedAt }) => ({ eventKey, nextTryAt: nextTry(receivedAt, now) })),
    )
  return due.length
}

function daysAround(events: readonly WaitingSpanEvent[]): readonly string[] {
  const days = new Set<string>()
  for (const { occurredAt } of events)
    for (let n = -executionWindow.daysBefore; n <= executionWindow.daysAfter; n++)
      days.add(addDays(dayOf(occurredAt), n))
  return [...days].sort()
}

async function joinContents(
  deps: Deps,
  tx: Tx,
  due: readonly WaitingSpanEvent[],
  days: readonly string[],
): Promise<readonly string[]> {
  const bySpan = new Map<string, WaitingSpanEvent[]>()
  for (const event of due) {
    if (event.kind !== 'content') continue
    const key = `${event.executionId}${event.actionId}`
    bySpan.set(key, [...(bySpan.get(key) ?? []), event])
  }
  if (bySpan.size === 0) return []
  const sought = [...bySpan.values()].flatMap(([first]) =>
    first === undefined ? [] : [{ executionId: first.executionId ?? '', actionId: first.actionId ?? '' }],
  )
  const executionIds = [...new Set(sought.map(({ executionId }) => executionId))].sort()
  await lockExecutionsOnDays(tx, executionIds, days)
  const spans = await lockSpans(tx, sought, days)
  const joined: JoinedContent[] = []
  const done: string[] = []
  for (const span of spans) {
    const events = bySpan.get(`${span.executionId}${span.actionId}`) ?? []
    done.push(...events.map(({ eventKey }) => eventKey))
    const content = withEvents(deps, span, events)
    if (content !== null) joined.push(content)
  }
  if (joined.length > 0) {
    await writeContents(tx, joined, days)
    const payload = { spans: joined.length, events: done.length }
    await append(deps, tx, [{ type: 'telemetry.contents.joined', subject: 'telemetry', actor, payload }])
  }
  return done
}

/** The span read again with the events that came apart from it; null when it has them all. */
function withEvents(deps: Deps, stored: SpanWithContent, events: readonly WaitingSpanEvent[]): JoinedContent | null {
  const span = spanOfStored(stored)
  const known = new Set(span.events.map((event) => canonicalJson(event as unknown as JsonValue)))
  const fresh = inOrder(events).filter(({ event }) => !known.has(canonicalJson(event)))
  if (fresh.length === 0) return null
  const more = fresh.map(({ event }) => event as unknown as (typeof span.events)[number])
  const mapped = mapSpan({ ...span, events: [...span.events, ...more] }, deps.clock.now())
  if (mapped.fault !== null) return null
  const { input, output, attributes } = mapped.action
  const masked = fresh.reduce((sum, event) => sum + event.masked, stored.masked)
  return { span: stored, input, output, attributes, masked }
}

/** Messages of a conversation are one after the other, whatever the order in which their records came. */
function inOrder(events: readonly WaitingSpanEvent[]): readonly WaitingSpanEvent[] {
  return [...events].sort((a, b) => a.occurredAt - b.occurredAt)
}

async function recordVerdicts(
  deps: Deps,
  tx: Tx,
  due: readonly WaitingSpanEvent[],
  days: readonly string[],
): Promise<readonly string[]> {
  const verdicts = due.filter(({ kind }) => kind === 'evaluation')
  const unplaced = verdicts.flatMap(({ executionId, responseId }) => (executionId === null ? [responseId ?? ''] : []))
  const byResponse = unplaced.length === 0 ? new Map() : await actionsByResponse(tx, unplaced, days)
  const judgments: NewJudgment[] = []
  const done: string[] = []
  for (const verdict of verdicts) {
    const place =
      verdict.executionId === null
        ? byResponse.get(verdict.responseId ?? '')
        : { executionId: verdict.executionId, actionId: verdict.actionId }
    if (place === undefined) continue
    done.push(verdict.eventKey)
    judgments.push(judgmentOf(verdict, place))
  }
  if (judgments.length > 0) await deps.recordJudgments(tx, judgments)
  return done
}

interface KeptVerdict {
  readonly metric: string
  readonly score: number | null
  readonly label: string | null
  readonly explanation: string | null
  readonly verdict: NewJudgment['verdict']
  readonly judge: string
  readonly recordedBy: EventActor
}

function judgmentOf(
  { event, eventKey, occurredAt }: WaitingSpanEvent,
  place: { readonly executionId: string; readonly actionId: string | null },
): NewJudgment {
  // Written by `receiveSpanEvents` in this very form.
  const verdict = event as unknown as KeptVerdict
  return {
    ...place,
    metric: verdict.metric,
    verdict: verdict.verdict,
    score: verdict.score,
    label: verdict.label,
    explanation: verdict.explanation,
    judge: verdict.judge,
    // OpenTelemetry does not say what an evaluator is; its instrumentations are programs.
    judgeKind: 'code',
    source: 'otlp',
    observedAt: occurredAt,
    idempotencyKey: eventKey,
    recordedBy: verdict.recordedBy,
  }
}

/** Looks for the spans of waiting events, and gives up those that waited too long. */
export async function joinSpanEvents(deps: Deps): Promise<void> {
  const now = deps.clock.now()
  const organizations = await deps.store.transaction('deployment', (tx) => organizationsWithSpanEvents(tx, now))
  for (const organizationId of organizations) {
    for (let due = mostPerTurn; due === mostPerTurn; ) {
      due = await deps.store.transaction({ organizationId }, async (tx) => {
        const expired = await expireEvents(tx, addMs(deps.clock.now(), -longestWaitMs))
        if (expired > 0)
          await append(deps, tx, [
            { type: 'telemetry.contents.expired', subject: 'telemetry', actor, payload: { events: expired } },
          ])
        return await joinWaitingEvents(deps, tx, mostPerTurn)
      })
    }
  }
}
