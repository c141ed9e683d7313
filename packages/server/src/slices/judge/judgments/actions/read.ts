import { type Judgment, type JudgmentLogs, type JudgmentQuery, Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { evaluationRecord } from '../model/judgment.ts'
import { type JudgmentFilter, selectJudgment, selectJudgments } from '../store/judgments.ts'
import { subjectFilter } from './subject-filter.ts'

const list = 'judgments'

/** One page of the organization's judgments, the newest recorded first. */
export async function readJudgments(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof JudgmentQuery>,
  { evaluations }: { readonly evaluations: boolean } = { evaluations: false },
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
  const filter = filterOf(filters, evaluations)
  if (!filter.ok) return filter
  if (filter.value === null) return ok({ items: [], nextCursor: null })
  const asked = filter.value
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    selectJudgments(tx, asked, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.judgmentId]) : null })
}

/** Null: nothing can be found by these. */
function filterOf(
  filters: Omit<z.output<typeof JudgmentQuery>, 'cursor' | 'limit'>,
  evaluations: boolean,
): Result<JudgmentFilter | null> {
  const subject = subjectFilter(filters)
  if (!subject.ok) return subject
  if (filters.source?.includes('\0')) return ok(null)
  return ok({
    executionId: filters.executionId ?? null,
    actionId: filters.actionId ?? null,
    metric: filters.metric ?? null,
    subject: subject.value,
    type: filters.type ?? null,
    verdict: filters.verdict ?? null,
    judge: filters.judge ?? null,
    judgeKind: filters.judgeKind ?? null,
    source: filters.source ?? null,
    gold: filters.gold ?? null,
    evaluations,
    from: filters.from === undefined ? null : new Date(filters.from),
    to: filters.to === undefined ? null : new Date(filters.to),
  })
}

/** One page of judgments as an `ExportLogsServiceRequest` in OTLP/JSON, which any receiver of OTLP logs understands. */
export async function exportJudgments(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof JudgmentQuery>,
): Promise<Result<z.input<typeof JudgmentLogs>>> {
  const page = await readJudgments(deps, caller, query, { evaluations: true })
  if (!page.ok) return page
  const scope = { name: 'metaagent' }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'metaagent' } }] }
  const scopeLogs = [{ scope, logRecords: page.value.items.map(evaluationRecord) }]
  return ok({ resourceLogs: [{ resource, scopeLogs }], nextCursor: page.value.nextCursor })
}

export async function readJudgment(deps: Deps, caller: Caller, judgmentId: string): Promise<Result<Judgment>> {
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) => selectJudgment(tx, judgmentId))
  return found === null
    ? refuse('not-found', 'There is no judgment with this id. GET /api/v1/judgments lists them.')
    : ok(found)
}
