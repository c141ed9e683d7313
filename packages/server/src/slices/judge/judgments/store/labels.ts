import type { GoldVerdict, QaLabel, QaSubject } from '@metaagent/contract'
import { actionOf } from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** A label that has its id and is not stored yet. */
export interface DraftLabel {
  readonly labelId: string
  readonly subject: QaSubject
  readonly executionId: string | null
  readonly metric: string
  readonly verdict: GoldVerdict | null
  readonly origin: QaLabel['origin']
  readonly note: string | null
  readonly labelledBy: string
  readonly observedAt: Instant
}

// Sorted by key, so that two transactions with the same labels wait for each other and cannot deadlock. What was never
// labelled cannot be taken back, and what says the same again changes nothing.
const upsertMany = `insert into qa_labels as l (organization_id, subject_kind, subject_id, metric, label_id, execution_id,
    verdict, origin, note, labelled_by, observed_at, recorded_at)
  select $1::uuid, r.* from json_to_recordset($2::json) as r(subject_kind text, subject_id text, metric text,
    label_id uuid, execution_id uuid, verdict text, origin text, note text, labelled_by text, observed_at timestamptz,
    recorded_at timestamptz)
  where r.verdict is not null or exists (select from qa_labels k where k.organization_id = $1::uuid
    and k.subject_kind = r.subject_kind and k.subject_id = r.subject_id and k.metric = r.metric)
  order by r.subject_kind, r.subject_id, r.metric
  on conflict (organization_id, subject_kind, subject_id, metric) do update set
    label_id = excluded.label_id, verdict = excluded.verdict, origin = excluded.origin, note = excluded.note,
    labelled_by = excluded.labelled_by, observed_at = excluded.observed_at, recorded_at = excluded.recorded_at
    where l.verdict is distinct from excluded.verdict
      or (excluded.verdict is not null and l.origin is distinct from excluded.origin)
  returning label_id`

/** Stores labels of different subjects or metrics in place of earlier ones; answers the ids of those that changed something. */
export async function saveLabels(
  tx: Tx,
  labels: readonly DraftLabel[],
  recordedAt: Instant,
): Promise<ReadonlySet<string>> {
  const records = labels.map((label) => ({
    subject_kind: label.subject.kind,
    subject_id: label.subject.id,
    metric: label.metric,
    label_id: label.labelId,
    execution_id: label.executionId,
    verdict: label.verdict,
    origin: label.origin,
    note: label.note,
    labelled_by: label.labelledBy,
    observed_at: new Date(label.observedAt),
    recorded_at: new Date(recordedAt),
  }))
  const { rows } = await tx
    .tables()
    .executeQuery<{ label_id: string }>(CompiledQuery.raw(upsertMany, [tx.organizationId, JSON.stringify(records)]))
  return new Set(rows.map((row) => row.label_id))
}

/** Which labels a list shows; null means all. */
export interface LabelFilter {
  /** `id` null: all of the kind. */
  readonly subject: { readonly kind: QaSubject['kind']; readonly id: string | null } | null
  readonly executionId: string | null
  readonly metric: string | null
  readonly verdict: GoldVerdict | null
  readonly origin: QaLabel['origin'] | null
}

/** The newest first, from behind `before` on. */
export async function selectLabels(
  tx: Tx,
  filter: LabelFilter,
  before: string | null,
  limit: number,
): Promise<readonly QaLabel[]> {
  const conditions = [sql`organization_id = ${tx.organizationId}`]
  if (before !== null) conditions.push(sql`label_id < ${before}`)
  if (filter.subject !== null) conditions.push(sql`subject_kind = ${filter.subject.kind}`)
  if (filter.subject?.id != null) conditions.push(sql`subject_id = ${filter.subject.id}`)
  if (filter.executionId !== null) conditions.push(sql`execution_id = ${filter.executionId}::uuid`)
  if (filter.metric !== null) conditions.push(sql`metric = ${filter.metric}`)
  if (filter.verdict !== null) conditions.push(sql`verdict = ${filter.verdict}`)
  if (filter.origin !== null) conditions.push(sql`origin = ${filter.origin}`)
  const { rows } = await sql<{
    label_id: string
    subject_kind: QaSubject['kind']
    subject_id: string
    execution_id: string | null
    metric: string
    verdict: GoldVerdict | null
    origin: QaLabel['origin']
    note: string | null
    labelled_by: string
    observed_at: Date
    recorded_at: Date
  }>`
    select label_id, subject_kind, subject_id, execution_id, metric, verdict, origin, note, labelled_by, observed_at,
      recorded_at
    from qa_labels where ${sql.join(conditions, sql` and `)} order by label_id desc limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({
    labelId: row.label_id,
    subject: { kind: row.subject_kind, id: row.subject_id },
    executionId: row.execution_id?.replaceAll('-', '') ?? null,
    actionId: row.subject_kind === 'action' ? (actionOf(row.subject_id)?.actionId ?? null) : null,
    metric: row.metric,
    verdict: row.verdict,
    origin: row.origin,
    note: row.note,
    labelledBy: row.labelled_by,
    observedAt: row.observed_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
  }))
}
