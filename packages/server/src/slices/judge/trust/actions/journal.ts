import type { MetricTrust, TrustEntry, TrustHistory, TrustHistoryQuery, TrustJournalQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { selectFigures } from '../store/metrics.ts'
import { type EntryRow, listBenches, listEntries, selectHistory } from '../store/reading.ts'

/** How a judge's trust on a metric went, from the journal. */
export async function readHistory(
  deps: Deps,
  caller: Caller,
  judge: string,
  { metric, points, ...range }: z.output<typeof TrustHistoryQuery>,
): Promise<Result<TrustHistory>> {
  const from = range.from === undefined ? null : new Date(range.from)
  const to = range.to === undefined ? null : new Date(range.to)
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const [bench] = await listBenches(tx, { judge, metric, standing: null }, null, 1)
    if (bench === undefined)
      return refuse('not-found', 'This judge gave no verdict on this metric. GET /api/v1/judges lists those that did.')
    const history = await selectHistory(tx, { judge, metric, from, to, points })
    const shownPoints = history.points.map((row) => ({
      seq: row.seq,
      at: row.recorded_at.toISOString(),
      ...figuresOf(row),
    }))
    return ok({ judge, metric, entries: history.entries, points: shownPoints })
  })
}

const list = 'trust.journal'

/** One page of the trust journal, the newest entries first. */
export async function readTrustJournal(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof TrustJournalQuery>,
): Promise<Result<{ readonly items: TrustEntry[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: number | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    before = Number(position.value[0])
    if (!Number.isSafeInteger(before))
      return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  }
  const filter = { metric: filters.metric ?? null, judge: filters.judge ?? null }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    listEntries(tx, filter, before, limit + 1),
  )
  const items = found.slice(0, limit).map(shown)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [String(last.seq)]) : null })
}

/** What is known of the judges of each metric together. */
export async function readMetrics(
  deps: Deps,
  caller: Caller,
  metric: string | undefined,
): Promise<Result<{ readonly items: MetricTrust[] }>> {
  const items = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    selectFigures(tx, metric === undefined ? null : [metric]),
  )
  return ok({ items: [...items] })
}

function shown(row: EntryRow): TrustEntry {
  return {
    seq: row.seq,
    kind: row.is_correction ? 'corrected' : 'audited',
    judge: row.judge,
    metric: row.metric,
    subject: { kind: row.subject_kind, id: row.subject_id },
    judgmentId: row.judgment_id,
    said: row.said,
    gold: row.gold,
    was: row.was,
    weight: row.weight,
    halfLifeVerdicts: row.half_life_verdicts,
    goldFrom: row.gold_from,
    goldId: row.gold_id,
    ...figuresOf(row),
    causationId: row.causation_id,
    correlationId: row.correlation_id,
    recordedAt: row.recorded_at.toISOString(),
  }
}

const figuresOf = (row: Pick<EntryRow, 'reliability' | 'lower_bound' | 'authority' | 'effective_count'>) => ({
  reliability: row.reliability,
  lowerBound: row.lower_bound,
  authority: row.authority,
  effectiveCount: row.effective_count,
})
