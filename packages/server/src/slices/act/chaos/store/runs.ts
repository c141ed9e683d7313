import type { Because, ChaosReport, ChaosRun, ChaosVerdict } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { ChaosDefinition } from '../model/definition.ts'

/** A run as the table holds it. */
export interface StoredRun {
  readonly runId: string
  readonly experimentId: string
  readonly version: number
  readonly definition: ChaosDefinition
  readonly state: ChaosRun['state']
  readonly verdict: ChaosVerdict | null
  readonly because: Because | null
  readonly planned: number
  readonly nextSlot: number
  readonly pendingFrom: number | null
  readonly injected: number
  readonly skipped: number
  readonly report: ChaosReport
  readonly startedBy: string
  readonly approvalId: string | null
  readonly startedAt: Date
  readonly injectsUntil: Date
  readonly settlesUntil: Date
  readonly abortRequestedBy: string | null
  readonly abortReason: string | null
  readonly endedAt: Date | null
}

const columns = sql.raw(`run_id as "runId", experiment_id as "experimentId", version, definition, state, verdict,
  because, planned, next_slot as "nextSlot", pending_from as "pendingFrom", injected, skipped, report,
  started_by as "startedBy", approval_id as "approvalId", started_at as "startedAt", injects_until as "injectsUntil",
  settles_until as "settlesUntil", abort_requested_by as "abortRequestedBy", abort_reason as "abortReason",
  ended_at as "endedAt"`)

/** Writes a run, new or gone on. What it follows and who started it never change. */
export async function saveRun(tx: Tx, run: StoredRun): Promise<void> {
  const because = run.because === null ? null : JSON.stringify(run.because)
  await sql`
    insert into chaos_runs (organization_id, run_id, experiment_id, version, definition, state, verdict, because,
      planned, next_slot, pending_from, injected, skipped, report, started_by, approval_id, started_at, injects_until,
      settles_until, abort_requested_by, abort_reason, ended_at)
    values (${tx.organizationId}::uuid, ${run.runId}::uuid, ${run.experimentId}::uuid, ${run.version},
      ${JSON.stringify(run.definition)}::jsonb, ${run.state}, ${run.verdict}, ${because}::jsonb, ${run.planned},
      ${run.nextSlot}, ${run.pendingFrom}, ${run.injected}, ${run.skipped}, ${JSON.stringify(run.report)}::jsonb,
      ${run.startedBy}, ${run.approvalId}::uuid, ${run.startedAt.toISOString()}::timestamptz,
      ${run.injectsUntil.toISOString()}::timestamptz, ${run.settlesUntil.toISOString()}::timestamptz,
      ${run.abortRequestedBy}, ${run.abortReason}, ${run.endedAt?.toISOString() ?? null}::timestamptz)
    on conflict (organization_id, run_id) do update set state = excluded.state, verdict = excluded.verdict,
      because = excluded.because, next_slot = excluded.next_slot, pending_from = excluded.pending_from,
      injected = excluded.injected, skipped = excluded.skipped, report = excluded.report,
      settles_until = excluded.settles_until, abort_requested_by = excluded.abort_requested_by,
      abort_reason = excluded.abort_reason, ended_at = excluded.ended_at`.execute(tx.tables())
}

/** One run; `lock` keeps two from going on with it at once. */
export async function runById(tx: Tx, runId: string, lock = false): Promise<StoredRun | null> {
  const { rows } = await sql<StoredRun>`
    select ${columns} from chaos_runs
    where organization_id = ${tx.organizationId}::uuid and run_id = ${runId}::uuid
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Ids of runs that have not ended. */
export async function openRunIds(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ run_id: string }>`
    select run_id from chaos_runs
    where organization_id = ${tx.organizationId}::uuid and state <> 'ended' order by run_id`.execute(tx.tables())
  return rows.map((row) => row.run_id)
}

/** The run of an experiment that has not ended. */
export async function openRunOf(tx: Tx, experimentId: string): Promise<string | null> {
  const { rows } = await sql<{ run_id: string }>`
    select run_id from chaos_runs
    where organization_id = ${tx.organizationId}::uuid and experiment_id = ${experimentId}::uuid
      and state <> 'ended'`.execute(tx.tables())
  return rows[0]?.run_id ?? null
}

/** Which runs a list shows; null means all. */
export interface RunFilter {
  readonly experimentId: string | null
  readonly verdict: ChaosVerdict | null
}

/** The newest first, from behind `before` on. */
export async function selectRuns(
  tx: Tx,
  { experimentId, verdict }: RunFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredRun[]> {
  const { rows } = await sql<StoredRun>`
    select ${columns} from chaos_runs
    where organization_id = ${tx.organizationId}::uuid
      and (${experimentId}::uuid is null or experiment_id = ${experimentId}::uuid)
      and (${verdict}::text is null or verdict = ${verdict}::text)
      and (${before}::uuid is null or run_id < ${before}::uuid)
    order by run_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** The newest run of each experiment. */
export async function newestRuns(tx: Tx): Promise<ReadonlyMap<string, StoredRun>> {
  const { rows } = await sql<StoredRun>`
    select distinct on (experiment_id) ${columns} from chaos_runs
    where organization_id = ${tx.organizationId}::uuid order by experiment_id, run_id desc`.execute(tx.tables())
  return new Map(rows.map((row) => [row.experimentId, row]))
}
