import { type Judgment, type JudgmentLogs, type JudgmentQuery, Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../kernel/result.ts'
import type { NewJudgment } from '../../../ports/judgments.ts'
import type { Caller, Deps } from '../../../ports/slice.ts'
import type { Tx } from '../../../ports/store.ts'
import { append } from '../../govern/journal/index.ts'
import { evaluationRecord, eventPayloadOf, eventTypeOf, withoutRepeats } from './model/judgment.ts'
import * as store from './store.ts'

/**
 * Stores judgments and journals each new one, in the caller's transaction. What came under its key before, or earlier in
 * the same batch, changes nothing and is counted as a duplicate.
 */
export async function recordJudgments(
  deps: Deps,
  tx: Tx,
  rows: readonly NewJudgment[],
): Promise<{ readonly accepted: number; readonly duplicates: number }> {
  if (rows.length === 0) return { accepted: 0, duplicates: 0 }
  const drafts = withoutRepeats(rows).map((row): store.DraftJudgment => ({ judgmentId: deps.ids.uuid(), row }))
  const inserted = await store.insertJudgments(tx, drafts, deps.clock.now())
  const fresh = drafts.filter(({ judgmentId }) => inserted.has(judgmentId))
  await append(
    deps,
    tx,
    fresh.map(({ judgmentId, row }) => ({
      type: eventTypeOf(row.verdict),
      subject: `judgment/${judgmentId}`,
      actor: row.recordedBy,
      correlationId: row.executionId,
      payload: eventPayloadOf(judgmentId, row),
    })),
  )
  return { accepted: fresh.length, duplicates: rows.length - fresh.length }
}

const list = 'judgments'

/** One page of the organization's judgments, the newest recorded first. */
export async function readJudgments(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof JudgmentQuery>,
): Promise<Result<{ readonly items: Judgment[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const judgmentId = Uuid.safeParse(position.value[0])
    if (!judgmentId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = judgmentId.data
  }
  if (filters.source?.includes('\0')) return ok({ items: [], nextCursor: null })
  const filter: store.JudgmentFilter = {
    executionId: filters.executionId ?? null,
    actionId: filters.actionId ?? null,
    metric: filters.metric ?? null,
    verdict: filters.verdict ?? null,
    judge: filters.judge ?? null,
    judgeKind: filters.judgeKind ?? null,
    source: filters.source ?? null,
    from: filters.from === undefined ? null : new Date(filters.from),
    to: filters.to === undefined ? null : new Date(filters.to),
  }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    store.selectJudgments(tx, filter, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.judgmentId]) : null })
}

/** One page of judgments as an `ExportLogsServiceRequest` in OTLP/JSON, which any receiver of OTLP logs understands. */
export async function exportJudgments(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof JudgmentQuery>,
): Promise<Result<z.input<typeof JudgmentLogs>>> {
  const page = await readJudgments(deps, caller, query)
  if (!page.ok) return page
  const scope = { name: 'metaagent' }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'metaagent' } }] }
  const scopeLogs = [{ scope, logRecords: page.value.items.map(evaluationRecord) }]
  return ok({ resourceLogs: [{ resource, scopeLogs }], nextCursor: page.value.nextCursor })
}

export async function readJudgment(deps: Deps, caller: Caller, judgmentId: string): Promise<Result<Judgment>> {
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) => store.selectJudgment(tx, judgmentId))
  return found === null
    ? refuse('not-found', 'There is no judgment with this id. GET /api/v1/judgments lists them.')
    : ok(found)
}
