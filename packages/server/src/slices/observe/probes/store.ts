import type { Because, JsonValue, ProbeAssertion, ProbeState } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'

const iso = (at: Instant) => new Date(at).toISOString()

/** A probe as it is kept. */
export interface StoredProbe {
  readonly probeId: string
  readonly name: string
  readonly agentId: string
  readonly environment: string
  readonly kind: 'http' | 'execution'
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly url: string
  readonly body: JsonValue
  readonly headers: Uint8Array | null
  readonly headerNames: string[]
  readonly schedule: string
  readonly timeZone: string
  readonly timeoutMs: number
  readonly assertions: ProbeAssertion[]
  readonly enabled: boolean
  readonly state: ProbeState
  readonly failuresInRow: number
  readonly nextRunAt: Date | null
}

const columns =
  sql.raw(`probe_id as "probeId", name, agent_id as "agentId", environment, kind, method, url, body, headers,
  header_names as "headerNames", schedule, time_zone as "timeZone", timeout_ms as "timeoutMs", assertions, enabled, state,
  failures_in_row as "failuresInRow", next_run_at as "nextRunAt"`)

/** Every probe, by name. */
export async function selectProbes(tx: Tx): Promise<readonly StoredProbe[]> {
  const { rows } = await sql<StoredProbe>`
    select ${columns} from probes where organization_id = ${tx.organizationId}::uuid order by name`.execute(tx.tables())
  return rows
}

/** One probe, locked; null when there is none. */
export async function lockProbe(tx: Tx, probeId: string): Promise<StoredProbe | null> {
  const { rows } = await sql<StoredProbe>`
    select ${columns} from probes
    where organization_id = ${tx.organizationId}::uuid and probe_id = ${probeId}::uuid for update`.execute(tx.tables())
  return rows[0] ?? null
}

/** Probes whose time has come, locked; those that another process takes are passed over. */
export async function lockDue(tx: Tx, now: Instant, limit: number): Promise<readonly StoredProbe[]> {
  const { rows } = await sql<StoredProbe>`
    select ${columns} from probes
    where organization_id = ${tx.organizationId}::uuid and next_run_at <= ${iso(now)}::timestamptz
    order by next_run_at, probe_id limit ${limit} for update skip locked`.execute(tx.tables())
  return rows
}

/** Moves the next time of a probe: what makes a run somebody's. */
export async function moveNextRun(tx: Tx, probeId: string, nextRunAt: Instant | null): Promise<void> {
  await sql`
    update probes set next_run_at = ${nextRunAt === null ? null : iso(nextRunAt)}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and probe_id = ${probeId}::uuid`.execute(tx.tables())
}

/** Writes a probe, new or changed. */
export async function saveProbe(tx: Tx, probe: StoredProbe): Promise<void> {
  await sql`
    insert into probes (organization_id, probe_id, name, agent_id, environment, kind, method, url, body, headers,
      header_names, schedule, time_zone, timeout_ms, assertions, enabled, state, failures_in_row, next_run_at)
    values (${tx.organizationId}::uuid, ${probe.probeId}::uuid, ${probe.name}, ${probe.agentId}::uuid,
      ${probe.environment}, ${probe.kind}, ${probe.method}, ${probe.url},
      ${probe.body === null ? null : JSON.stringify(probe.body)}::json, ${probe.headers}, ${probe.headerNames}::text[],
      ${probe.schedule}, ${probe.timeZone}, ${probe.timeoutMs}, ${JSON.stringify(probe.assertions)}::jsonb,
      ${probe.enabled}, ${probe.state}, ${probe.failuresInRow}, ${probe.nextRunAt?.toISOString() ?? null}::timestamptz)
    on conflict (organization_id, probe_id) do update set name = excluded.name, agent_id = excluded.agent_id,
      environment = excluded.environment, kind = excluded.kind, method = excluded.method, url = excluded.url,
      body = excluded.body, headers = excluded.headers, header_names = excluded.header_names,
      schedule = excluded.schedule, time_zone = excluded.time_zone, timeout_ms = excluded.timeout_ms,
      assertions = excluded.assertions, enabled = excluded.enabled, state = excluded.state,
      failures_in_row = excluded.failures_in_row, next_run_at = excluded.next_run_at`.execute(tx.tables())
}

