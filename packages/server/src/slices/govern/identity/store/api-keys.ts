import type { AccessScope } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOf, dateOrNull, instantOf, instantOrNull } from './columns.ts'

export interface ApiKeyRow {
  readonly apiKeyId: string
  readonly name: string
  readonly prefix: string
  readonly secretDigest: Uint8Array
  readonly scopes: readonly AccessScope[]
  readonly responsibleUserId: string | null
  readonly createdAt: Instant
  readonly expiresAt: Instant | null
  readonly lastUsedAt: Instant | null
  readonly revokedAt: Instant | null
}

interface Stored {
  readonly api_key_id: string
  readonly name: string
  readonly prefix: string
  readonly secret_digest: Uint8Array
  readonly scopes: AccessScope[]
  readonly responsible_user_id: string | null
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly last_used_at: Date | null
  readonly revoked_at: Date | null
}

const columns = sql.raw(
  'api_key_id, name, prefix, secret_digest, scopes, responsible_user_id, created_at, expires_at, last_used_at, revoked_at',
)

/** All of the organization, newest first, the revoked ones too. */
export async function allApiKeys(tx: Tx): Promise<readonly ApiKeyRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from api_keys where organization_id = ${tx.organizationId}
    order by created_at desc, api_key_id desc`.execute(tx.tables())
  return rows.map(toApiKey)
}

export async function apiKeyByPrefix(tx: Tx, prefix: string): Promise<ApiKeyRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from api_keys
    where organization_id = ${tx.organizationId} and prefix = ${prefix}`.execute(tx.tables())
  return rows[0] === undefined ? null : toApiKey(rows[0])
}

export async function apiKeyById(tx: Tx, apiKeyId: string): Promise<ApiKeyRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from api_keys
    where organization_id = ${tx.organizationId} and api_key_id = ${apiKeyId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toApiKey(rows[0])
}

/** Keys that stand in the environment of processes and are not revoked. */
export async function environmentKeys(tx: Tx): Promise<readonly ApiKeyRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from api_keys
    where organization_id = ${tx.organizationId} and prefix like 'env-%' and revoked_at is null`.execute(tx.tables())
  return rows.map(toApiKey)
}

export async function insertApiKey(tx: Tx, key: ApiKeyRow): Promise<void> {
  await sql`
    insert into api_keys
      (organization_id, api_key_id, name, prefix, secret_digest, scopes, responsible_user_id, created_at, expires_at)
    values (${tx.organizationId}, ${key.apiKeyId}, ${key.name}, ${key.prefix}, ${key.secretDigest}, ${key.scopes},
      ${key.responsibleUserId}, ${dateOf(key.createdAt)}, ${dateOrNull(key.expiresAt)})`.execute(tx.tables())
}

/** False when the key was revoked before. */
export async function revokeApiKeyRow(tx: Tx, apiKeyId: string, at: Instant): Promise<boolean> {
  const { rows } = await sql`
    update api_keys set revoked_at = ${dateOf(at)}
    where organization_id = ${tx.organizationId} and api_key_id = ${apiKeyId} and revoked_at is null
    returning api_key_id`.execute(tx.tables())
  return rows.length > 0
}

/** Notes when keys were last used; never moves a time back. */
export async function touchApiKeys(tx: Tx, usedAt: ReadonlyMap<string, Instant>): Promise<void> {
  await sql`
    update api_keys k set last_used_at = greatest(k.last_used_at, used.at)
    from unnest(${[...usedAt.keys()]}::uuid[], ${[...usedAt.values()].map(dateOf)}::timestamptz[]) as used(id, at)
    where k.organization_id = ${tx.organizationId} and k.api_key_id = used.id`.execute(tx.tables())
}

function toApiKey(row: Stored): ApiKeyRow {
  return {
    apiKeyId: row.api_key_id,
    name: row.name,
    prefix: row.prefix,
    secretDigest: row.secret_digest,
    scopes: row.scopes,
    responsibleUserId: row.responsible_user_id,
    createdAt: instantOf(row.created_at),
    expiresAt: instantOrNull(row.expires_at),
    lastUsedAt: instantOrNull(row.last_used_at),
    revokedAt: instantOrNull(row.revoked_at),
  }
}
