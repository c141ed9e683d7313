import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { RiskFeatures } from '../model/features.ts'
import { type KeptReason, keptReason, type RiskVerdict } from '../model/score.ts'

interface RiskTables {
  execution_risks: {
    organization_id: string
    execution_id: string
    agent_id: string
    release_id: string | null
    environment: string
    unit: string | null
    synthetic: boolean
    ended_at: Date
    cost_nano_usd: number | null
    features: unknown
    shares_change: boolean | null
    score: number | null
    formula: string | null
    because: unknown
    peers: number | null
    scored_at: Date | null
  }
}

const tables = (tx: Tx): Kysely<RiskTables> => tx.tables<RiskTables>()
const hex = (uuid: string) => uuid.replaceAll('-', '')
const iso = (at: Instant) => new Date(at).toISOString()

/** A run as it is read from its trace. */
export interface ReadRun {
  readonly executionId: string
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  readonly unit: string | null
  readonly synthetic: boolean
  readonly endedAt: Instant
  readonly costNanoUsd: number | null
  readonly features: RiskFeatures
}

/**
 * Stores what traces show; these runs are to be scored, and so are others of their units that know few peers. Answers the
 * executions that were not known before.
 */
export async function saveFeatures(
  tx: Tx,
  runs: readonly ReadRun[],
  enoughPeers: number,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ execution_id: string; fresh: boolean }>`
    insert into execution_risks as kept (organization_id, execution_id, agent_id, release_id, environment, unit, synthetic,
      ended_at, cost_nano_usd, features)
    select ${tx.organizationId}::uuid, * from unnest(
      ${runs.map(({ executionId }) => executionId)}::uuid[], ${runs.map(({ agentId }) => agentId)}::uuid[],
      ${runs.map(({ releaseId }) => releaseId)}::uuid[], ${runs.map(({ environment }) => environment)}::text[],
      ${runs.map(({ unit }) => unit)}::text[], ${runs.map(({ synthetic }) => synthetic)}::boolean[],
      ${runs.map(({ endedAt }) => iso(endedAt))}::timestamptz[],
      ${runs.map(({ costNanoUsd }) => costNanoUsd)}::int8[],
      ${runs.map(({ features }) => JSON.stringify(features))}::jsonb[])
    on conflict (organization_id, execution_id) do update set
      agent_id = excluded.agent_id, release_id = excluded.release_id, environment = excluded.environment,
      unit = excluded.unit, synthetic = excluded.synthetic, ended_at = excluded.ended_at,
      cost_nano_usd = excluded.cost_nano_usd, features = excluded.features,
      scored_at = null
    returning execution_id, (xmax = 0) as fresh`.execute(tables(tx))
  const fresh = new Set(rows.flatMap((row) => (row.fresh ? [hex(row.execution_id)] : [])))
  const units = [...new Set(runs.flatMap(({ unit }) => unit ?? []))]
  if (units.length === 0) return fresh
  await sql`
    update execution_risks set scored_at = null
    where organization_id = ${tx.organizationId}::uuid and unit = any(${units}::text[]) and scored_at is not null
      and coalesce(peers, 0) < ${enoughPeers}`.execute(tables(tx))
  return fresh
}

/** The latest runs of an agent are to be scored again: its domain changed, and with it its peers. */
export async function markAgentDue(tx: Tx, agentId: string, limit: number): Promise<void> {
  await sql`
    update execution_risks set scored_at = null
    where organization_id = ${tx.organizationId}::uuid and execution_id in (
      select execution_id from execution_risks
      where organization_id = ${tx.organizationId}::uuid and agent_id = ${agentId}::uuid and unit is not null
      order by ended_at desc limit ${limit})`.execute(tables(tx))
}

/** A stored run, without its score. */
export interface KnownRun {
  readonly executionId: string
  readonly agentId: string
  readonly releaseId: string | null
  readonly unit: string | null
  readonly features: RiskFeatures
}

