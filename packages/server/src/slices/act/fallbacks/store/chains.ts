import type { Because, FallbackPassedOver } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

const iso = (at: Instant) => new Date(at).toISOString()

/** An incident as the table holds it. */
export interface StoredChain {
  readonly chainId: string
  readonly policyId: string
  readonly runId: string | null
  readonly depth: number
  readonly visited: string[]
  readonly openedAt: Date
  readonly lastInvokedAt: Date | null
  readonly lastExecutionId: string | null
  readonly exhaustedAt: Date | null
}

const columns = sql.raw(`chain_id as "chainId", policy_id as "policyId", run_id as "runId", depth, visited,
  opened_at as "openedAt", last_invoked_at as "lastInvokedAt", last_execution_id as "lastExecutionId",
  exhausted_at as "exhaustedAt"`)

/** The open incident of a policy, of real failures or of a chaos run's. */
export async function openChain(tx: Tx, policyId: string, runId: string | null): Promise<StoredChain | null> {
  const { rows } = await sql<StoredChain>`
    select ${columns} from fallback_chains
    where organization_id = ${tx.organizationId}::uuid and policy_id = ${policyId}::uuid and closed_at is null
      and run_id is not distinct from ${runId}::uuid`.execute(tx.tables())
  return rows[0] ?? null
}

/** The open incidents of real failures, by policy. */
export async function openChains(tx: Tx): Promise<ReadonlyMap<string, StoredChain>> {
  const { rows } = await sql<StoredChain>`
    select ${columns} from fallback_chains
    where organization_id = ${tx.organizationId}::uuid and closed_at is null and run_id is null`.execute(tx.tables())
  return new Map(rows.map((row) => [row.policyId, row]))
}

/** When the policy invoked something last, for real failures or for a chaos run's. */
export async function lastInvokedAt(tx: Tx, policyId: string, runId: string | null): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(last_invoked_at) as at from fallback_chains
    where organization_id = ${tx.organizationId}::uuid and policy_id = ${policyId}::uuid
      and run_id is not distinct from ${runId}::uuid`.execute(tx.tables())
  return rows[0]?.at ?? null
}

/** Writes an incident, new or gone on. */
export async function saveChain(tx: Tx, chain: StoredChain): Promise<void> {
  await sql`
    insert into fallback_chains (organization_id, chain_id, policy_id, run_id, depth, visited, opened_at,
      last_invoked_at, last_execution_id, exhausted_at)
    values (${tx.organizationId}::uuid, ${chain.chainId}::uuid, ${chain.policyId}::uuid, ${chain.runId}::uuid,
      ${chain.depth}, ${chain.visited}::text[], ${chain.openedAt.toISOString()}::timestamptz,
      ${chain.lastInvokedAt?.toISOString() ?? null}::timestamptz, ${chain.lastExecutionId}::uuid,
      ${chain.exhaustedAt?.toISOString() ?? null}::timestamptz)
    on conflict (organization_id, chain_id) do update set depth = excluded.depth, visited = excluded.visited,
      last_invoked_at = excluded.last_invoked_at, last_execution_id = excluded.last_execution_id,
      exhausted_at = excluded.exhausted_at`.execute(tx.tables())
}

export async function closeChain(tx: Tx, chainId: string, at: Instant, because: Because): Promise<void> {
  await sql`
    update fallback_chains set closed_at = ${iso(at)}::timestamptz, closed_because = ${JSON.stringify(because)}::jsonb
    where organization_id = ${tx.organizationId}::uuid and chain_id = ${chainId}::uuid`.execute(tx.tables())
}

export async function closeChainsOfRun(tx: Tx, runId: string, at: Instant, because: Because): Promise<void> {
  await sql`
    update fallback_chains set closed_at = ${iso(at)}::timestamptz, closed_because = ${JSON.stringify(because)}::jsonb
    where organization_id = ${tx.organizationId}::uuid and run_id = ${runId}::uuid and closed_at is null`.execute(
    tx.tables(),
  )
}

/** An invocation as the table holds it. */
export interface StoredInvocation {
  readonly invocationId: string
  readonly policyId: string
  readonly chainId: string
  readonly depth: number
  readonly outcome: 'invoked' | 'exhausted'
  readonly trigger: string
  readonly macro: string | null
  readonly macroExecutionId: string | null
  readonly because: Because
  readonly chosenBecause: Because | null
  readonly passedOver: FallbackPassedOver[]
  readonly runId: string | null
  readonly at: Date
  readonly eventId: string
}

const invocationColumns = sql.raw(`invocation_id as "invocationId", policy_id as "policyId", chain_id as "chainId",
  depth, outcome, trigger, macro, macro_execution_id as "macroExecutionId", because, chosen_because as "chosenBecause",
  passed_over as "passedOver", run_id as "runId", at, event_id as "eventId"`)

export async function insertInvocation(tx: Tx, row: StoredInvocation): Promise<void> {
  await sql`
    insert into fallback_invocations (organization_id, invocation_id, policy_id, chain_id, depth, outcome, trigger,
      macro, macro_execution_id, because, chosen_because, passed_over, run_id, at, event_id)
    values (${tx.organizationId}::uuid, ${row.invocationId}::uuid, ${row.policyId}::uuid, ${row.chainId}::uuid,
      ${row.depth}, ${row.outcome}, ${row.trigger}, ${row.macro}, ${row.macroExecutionId}::uuid,
      ${JSON.stringify(row.because)}::jsonb,
      ${row.chosenBecause === null ? null : JSON.stringify(row.chosenBecause)}::jsonb,
      ${JSON.stringify(row.passedOver)}::jsonb, ${row.runId}::uuid, ${row.at.toISOString()}::timestamptz,
      ${row.eventId}::uuid)`.execute(tx.tables())
}

/** Which invocations a list shows; null means all. */
export interface InvocationFilter {
  readonly policyId: string | null
  readonly runId: string | null
  readonly outcome: 'invoked' | 'exhausted' | null
  readonly synthetic: boolean | null
}

/** The newest first, from behind `before` on. */
export async function selectInvocations(
  tx: Tx,
  { policyId, runId, outcome, synthetic }: InvocationFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredInvocation[]> {
  const { rows } = await sql<StoredInvocation>`
    select ${invocationColumns} from fallback_invocations
    where organization_id = ${tx.organizationId}::uuid
      and (${policyId}::uuid is null or policy_id = ${policyId}::uuid)
      and (${runId}::uuid is null or run_id = ${runId}::uuid)
      and (${outcome}::text is null or outcome = ${outcome}::text)
      and (${synthetic}::boolean is null or (run_id is not null) = ${synthetic}::boolean)
      and (${before}::uuid is null or invocation_id < ${before}::uuid)
    order by invocation_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** The newest invocation of each policy. */
export async function newestInvocations(tx: Tx): Promise<ReadonlyMap<string, StoredInvocation>> {
  const { rows } = await sql<StoredInvocation>`
    select distinct on (policy_id) ${invocationColumns} from fallback_invocations
    where organization_id = ${tx.organizationId}::uuid and run_id is null
    order by policy_id, invocation_id desc`.execute(tx.tables())
  return new Map(rows.map((row) => [row.policyId, row]))
}

/** Names of policies, removed ones too: their invocations stay. */
export async function policyNames(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ policy_id: string; name: string }>`
    select policy_id, name from fallback_policies where organization_id = ${tx.organizationId}::uuid`.execute(
    tx.tables(),
  )
  return new Map(rows.map((row) => [row.policy_id, row.name]))
}
