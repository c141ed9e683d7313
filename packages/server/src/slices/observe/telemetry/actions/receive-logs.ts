import { createHash } from 'node:crypto'
import type { EventActor, JsonValue } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { maskTelemetry, maskTexts } from '../../masking/index.ts'
import { storableText, toJsonText } from '../model/json-text.ts'
import type { SpanContent, SpanEvaluation } from '../model/otlp/map-record.ts'
import { insertWaiting, type WaitingSpanEvent } from '../store/span-events.ts'
import { joinWaitingEvents } from './join-span-events.ts'

/** Contents and verdicts that came apart from their spans. */
export interface SpanEvents {
  readonly contents: readonly SpanContent[]
  readonly evaluations: readonly SpanEvaluation[]
}

const mostPerTransaction = 500

/**
 * Takes contents and verdicts of spans. Masked, they wait in the database until their span is there, which is tried at
 * once; resolves after the commit. What came before changes nothing. Refuses with `store-unavailable`.
 */
export async function receiveSpanEvents(
  deps: Deps,
  organizationId: string,
  recordedBy: EventActor,
  { contents, evaluations }: SpanEvents,
): Promise<Result<null>> {
  const now = deps.clock.now()
  const maskedContents = await waitingContents(deps, organizationId, contents, now)
  if (!maskedContents.ok) return maskedContents
  const maskedEvaluations = await waitingEvaluations(deps, organizationId, evaluations, recordedBy, now)
  if (!maskedEvaluations.ok) return maskedEvaluations
  const waiting = [...maskedContents.value, ...maskedEvaluations.value]
  for (let from = 0; from < waiting.length; from += mostPerTransaction)
    await deps.store.transaction({ organizationId }, async (tx) => {
      await insertWaiting(tx, waiting.slice(from, from + mostPerTransaction))
      await joinWaitingEvents(deps, tx, mostPerTransaction)
    })
  return ok(null)
}

/** Masks contents as if their spans had brought them: inputs, outputs, and attributes that hold both. */
async function waitingContents(
  deps: Deps,
  organizationId: string,
  contents: readonly SpanContent[],
  now: Instant,
): Promise<Result<readonly WaitingSpanEvent[]>> {
  const actions = contents.map(({ executionId, agent, event }) => {
    const place = placeOf(event.name)
    const text = toJsonText(event.attributes)
    return {
      executionId,
      agent: agent ?? 'unknown',
      ownAgent: agent !== null,
      input: place === 'input' ? text : null,
      output: place === 'output' ? text : null,
      attributes: place === 'attributes' ? text : null,
      errorMessage: null,
      masked: 0,
    }
  })
  const masked = await maskTelemetry(deps, organizationId, { executions: [], actions })
  if (!masked.ok) return masked
  return ok(
    contents.flatMap(({ executionId, actionId, at, event }, index) => {
      const row = masked.value.actions[index]
      const text = row?.input ?? row?.output ?? row?.attributes ?? null
      // The settings let nobody store it.
      if (row === undefined || text === null) return []
      const kept = { name: event.name, attributes: JSON.parse(text) as JsonValue }
      const identity = { executionId, actionId, event }
      return [
        waitingOf('content', identity, { executionId, actionId, responseId: null }, kept, {
          at,
          now,
          masked: row.masked,
        }),
      ]
    }),
  )
}

function placeOf(eventName: string): 'input' | 'output' | 'attributes' {
  if (eventName === 'gen_ai.choice') return 'output'
  return eventName.endsWith('.message') ? 'input' : 'attributes'
}

async function waitingEvaluations(
  deps: Deps,
  organizationId: string,
  evaluations: readonly SpanEvaluation[],
  recordedBy: EventActor,
  now: Instant,
): Promise<Result<readonly WaitingSpanEvent[]>> {
  if (evaluations.length === 0) return ok([])
  const texts = evaluations.flatMap(({ label, explanation }) => [label ?? '', explanation ?? ''])
  const masked = await maskTexts(deps, organizationId, texts.map(storableText))
  if (!masked.ok) return masked
  return ok(
    evaluations.map((evaluation, index) => {
      const { executionId, actionId, responseId, at, metric, score, verdict, judge } = evaluation
      const label = evaluation.label === null ? null : (masked.value[2 * index]?.text ?? null)
      const explanation = evaluation.explanation === null ? null : (masked.value[2 * index + 1]?.text ?? null)
      const kept = {
        metric,
        score,
        label,
        explanation,
        verdict,
        judge,
        recordedBy: JSON.parse(JSON.stringify(recordedBy)),
      }
      const finds = (masked.value[2 * index]?.masked ?? 0) + (masked.value[2 * index + 1]?.masked ?? 0)
      return waitingOf('evaluation', evaluation, { executionId, actionId, responseId }, kept, {
        at,
        now,
        masked: finds,
      })
    }),
  )
}

function waitingOf(
  kind: WaitingSpanEvent['kind'],
  identity: object,
  subject: Pick<WaitingSpanEvent, 'executionId' | 'actionId' | 'responseId'>,
  event: JsonValue,
  { at, now, masked }: { readonly at: Instant; readonly now: Instant; readonly masked: number },
): WaitingSpanEvent {
  const eventKey = createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify({ kind, identity }))))
    .digest('hex')
  return { eventKey, kind, ...subject, occurredAt: at, receivedAt: now, nextTryAt: now, event, masked }
}
