import type { FallbackPrimary } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { FallbackDefinition } from '../model/definition.ts'

/** A policy as the table holds it. */
export interface StoredPolicy {
  readonly policyId: string
  readonly version: number
  readonly definition: FallbackDefinition
  readonly createdAt: Date
  readonly changedAt: Date
  readonly changedBy: string
  readonly approvalId: string | null
}

const columns = sql.raw(`policy_id as "policyId", version, definition, created_at as "createdAt",
  changed_at as "changedAt", changed_by as "changedBy", approval_id as "approvalId"`)

/** The column of a primary: a macro's name or an agent's id. */
export function primaryName(primary: FallbackPrimary): string {
  return primary.kind === 'macro' ? primary.name : primary.agentId
}

/** Which policies a list shows; null means all. */
export interface PolicyFilter {
  readonly environment: string | null
  readonly primary: FallbackPrimary['kind'] | null
}

/** By name, from behind `after` on. */
export async function selectPolicies(
  tx: Tx,
  { environment, primary }: PolicyFilter,
  after: string | null,
  limit: number,
): Promise<readonly StoredPolicy[]> {
  const { rows } = await sql<StoredPolicy>`
    select ${columns} from fallback_policies
    where organization_id = ${tx.organizationId}::uuid and archived_at is null
      and (${environment}::text is null or environment = ${environment}::text)
      and (${primary}::text is null or primary_kind = ${primary}::text)
      and (${after}::text is null or name > ${after}::text)
    order by name limit ${limit}`.execute(tx.tables())
  return rows
}

/** One policy that is not removed; `lock` keeps two from deciding about it at once. */
export async function policyById(tx: Tx, policyId: string, lock = false): Promise<StoredPolicy | null> {
  const { rows } = await sql<StoredPolicy>`
    select ${columns} from fallback_policies
    where organization_id = ${tx.organizationId}::uuid and policy_id = ${policyId}::uuid and archived_at is null
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Every policy in force, of one environment or of all (null). */
export async function policiesInForce(tx: Tx, environment: string | null): Promise<readonly StoredPolicy[]> {
  const { rows } = await sql<StoredPolicy>`
    select ${columns} from fallback_policies
    where organization_id = ${tx.organizationId}::uuid and archived_at is null and enabled
      and (${environment}::text is null or environment = ${environment}::text)
    order by policy_id`.execute(tx.tables())
  return rows
}

/** The other policy that has this name, or this primary in this environment. */
export async function policyInTheWay(
  tx: Tx,
  { name, primary, environment }: FallbackDefinition,
  except: string | null,
): Promise<{ readonly name: string } | null> {
  const { rows } = await sql<{ name: string }>`
    select name from fallback_policies
    where organization_id = ${tx.organizationId}::uuid and archived_at is null
      and policy_id is distinct from ${except}::uuid
      and (name = ${name}
        or (primary_kind = ${primary.kind} and primary_name = ${primaryName(primary)} and environment = ${environment}))
    limit 1`.execute(tx.tables())
  return rows[0] ?? null
}

export interface SavedPolicy {
  readonly policyId: string
  readonly version: number
  readonly definition: FallbackDefinition
  readonly approvalId: string | null
  readonly at: Date
  readonly by: string
}

/** Writes a policy, new or changed, and keeps the version. */
export async function savePolicy(tx: Tx, saved: SavedPolicy): Promise<void> {
  const { policyId, version, definition, approvalId, at, by } = saved
  const document = JSON.stringify(definition)
  await sql`
    insert into fallback_policies (organization_id, policy_id, version, name, definition, primary_kind, primary_name,
      environment, enabled, created_at, changed_at, changed_by, approval_id)
    values (${tx.organizationId}::uuid, ${policyId}::uuid, ${version}, ${definition.name}, ${document}::jsonb,
      ${definition.primary.kind}, ${primaryName(definition.primary)}, ${definition.environment}, ${definition.enabled},
      ${at.toISOString()}::timestamptz, ${at.toISOString()}::timestamptz, ${by}, ${approvalId}::uuid)
    on conflict (organization_id, policy_id) do update set version = excluded.version, name = excluded.name,
      definition = excluded.definition, primary_kind = excluded.primary_kind, primary_name = excluded.primary_name,
      environment = excluded.environment, enabled = excluded.enabled, changed_at = excluded.changed_at,
      changed_by = excluded.changed_by, approval_id = excluded.approval_id`.execute(tx.tables())
  await sql`
    insert into fallback_policy_versions (organization_id, policy_id, version, definition, approval_id, changed_at,
      changed_by)
    values (${tx.organizationId}::uuid, ${policyId}::uuid, ${version}, ${document}::jsonb, ${approvalId}::uuid,
      ${at.toISOString()}::timestamptz, ${by})`.execute(tx.tables())
}

/** Ends a policy; its versions and invocations stay. */
export async function archivePolicy(tx: Tx, policyId: string, at: Date): Promise<void> {
  await sql`
    update fallback_policies set archived_at = ${at.toISOString()}::timestamptz, enabled = false
    where organization_id = ${tx.organizationId}::uuid and policy_id = ${policyId}::uuid`.execute(tx.tables())
}

/** Every version of a policy, removed ones too, the newest first. */
export async function selectVersions(
  tx: Tx,
  policyId: string,
): Promise<readonly Omit<StoredPolicy, 'policyId' | 'createdAt'>[]> {
  const { rows } = await sql<Omit<StoredPolicy, 'policyId' | 'createdAt'>>`
    select version, definition, approval_id as "approvalId", changed_at as "changedAt", changed_by as "changedBy"
    from fallback_policy_versions
    where organization_id = ${tx.organizationId}::uuid and policy_id = ${policyId}::uuid
    order by version desc`.execute(tx.tables())
  return rows
}