interface KnownRow {
  execution_id: string
  agent_id: string
  release_id: string | null
  unit: string | null
  features: RiskFeatures
}

const knownRun = (row: KnownRow): KnownRun => ({
  executionId: hex(row.execution_id),
  agentId: row.agent_id,
  releaseId: row.release_id,
  unit: row.unit,
  features: row.features,
})

/** Runs that are to be scored; what another process scores is passed over. */
export async function lockDue(tx: Tx, limit: number): Promise<readonly KnownRun[]> {
  const { rows } = await sql<KnownRow>`
    select execution_id, agent_id, release_id, unit, features from execution_risks
    where organization_id = ${tx.organizationId}::uuid and scored_at is null
    order by execution_id limit ${limit} for update skip locked`.execute(tables(tx))
  return rows.map(knownRun)
}

/** What the index has for runs in no release: `is not distinct from` would read and sort all runs of an agent. */
const noRelease = '00000000-0000-0000-0000-000000000000'
const releaseKeys = (doers: readonly Doer[]) => doers.map(({ releaseId }) => releaseId ?? noRelease)

/** An agent in one release: what has a usual of its own. */
export interface Doer {
  readonly agentId: string
  readonly releaseId: string | null
}

/** The latest runs of each doer. */
export async function latestRuns(tx: Tx, doers: readonly Doer[], limit: number): Promise<readonly KnownRun[]> {
  const { rows } = await sql<KnownRow>`
    select r.* from unnest(${doers.map(({ agentId }) => agentId)}::uuid[], ${releaseKeys(doers)}::uuid[]) as k(agent_id, release_key)
    cross join lateral (
      select execution_id, agent_id, release_id, unit, features from execution_risks
      where organization_id = ${tx.organizationId}::uuid and agent_id = k.agent_id
        and release_key = k.release_key and not synthetic
      order by ended_at desc limit ${limit}
    ) r`.execute(tables(tx))
  return rows.map(knownRun)
}

/** The latest runs of each unit by these agents. */
export async function runsOfUnits(
  tx: Tx,
  units: readonly string[],
  agentIds: readonly string[],
  limit: number,
): Promise<readonly KnownRun[]> {
  const { rows } = await sql<KnownRow>`
    select r.* from unnest(${units}::text[]) as k(unit)
    cross join lateral (
      select execution_id, agent_id, release_id, unit, features from execution_risks
      where organization_id = ${tx.organizationId}::uuid and unit = k.unit and agent_id = any(${agentIds}::uuid[])
        and not synthetic
      order by ended_at desc limit ${limit}
    ) r`.execute(tables(tx))
  return rows.map(knownRun)
}

/** Of the latest runs of each doer that could share a change with a peer: how many there are and how many do. */
export async function sharingOf(
  tx: Tx,
  doers: readonly Doer[],
  limit: number,
): Promise<readonly (Doer & { readonly runs: number; readonly sharing: number })[]> {
  const { rows } = await sql<{ agent_id: string; release_id: string | null; runs: number; sharing: number }>`
    select k.agent_id, nullif(k.release_key, ${noRelease}::uuid) as release_id, count(r.shares_change)::int as runs,
      count(*) filter (where r.shares_change)::int as sharing
    from unnest(${doers.map(({ agentId }) => agentId)}::uuid[], ${releaseKeys(doers)}::uuid[]) as k(agent_id, release_key)
    cross join lateral (
      select shares_change from execution_risks
      where organization_id = ${tx.organizationId}::uuid and agent_id = k.agent_id
        and release_key = k.release_key
      order by ended_at desc limit ${limit}
    ) r group by 1, 2`.execute(tables(tx))
  return rows.map((row) => ({
    agentId: row.agent_id,
    releaseId: row.release_id,
    runs: row.runs,
    sharing: row.sharing,
  }))
}

