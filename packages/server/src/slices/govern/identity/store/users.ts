import type { Sealed } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { RoleHeld } from '../model/roles.ts'
import { dateOf, dateOrNull, instantOf, instantOrNull } from './columns.ts'
import { heldColumns, heldJoin, type StoredHeld, toHeld } from './roles.ts'

export interface UserRow {
  readonly userId: string
  readonly subjectId: string
  readonly held: RoleHeld
  readonly email: Sealed | null
  readonly displayName: Sealed | null
  readonly emailIndex: Uint8Array | null
  readonly passwordHash: string | null
  readonly createdAt: Instant
  readonly lastSignedInAt: Instant | null
  readonly disabledAt: Instant | null
}

interface Stored extends StoredHeld {
  readonly user_id: string
  readonly subject_id: string
  readonly email_sealed: Sealed | null
  readonly display_name_sealed: Sealed | null
  readonly email_index: Uint8Array | null
  readonly password_hash: string | null
  readonly created_at: Date
  readonly last_signed_in_at: Date | null
  readonly disabled_at: Date | null
}

const select = sql`
  select u.user_id, u.subject_id, ${heldColumns}, u.email_sealed, u.display_name_sealed, u.email_index, u.password_hash,
    u.created_at, u.last_signed_in_at, u.disabled_at
  from users u ${heldJoin}`

/** All of the organization, oldest first. */
export async function allUsers(tx: Tx): Promise<readonly UserRow[]> {
  const { rows } = await sql<Stored>`
    ${select} where u.organization_id = ${tx.organizationId}
    order by u.created_at, u.user_id`.execute(tx.tables())
  return rows.map(toUser)
}

export async function userById(tx: Tx, userId: string): Promise<UserRow | null> {
  const { rows } = await sql<Stored>`
    ${select} where u.organization_id = ${tx.organizationId} and u.user_id = ${userId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toUser(rows[0])
}

export async function userBySubject(tx: Tx, subjectId: string): Promise<UserRow | null> {
  const { rows } = await sql<Stored>`
    ${select} where u.organization_id = ${tx.organizationId} and u.subject_id = ${subjectId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toUser(rows[0])
}

export async function userByEmailIndex(tx: Tx, emailIndex: Uint8Array): Promise<UserRow | null> {
  const { rows } = await sql<Stored>`
    ${select} where u.organization_id = ${tx.organizationId} and u.email_index = ${emailIndex}`.execute(tx.tables())
  return rows[0] === undefined ? null : toUser(rows[0])
}

/** Admins who are not disabled, oldest first; locked, so that two changes at once cannot each count the other. */
export async function lockActiveAdmins(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select user_id from users
    where organization_id = ${tx.organizationId} and role = 'admin' and disabled_at is null
    order by created_at, user_id for update`.execute(tx.tables())
  return rows.map((row) => row.user_id)
}

/** Whether anybody of the organization has ever signed in. */
export async function anybodySignedIn(tx: Tx): Promise<boolean> {
  const { rows } = await sql`
    select user_id from users where organization_id = ${tx.organizationId} and last_signed_in_at is not null limit 1
  `.execute(tx.tables())
  return rows.length > 0
}

/** False when a person with this address is there already. */
export async function insertUser(tx: Tx, user: UserRow): Promise<boolean> {
  const { rows } = await sql`
    insert into users (organization_id, user_id, subject_id, role, custom_role_id, email_sealed, display_name_sealed,
      email_index, created_at)
    values (${tx.organizationId}, ${user.userId}, ${user.subjectId}, ${user.held.role},
      ${user.held.customRole?.roleId ?? null}, ${jsonOf(user.email)},
      ${jsonOf(user.displayName)}, ${user.emailIndex}, ${dateOf(user.createdAt)})
    on conflict (organization_id, email_index) where email_index is not null do nothing
    returning user_id`.execute(tx.tables())
  return rows.length > 0
}

export async function updateStanding(
  tx: Tx,
  userId: string,
  held: RoleHeld,
  disabledAt: Instant | null,
): Promise<void> {
  await sql`
    update users set role = ${held.role}, custom_role_id = ${held.customRole?.roleId ?? null}, disabled_at = ${dateOrNull(disabledAt)}
    where organization_id = ${tx.organizationId} and user_id = ${userId}`.execute(tx.tables())
}

export async function updatePasswordHash(tx: Tx, userId: string, passwordHash: string): Promise<void> {
  await sql`
    update users set password_hash = ${passwordHash}
    where organization_id = ${tx.organizationId} and user_id = ${userId}`.execute(tx.tables())
}

export async function recordSignIn(tx: Tx, userId: string, at: Instant): Promise<void> {
  await sql`
    update users set last_signed_in_at = ${dateOf(at)}
    where organization_id = ${tx.organizationId} and user_id = ${userId}`.execute(tx.tables())
}

/** Takes away everything that says who this was; role and dates stay, so that old decisions still have an actor. */
export async function eraseUserFields(tx: Tx, userId: string, at: Instant): Promise<void> {
  await sql`
    update users set email_sealed = null, display_name_sealed = null, email_index = null, password_hash = null,
      disabled_at = coalesce(disabled_at, ${dateOf(at)})
    where organization_id = ${tx.organizationId} and user_id = ${userId}`.execute(tx.tables())
}

function jsonOf(sealed: Sealed | null): string | null {
  return sealed === null ? null : JSON.stringify(sealed)
}

function toUser(row: Stored): UserRow {
  return {
    userId: row.user_id,
    subjectId: row.subject_id,
    held: toHeld(row),
    email: row.email_sealed,
    displayName: row.display_name_sealed,
    emailIndex: row.email_index,
    passwordHash: row.password_hash,
    createdAt: instantOf(row.created_at),
    lastSignedInAt: instantOrNull(row.last_signed_in_at),
    disabledAt: instantOrNull(row.disabled_at),
  }
}
