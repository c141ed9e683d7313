import { createHash } from 'node:crypto'
import {
  type EventActor,
  type Outcome,
  type OutcomeQuery,
  type OutcomeReceipt,
  type OutcomeReport,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { append } from '../../../govern/journal/index.ts'
import { maskTexts } from '../../masking/index.ts'
import { storableText } from '../model/json-text.ts'
import { storedSubject } from '../model/outcomes.ts'
import { readTime, timeFault } from '../model/times.ts'
import { insertOutcomes, selectOutcomes, type WaitingOutcome } from '../store/outcomes.ts'
import { joinOutcomes } from './join-outcomes.ts'

/** Who brings outcomes, and by which way: the source scopes their keys. */
export interface OutcomeBringer {
  readonly organizationId: string
  readonly actor: EventActor
  readonly source: string
}

/**
 * Takes what was learnt after executions ended: each becomes a judgment of its execution and, where it overrides, what
 * the execution counts as, in one transaction with the rollups. One whose execution is not there yet waits. What came
 * before under its key is counted as a duplicate.
 */
export async function receiveOutcomes(
  deps: Deps,
  { organizationId, actor, source }: OutcomeBringer,
  reports: readonly OutcomeReport[],
): Promise<Result<OutcomeReceipt>> {
  const now = deps.clock.now()
  for (const [index, { observedAt }] of reports.entries()) {
    const fault = timeFault(readTime(observedAt), now)
    if (fault !== null) return refuse('not-processable', `outcomes[${index}].observedAt ${fault}.`)
  }
  const masked = await withoutSecrets(deps, organizationId, reports)
  if (!masked.ok) return masked
  const rows = masked.value.map((report): WaitingOutcome => {
    const { subject, idempotencyKey, observedAt, ...fields } = report
    return {
      ...fields,
      outcomeId: deps.ids.uuid(),
      subject: storedSubject(subject),
      judge: storableText(fields.judge),
      metric: storableText(fields.metric),
      source,
      idempotencyKey: idempotencyKey ?? `sha256:${digestOf(report)}`,
      observedAt: readTime(observedAt),
      receivedAt: now,
      recordedBy: actor,
    }
  })
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const inserted = await insertOutcomes(tx, firstOfEachKey(rows))
    const fresh = rows.filter(({ outcomeId }) => inserted.has(outcomeId))
    const { joined, corrected } = await joinOutcomes(deps, tx, fresh)
    const waiting = fresh.length - joined
    if (fresh.length > 0)
      await append(deps, tx, [
        {
          type: 'telemetry.outcomes.received',
          subject: 'telemetry',
          actor,
          payload: { source, joined, waiting, corrected },
        },
      ])
    return ok({ joined, waiting, duplicates: rows.length - fresh.length, corrected })
  })
}

function firstOfEachKey(rows: readonly WaitingOutcome[]): readonly WaitingOutcome[] {
  const first = new Map<string, WaitingOutcome>()
  for (const row of rows) if (!first.has(row.idempotencyKey)) first.set(row.idempotencyKey, row)
  return [...first.values()]
}

function digestOf(report: OutcomeReport): string {
  return createHash('sha256').update(canonicalJson(report)).digest('hex')
}

/** Labels and explanations are written by people and machines outside: masked like every other text. */
async function withoutSecrets(
  deps: Deps,
  organizationId: string,
  reports: readonly OutcomeReport[],
): Promise<Result<readonly OutcomeReport[]>> {
  const texts = reports.flatMap(({ label, explanation }) => [label ?? '', explanation ?? ''])
  const masked = await maskTexts(deps, organizationId, texts.map(storableText))
  if (!masked.ok) return masked
  const textAt = (index: number) => masked.value[index]?.text ?? null
  return ok(
    reports.map((report, index) => ({
      ...report,
      label: report.label === null ? null : textAt(2 * index),
      explanation: report.explanation === null ? null : textAt(2 * index + 1),
    })),
  )
}

const list = 'telemetry.outcomes'

/** One page of outcomes as they came, the newest received first. */
export async function readOutcomes(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof OutcomeQuery>,
): Promise<Result<{ readonly items: Outcome[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const outcomeId = Uuid.safeParse(position.value[0])
    if (!outcomeId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = outcomeId.data
  }
  const filter = { state: filters.state ?? null, executionId: filters.executionId ?? null }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    selectOutcomes(tx, filter, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.outcomeId]) : null })
}