/** Keeps the state of a probe. */
export async function saveState(
  tx: Tx,
  probeId: string,
  { state, failuresInRow }: { readonly state: ProbeState; readonly failuresInRow: number },
): Promise<void> {
  await sql`
    update probes set state = ${state}, failures_in_row = ${failuresInRow}
    where organization_id = ${tx.organizationId}::uuid and probe_id = ${probeId}::uuid`.execute(tx.tables())
}

/** Whether another probe has this name. */
export async function isNameTaken(tx: Tx, name: string, exceptProbeId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from probes
    where organization_id = ${tx.organizationId}::uuid and name = ${name} and probe_id <> ${exceptProbeId}::uuid`.execute(
    tx.tables(),
  )
  return rows.length > 0
}

/** Removes a probe with its results. */
export async function deleteProbe(tx: Tx, probeId: string): Promise<void> {
  await sql`delete from probe_results where organization_id = ${tx.organizationId}::uuid and probe_id = ${probeId}::uuid`.execute(
    tx.tables(),
  )
  await sql`delete from probes where organization_id = ${tx.organizationId}::uuid and probe_id = ${probeId}::uuid`.execute(
    tx.tables(),
  )
}

/** A result as it is kept. */
export interface StoredResult {
  readonly resultId: string
  readonly probeId: string
  readonly at: Date
  readonly passed: boolean
  readonly status: number | null
  readonly latencyMs: number | null
  readonly because: Because[]
  readonly executionId: string | null
}

const resultColumns =
  sql.raw(`result_id as "resultId", probe_id as "probeId", at, passed, status, latency_ms as "latencyMs",
  because, execution_id as "executionId"`)
const shownResult = (row: StoredResult): StoredResult => ({
  ...row,
  executionId: row.executionId?.replaceAll('-', '') ?? null,
})

/** How many results of a probe are kept. */
const resultsKept = 500

/** Keeps a result and forgets the oldest. Ids of results rise with time. */
export async function insertResult(tx: Tx, result: StoredResult): Promise<void> {
  await sql`
    insert into probe_results (organization_id, probe_id, result_id, at, passed, status, latency_ms, because, execution_id)
    values (${tx.organizationId}::uuid, ${result.probeId}::uuid, ${result.resultId}::uuid, ${result.at.toISOString()}::timestamptz,
      ${result.passed}, ${result.status}, ${result.latencyMs}, ${JSON.stringify(result.because)}::jsonb,
      ${result.executionId}::uuid)`.execute(tx.tables())
  await sql`
    delete from probe_results where organization_id = ${tx.organizationId}::uuid and probe_id = ${result.probeId}::uuid
      and result_id <= (
        select result_id from probe_results
        where organization_id = ${tx.organizationId}::uuid and probe_id = ${result.probeId}::uuid
        order by result_id desc offset ${resultsKept} limit 1)`.execute(tx.tables())
}

/** Results of a probe, newest first, from behind one on. */
export async function selectResults(
  tx: Tx,
  probeId: string,
  after: string | null,
  limit: number,
): Promise<readonly StoredResult[]> {
  const { rows } = await sql<StoredResult>`
    select ${resultColumns} from probe_results
    where organization_id = ${tx.organizationId}::uuid and probe_id = ${probeId}::uuid
      and (${after}::uuid is null or result_id < ${after}::uuid)
    order by result_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(shownResult)
}

/** The newest result of each probe. */
export async function lastResults(tx: Tx): Promise<ReadonlyMap<string, StoredResult>> {
  const { rows } = await sql<StoredResult>`
    select distinct on (probe_id) ${resultColumns} from probe_results
    where organization_id = ${tx.organizationId}::uuid order by probe_id, result_id desc`.execute(tx.tables())
  return new Map(rows.map((row) => [row.probeId, shownResult(row)]))
}
