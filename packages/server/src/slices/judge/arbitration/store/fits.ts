import type { ArbitrationPolicy, ArbitrationPolicyChoice, JsonValue } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface FitRow {
  readonly metric: string
  readonly version: number
  readonly choice: ArbitrationPolicyChoice
  readonly policy: ArbitrationPolicy
  readonly fit: JsonValue
  readonly digest: string
  readonly audits: number
  readonly items: number
  readonly rulesVersion: number
  readonly fittedAt: Instant
}

const columns = sql.raw(`f.metric, f.version, f.choice, f.policy, f.fit, f.digest, f.audits, f.items,
  f.rules_version as "rulesVersion", f.fitted_at as "fittedAt"`)

/** The newest fit of each of these metrics that has one. */
export async function presentFits(tx: Tx, metrics: readonly string[]): Promise<readonly FitRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from unnest(${metrics}::text[]) m cross join lateral (
      select * from arbitration_fits where organization_id = ${tx.organizationId}::uuid and metric = m
      order by version desc limit 1) f`.execute(tx.tables())
  return rows.map(toRow)
}

/** Fits by metric and version: what past decisions rested on. */
export async function fitsOf(
  tx: Tx,
  wanted: readonly { readonly metric: string; readonly version: number }[],
): Promise<readonly FitRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from unnest(${wanted.map(({ metric }) => metric)}::text[],
      ${wanted.map(({ version }) => version)}::integer[]) as w(metric, version)
    join arbitration_fits f on f.organization_id = ${tx.organizationId}::uuid and f.metric = w.metric
      and f.version = w.version`.execute(tx.tables())
  return rows.map(toRow)
}

/** False: another process made this version in the meantime. */
export async function insertFit(tx: Tx, row: FitRow): Promise<boolean> {
  const { rows } = await sql`
    insert into arbitration_fits (organization_id, metric, version, choice, policy, fit, digest, audits, items,
      rules_version, fitted_at)
    values (${tx.organizationId}::uuid, ${row.metric}, ${row.version}, ${row.choice}, ${row.policy},
      ${JSON.stringify(row.fit)}::jsonb, ${row.digest}, ${row.audits}, ${row.items}, ${row.rulesVersion},
      ${new Date(row.fittedAt)})
    on conflict do nothing returning version`.execute(tx.tables())
  return rows.length === 1
}

/** What says whether a metric is to be fitted again. */
export interface MetricState {
  readonly metric: string
  readonly refitAt: Instant | null
  readonly version: number | null
  readonly audits: number
  readonly fittedAt: Instant | null
  /** Items whose truth came to be known since the fit; counted up to a limit. */
  readonly newGold: number
  /** Whether any judge spoke since. */
  readonly isChanged: boolean
  /** Items at all, counted up to a limit. */
  readonly items: number
}

/** Counting stops here: more changes no decision. */
const counted = 100

export async function metricStates(tx: Tx): Promise<readonly MetricState[]> {
  const organizationId = tx.organizationId
  const { rows } = await sql<{
    metric: string
    refit_at: Date | null
    version: number | null
    audits: number | null
    fitted_at: Date | null
    new_gold: number
    is_changed: boolean
    items: number
  }>`
    select m.metric, m.refit_at, f.version, f.audits, f.fitted_at, g.new_gold, i.items,
      exists (select from arbitration_queue q where q.organization_id = ${organizationId}::uuid and q.metric = m.metric
        and q.changed_at > f.fitted_at) as is_changed
    from arbitration_metrics m
    left join lateral (select version, audits, fitted_at from arbitration_fits
      where organization_id = ${organizationId}::uuid and metric = m.metric order by version desc limit 1) f on true
    cross join lateral (select count(*)::integer as new_gold from (
      select from arbitration_queue q where q.organization_id = ${organizationId}::uuid and q.metric = m.metric
        and q.gold is not null and q.gold_at > coalesce(f.fitted_at, '-infinity') limit ${counted}) c) g
    cross join lateral (select count(*)::integer as items from (
      select from arbitration_queue q where q.organization_id = ${organizationId}::uuid and q.metric = m.metric
        limit ${counted}) c) i
    where m.organization_id = ${organizationId}::uuid order by m.metric`.execute(tx.tables())
  return rows.map((row) => ({
    metric: row.metric,
    refitAt: row.refit_at === null ? null : instantFromEpochMs(row.refit_at.getTime()),
    version: row.version,
    audits: row.audits ?? 0,
    fittedAt: row.fitted_at === null ? null : instantFromEpochMs(row.fitted_at.getTime()),
    newGold: row.new_gold,
    isChanged: row.is_changed,
    items: row.items,
  }))
}

/** Has metrics fitted again soon: all (null) or one. */
export async function requestRefit(tx: Tx, metric: string | null, now: Instant): Promise<void> {
  await sql`update arbitration_metrics set refit_at = ${new Date(now)}
    where organization_id = ${tx.organizationId}::uuid and (${metric}::text is null or metric = ${metric}::text)`.execute(
    tx.tables(),
  )
}

/** The request is done, unless a newer one came meanwhile. */
export async function refitDone(tx: Tx, metric: string, requestedAt: Instant | null): Promise<void> {
  if (requestedAt === null) return
  await sql`update arbitration_metrics set refit_at = null where organization_id = ${tx.organizationId}::uuid
    and metric = ${metric} and refit_at <= ${new Date(requestedAt)}`.execute(tx.tables())
}

export interface PolicyRow {
  readonly metric: string
  readonly version: number
  readonly policy: ArbitrationPolicyChoice
  readonly reason: string
  readonly changedBy: string
  readonly changedAt: Date
  readonly approvalId: string | null
}

/** What people set, newest version of each metric; of one or of all (null). */
export async function presentPolicies(tx: Tx, metric: string | null): Promise<readonly PolicyRow[]> {
  const { rows } = await sql<PolicyRow>`
    select distinct on (metric) metric, version, policy, reason, changed_by as "changedBy", changed_at as "changedAt",
      approval_id as "approvalId" from arbitration_policies
    where organization_id = ${tx.organizationId}::uuid and (${metric}::text is null or metric = ${metric}::text)
    order by metric, version desc`.execute(tx.tables())
  return rows
}

export async function insertPolicy(tx: Tx, row: PolicyRow): Promise<void> {
  await sql`insert into arbitration_policies (organization_id, metric, version, policy, reason, changed_by, changed_at,
      approval_id)
    values (${tx.organizationId}::uuid, ${row.metric}, ${row.version}, ${row.policy}, ${row.reason}, ${row.changedBy},
      ${row.changedAt}, ${row.approvalId}::uuid)`.execute(tx.tables())
}

/** One change of what people set for arbitration at a time, to the end of the transaction. */
export async function lockSettings(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_arbitration'), hashtext(${tx.organizationId}))`.execute(
    tx.tables(),
  )
}

type Stored = Omit<FitRow, 'fittedAt'> & { readonly fittedAt: Date }

function toRow({ fittedAt, ...row }: Stored): FitRow {
  return { ...row, fittedAt: instantFromEpochMs(fittedAt.getTime()) }
}
