import type {
  Because,
  GatewayDecision,
  GatewayDestination,
  GatewayRules,
  MaskedClass,
  Sensitivity,
} from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'

export interface RulesRow {
  readonly version: number
  readonly rules: GatewayRules
  readonly digest: string
  readonly reason: string
  readonly changedBy: string
  readonly changedAt: Instant
  readonly approvalId: string | null
}

interface StoredRules {
  readonly version: number
  readonly rules: GatewayRules
  readonly digest: string
  readonly reason: string
  readonly changed_by: string
  readonly changed_at: Date
  readonly approval_id: string | null
}

const rulesColumns = sql.raw('version, rules, digest, reason, changed_by, changed_at, approval_id')

/** The newest versions, the one that holds first. */
export async function rulesVersions(tx: Tx, most: number): Promise<readonly RulesRow[]> {
  const { rows } = await sql<StoredRules>`
    select ${rulesColumns} from gateway_rules where organization_id = ${tx.organizationId}
    order by version desc limit ${most}`.execute(tx.tables())
  return rows.map((row) => ({
    version: row.version,
    rules: row.rules,
    digest: row.digest,
    reason: row.reason,
    changedBy: row.changed_by,
    changedAt: instantFromEpochMs(row.changed_at.getTime()),
    approvalId: row.approval_id,
  }))
}

export async function insertRules(tx: Tx, row: RulesRow): Promise<void> {
  await sql`
    insert into gateway_rules (organization_id, ${rulesColumns})
    values (${tx.organizationId}, ${row.version}, ${JSON.stringify(row.rules)}, ${row.digest}, ${row.reason},
      ${row.changedBy}, ${new Date(row.changedAt)}, ${row.approvalId})`.execute(tx.tables())
}

/** One change of the organization's rules at a time, to the end of the transaction. */
export async function lockRules(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_gateway'), hashtext(${tx.organizationId}))`.execute(
    tx.tables(),
  )
}

export interface RouteRow {
  readonly routeId: string
  readonly agent: string
  readonly asked: GatewayDestination
  readonly declared: Sensitivity | null
  readonly detected: Sensitivity | null
  readonly sensitivity: Sensitivity
  readonly found: Partial<Record<MaskedClass, number>>
  readonly uninspected: number
  readonly decision: GatewayDecision
  readonly because: Because
  readonly raisedBecause: Because
  readonly destination: GatewayDestination | null
  readonly isPrivate: boolean
  readonly rulesVersion: number
  readonly payloadDigest: string
  readonly approvalId: string | null
  readonly routedAt: Instant
}

interface StoredRoute {
  readonly route_id: string
  readonly agent: string
  readonly provider: string | null
  readonly model: string | null
  readonly region: string | null
  readonly declared: Sensitivity | null
  readonly detected: Sensitivity | null
  readonly sensitivity: Sensitivity
  readonly found: Partial<Record<MaskedClass, number>>
  readonly uninspected: number
  readonly decision: GatewayDecision
  readonly because: Because
  readonly raised_because: Because
  readonly destination: GatewayDestination | null
  readonly is_private: boolean
  readonly rules_version: number
  readonly payload_digest: string
  readonly approval_id: string | null
  readonly routed_at: Date
}

const routeColumns = sql.raw(
  'route_id, agent, provider, model, region, declared, detected, sensitivity, found, uninspected, decision, because, raised_because, destination, is_private, rules_version, payload_digest, approval_id, routed_at',
)

export async function insertRoute(tx: Tx, row: RouteRow): Promise<void> {
  const { provider, model, region } = row.asked
  const destination = row.destination === null ? null : JSON.stringify(row.destination)
  await sql`
    insert into gateway_routes (organization_id, ${routeColumns})
    values (${tx.organizationId}, ${row.routeId}, ${row.agent}, ${provider}, ${model}, ${region}, ${row.declared},
      ${row.detected}, ${row.sensitivity}, ${JSON.stringify(row.found)}, ${row.uninspected}, ${row.decision},
      ${JSON.stringify(row.because)}, ${JSON.stringify(row.raisedBecause)}, ${destination}, ${row.isPrivate},
      ${row.rulesVersion}, ${row.payloadDigest}, ${row.approvalId}, ${new Date(row.routedAt)})`.execute(tx.tables())
}

export interface RouteFilter {
  readonly decision: GatewayDecision | null
  readonly sensitivity: Sensitivity | null
  readonly agent: string | null
}

/** Newest first, behind the route with this id (null: from the newest on). */
export async function listRoutes(
  tx: Tx,
  filter: RouteFilter,
  before: string | null,
  most: number,
): Promise<readonly RouteRow[]> {
  const { decision, sensitivity, agent } = filter
  const { rows } = await sql<StoredRoute>`
    select ${routeColumns} from gateway_routes
    where organization_id = ${tx.organizationId}
      ${decision === null ? sql`` : sql`and decision = ${decision}`}
      ${sensitivity === null ? sql`` : sql`and sensitivity = ${sensitivity}`}
      ${agent === null ? sql`` : sql`and agent = ${agent}`}
      ${before === null ? sql`` : sql`and route_id < ${before}`}
    order by route_id desc limit ${most}`.execute(tx.tables())
  return rows.map(toRoute)
}

/** The newest routes since a time. */
export async function routesSince(tx: Tx, since: Instant, most: number): Promise<readonly RouteRow[]> {
  const { rows } = await sql<StoredRoute>`
    select ${routeColumns} from gateway_routes
    where organization_id = ${tx.organizationId} and routed_at >= ${new Date(since)}
    order by routed_at desc limit ${most}`.execute(tx.tables())
  return rows.map(toRoute)
}

function toRoute(row: StoredRoute): RouteRow {
  return {
    routeId: row.route_id,
    agent: row.agent,
    asked: { provider: row.provider, model: row.model, region: row.region },
    declared: row.declared,
    detected: row.detected,
    sensitivity: row.sensitivity,
    found: row.found,
    uninspected: row.uninspected,
    decision: row.decision,
    because: row.because,
    raisedBecause: row.raised_because,
    destination: row.destination,
    isPrivate: row.is_private,
    rulesVersion: row.rules_version,
    payloadDigest: row.payload_digest,
    approvalId: row.approval_id,
    routedAt: instantFromEpochMs(row.routed_at.getTime()),
  }
}
