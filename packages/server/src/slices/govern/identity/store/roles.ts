import type { AccessScope, Role } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { CustomRole, RoleHeld } from '../model/roles.ts'
import { dateOf, instantOf } from './columns.ts'

interface Stored {
  readonly role_id: string
  readonly name: string
  readonly description: string
  readonly scopes: AccessScope[]
  readonly counts_as: Role
  readonly version: number
  readonly changed_at: Date
}

const columns = sql.raw('role_id, name, description, scopes, counts_as, version, changed_at')

/** All of the organization, by name. */
export async function allCustomRoles(tx: Tx): Promise<readonly CustomRole[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from custom_roles where organization_id = ${tx.organizationId} order by lower(name)`.execute(
    tx.tables(),
  )
  return rows.map(toRole)
}

/** Locked against removal, so that nobody is given a role that goes. */
export async function lockCustomRole(tx: Tx, roleId: string): Promise<CustomRole | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from custom_roles
    where organization_id = ${tx.organizationId} and role_id = ${roleId} for update`.execute(tx.tables())
  return rows[0] === undefined ? null : toRole(rows[0])
}

/** False when a role of this name is there, in whatever case. */
export async function insertCustomRole(tx: Tx, role: CustomRole): Promise<boolean> {
  const { rows } = await sql`
    insert into custom_roles (organization_id, role_id, name, description, scopes, counts_as, version, changed_at)
    values (${tx.organizationId}, ${role.roleId}, ${role.name}, ${role.description}, ${[...role.scopes]}, ${role.countsAs},
      ${role.version}, ${dateOf(role.changedAt)})
    on conflict (organization_id, lower(name)) do nothing
    returning role_id`.execute(tx.tables())
  return rows.length > 0
}

/** False when another role has the name. */
export async function updateCustomRole(tx: Tx, role: CustomRole): Promise<boolean> {
  const { rows } = await sql`
    update custom_roles set name = ${role.name}, description = ${role.description}, scopes = ${[...role.scopes]},
      counts_as = ${role.countsAs}, version = ${role.version}, changed_at = ${dateOf(role.changedAt)}
    where organization_id = ${tx.organizationId} and role_id = ${role.roleId}
      and not exists (select 1 from custom_roles other where other.organization_id = ${tx.organizationId}
        and lower(other.name) = lower(${role.name}) and other.role_id <> ${role.roleId})
    returning role_id`.execute(tx.tables())
  return rows.length > 0
}

export async function deleteCustomRole(tx: Tx, roleId: string): Promise<void> {
  await sql`
    delete from custom_roles where organization_id = ${tx.organizationId} and role_id = ${roleId}`.execute(tx.tables())
}

/** People by what they have: `viewer`, … or the id of a custom role. */
export async function countMembers(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ held: string; members: number }>`
    select coalesce(role, custom_role_id::text) as held, count(*)::int as members from users
    where organization_id = ${tx.organizationId} group by 1`.execute(tx.tables())
  return new Map(rows.map(({ held, members }) => [held, members]))
}

/** The columns of what a person has, as `heldColumns` selects them. */
export interface StoredHeld {
  readonly role: Role | null
  readonly custom_role_id: string | null
  readonly custom_role_name: string | null
  readonly custom_role_scopes: AccessScope[] | null
  readonly custom_role_counts_as: Role | null
}

/** Of `users u left join custom_roles r`. */
export const heldColumns = sql.raw(
  'u.role, u.custom_role_id, r.name as custom_role_name, r.scopes as custom_role_scopes, r.counts_as as custom_role_counts_as',
)
export const heldJoin = sql.raw(
  'left join custom_roles r on r.organization_id = u.organization_id and r.role_id = u.custom_role_id',
)

export function toHeld(row: StoredHeld): RoleHeld {
  const { role, custom_role_id: roleId, custom_role_name: name, custom_role_scopes: scopes } = row
  if (role !== null) return { role, customRole: null }
  if (roleId === null || name === null || scopes === null || row.custom_role_counts_as === null)
    throw new Error('broken invariant: a person has a role')
  return { role: null, customRole: { roleId, name, scopes, countsAs: row.custom_role_counts_as } }
}

function toRole(row: Stored): CustomRole {
  return {
    roleId: row.role_id,
    name: row.name,
    description: row.description,
    scopes: row.scopes,
    countsAs: row.counts_as,
    version: row.version,
    changedAt: instantOf(row.changed_at),
  }
}