/** Keeps whether runs share a change with their peers. */
export async function saveSharing(
  tx: Tx,
  shared: readonly { readonly executionId: string; readonly shares: boolean | null }[],
): Promise<void> {
  await sql`
    update execution_risks r set shares_change = k.shares
    from unnest(${shared.map(({ executionId }) => executionId)}::uuid[], ${shared.map(({ shares }) => shares)}::boolean[])
      as k(execution_id, shares)
    where r.organization_id = ${tx.organizationId}::uuid and r.execution_id = k.execution_id`.execute(tables(tx))
}

export interface ScoredRun extends RiskVerdict {
  readonly executionId: string
  readonly peers: number
}

/** Keeps scores. */
export async function saveScores(tx: Tx, runs: readonly ScoredRun[], at: Instant): Promise<void> {
  if (runs.length === 0) return
  await sql`
    update execution_risks r set score = k.score, formula = k.formula, because = k.because, peers = k.peers,
      scored_at = ${iso(at)}::timestamptz
    from unnest(${runs.map(({ executionId }) => executionId)}::uuid[], ${runs.map(({ score }) => score)}::float8[],
      ${runs.map(({ formula }) => formula)}::text[], ${runs.map(({ because }) => JSON.stringify(because.map(keptReason)))}::jsonb[],
      ${runs.map(({ peers }) => peers)}::int[]) as k(execution_id, score, formula, because, peers)
    where r.organization_id = ${tx.organizationId}::uuid and r.execution_id = k.execution_id`.execute(tables(tx))
}

/** Costs by list price of executions, as far as they are known. */
export async function costsOf(tx: Tx, executionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ execution_id: string; cost_nano_usd: number }>`
    select execution_id, cost_nano_usd from execution_risks
    where organization_id = ${tx.organizationId}::uuid and execution_id = any(${executionIds}::uuid[])
      and cost_nano_usd is not null`.execute(tables(tx))
  return new Map(rows.map((row) => [hex(row.execution_id), row.cost_nano_usd]))
}

/** A risk as it is shown. */
export interface StoredRisk {
  readonly executionId: string
  readonly agentId: string
  readonly environment: string
  readonly unit: string | null
  readonly endedAt: Date
  readonly score: number | null
  readonly formula: string | null
  readonly because: readonly KeptReason[]
  readonly peers: number | null
  readonly scoredAt: Date | null
}

const shownColumns = sql.raw(`execution_id as "executionId", agent_id as "agentId", environment, unit,
  ended_at as "endedAt", score, formula, coalesce(because, '[]'::jsonb) as because, peers, scored_at as "scoredAt"`)

/** The risk of one execution; null when its trace was not read yet. */
export async function selectRisk(tx: Tx, executionId: string): Promise<StoredRisk | null> {
  const { rows } = await sql<StoredRisk>`
    select ${shownColumns} from execution_risks
    where organization_id = ${tx.organizationId}::uuid and execution_id = ${executionId}::uuid`.execute(tables(tx))
  const row = rows[0]
  return row === undefined ? null : { ...row, executionId: hex(row.executionId) }
}

/** Scored executions, the riskiest first, from behind a position on. */
export async function listRisks(
  tx: Tx,
  filter: { readonly agentId: string | null; readonly environment: string | null; readonly minScore: number },
  after: { readonly score: number; readonly executionId: string } | null,
  limit: number,
): Promise<readonly StoredRisk[]> {
  const { rows } = await sql<StoredRisk>`
    select ${shownColumns} from execution_risks
    where organization_id = ${tx.organizationId}::uuid and score is not null and score >= ${filter.minScore}
      and (${filter.agentId}::uuid is null or agent_id = ${filter.agentId}::uuid)
      and (${filter.environment}::text is null or environment = ${filter.environment}::text)
      ${
        after === null
          ? sql``
          : sql`and (score < ${after.score}::float8 or (score = ${after.score}::float8 and execution_id > ${after.executionId}::uuid))`
      }
    order by score desc, execution_id limit ${limit}`.execute(tables(tx))
  return rows.map((row) => ({ ...row, executionId: hex(row.executionId) }))
}
