import type { JudgeKind, QaSubject, TrustStanding } from '@metaagent/contract'
import { sql } from 'kysely'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Bench, Known, KnownVerdict, Truth } from '../model/auditing.ts'
import type { Evidence, Gold, Said } from '../model/evidence.ts'
import type { Item } from '../model/facts.ts'
import { itemIdOf } from './items.ts'

interface VerdictRow {
  readonly subject_kind: QaSubject['kind']
  readonly subject_id: string
  readonly metric: string
  readonly judge: string
  readonly presented: '' | 'as-given' | 'swapped'
  readonly judgment_id: string
  readonly judge_kind: JudgeKind
  readonly said: Said
  readonly is_gold: boolean
  readonly observed_at: Date
  readonly audited_halvings: number | null
  readonly audited_gold: Gold | null
}

interface TruthRow {
  readonly subject_kind: QaSubject['kind']
  readonly subject_id: string
  readonly metric: string
  readonly label_id: string | null
  readonly label_verdict: Gold | null
  readonly label_author: string | null
  readonly judged_id: string | null
  readonly judged_verdict: Gold | null
  readonly judged_author: string | null
  readonly judged_at: Date | null
}

/** A row of trust_evidence. */
export interface BenchRow {
  readonly judge: string
  readonly metric: string
  readonly judge_kind: JudgeKind
  readonly given: number
  readonly last_given_at: Date
  readonly standing: TrustStanding
  readonly seq: number | null
  readonly pass_said_pass: number | null
  readonly pass_said_fail: number | null
  readonly fail_said_pass: number | null
  readonly fail_said_fail: number | null
  readonly abstained: number | null
  readonly verdicts: number | null
  readonly halvings: number | null
}

/** All that is known of some items and of the judges who judged them, or are about to (`judges`, on these metrics). */
export async function loadKnown(tx: Tx, items: readonly Item[], judges: readonly string[]): Promise<Known> {
  const verdicts = await verdictsOf(tx, items)
  const truths = await truthsOf(tx, items)
  const names = [...new Set([...judges, ...verdicts.map(({ judge }) => judge)])]
  const metrics = [...new Set(items.map(({ metric }) => metric))]
  const benches = await benchesOf(tx, names, metrics)
  return { verdicts, truths, benches, lastSeq: await lastSeqOf(tx) }
}

async function verdictsOf(tx: Tx, items: readonly Item[]): Promise<readonly KnownVerdict[]> {
  const { rows } = await sql<VerdictRow>`
    select subject_kind, subject_id, metric, judge, presented, judgment_id, judge_kind, said, is_gold, observed_at,
      audited_halvings, audited_gold
    from trust_verdicts where organization_id = ${tx.organizationId}::uuid
      and item_id = any(${items.map(itemIdOf)}::uuid[])`.execute(tx.tables())
  return rows.map((row) => ({
    item: itemOf(row),
    judge: row.judge,
    judgeKind: row.judge_kind,
    order: row.presented === '' ? null : row.presented,
    judgmentId: row.judgment_id,
    said: row.said,
    isGold: row.is_gold,
    observedAt: instantFromEpochMs(row.observed_at.getTime()),
    audit: row.audited_halvings === null ? null : { gold: row.audited_gold, halvings: row.audited_halvings },
  }))
}

/** What is known to be right of these items, where anything is. */
export async function truthsOf(tx: Tx, items: readonly Item[]): Promise<readonly Truth[]> {
  if (items.length === 0) return []
  const { rows } = await sql<TruthRow>`
    select subject_kind, subject_id, metric, label_id, label_verdict, label_author, judged_id, judged_verdict,
      judged_author, judged_at
    from trust_gold where organization_id = ${tx.organizationId}::uuid
      and item_id = any(${items.map(itemIdOf)}::uuid[])`.execute(tx.tables())
  return rows.map((row) => ({
    item: itemOf(row),
    label:
      row.label_id === null ? null : { labelId: row.label_id, verdict: row.label_verdict, author: row.label_author },
    judged:
      row.judged_id === null || row.judged_verdict === null || row.judged_author === null || row.judged_at === null
        ? null
        : {
            judgmentId: row.judged_id,
            verdict: row.judged_verdict,
            author: row.judged_author,
            at: instantFromEpochMs(row.judged_at.getTime()),
          },
  }))
}

function itemOf(row: { subject_kind: QaSubject['kind']; subject_id: string; metric: string }): Item {
  return { subject: { kind: row.subject_kind, id: row.subject_id }, metric: row.metric }
}

export const benchColumns = sql.raw(`judge, metric, judge_kind, given, last_given_at, standing, seq, pass_said_pass,
  pass_said_fail, fail_said_pass, fail_said_fail, abstained, verdicts, halvings`)

async function benchesOf(tx: Tx, judges: readonly string[], metrics: readonly string[]): Promise<readonly Bench[]> {
  const { rows } = await sql<BenchRow>`
    select ${benchColumns} from trust_evidence where organization_id = ${tx.organizationId}::uuid
      and judge = any(${[...judges]}::text[]) and metric = any(${[...metrics]}::text[])`.execute(tx.tables())
  return rows.map(benchOf)
}

/** The row as the model knows it. */
export function benchOf(row: BenchRow): Bench {
  const { judge, metric, standing } = row
  const given = Number(row.given)
  const seq = row.seq === null ? null : Number(row.seq)
  const lastGivenAt = instantFromEpochMs(row.last_given_at.getTime())
  return { judge, metric, judgeKind: row.judge_kind, given, lastGivenAt, standing, seq, evidence: evidenceOf(row) }
}

function evidenceOf(row: BenchRow): Evidence | null {
  if (row.seq === null) return null
  return {
    judge: row.judge,
    metric: row.metric,
    confusion: {
      passSaidPass: row.pass_said_pass ?? 0,
      passSaidFail: row.pass_said_fail ?? 0,
      failSaidPass: row.fail_said_pass ?? 0,
      failSaidFail: row.fail_said_fail ?? 0,
      abstained: row.abstained ?? 0,
    },
    verdicts: Number(row.verdicts ?? 0),
    halvings: row.halvings ?? 0,
  }
}

/** Of the last entry of the journal; what was retired is covered by a snapshot. 0 while there is none. */
export async function lastSeqOf(tx: Tx): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select greatest(
      coalesce((select max(seq) from trust_journal where organization_id = ${tx.organizationId}::uuid), 0),
      coalesce((select max(seq) from trust_snapshots where organization_id = ${tx.organizationId}::uuid), 0)) as seq
    `.execute(tx.tables())
  return Number(rows[0]?.seq ?? 0)
}
