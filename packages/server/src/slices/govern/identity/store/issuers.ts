import type { Role, TrustedIssuer } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOf, instantOf } from './columns.ts'

export interface IssuerRow {
  readonly issuerId: string
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  readonly algorithms: readonly TrustedIssuer['algorithms'][number][]
  readonly role: Role
  readonly createdAt: Instant
}

interface Stored {
  readonly issuer_id: string
  readonly issuer: string
  readonly audience: string
  readonly jwks_url: string
  readonly algorithms: TrustedIssuer['algorithms']
  readonly role: Role
  readonly created_at: Date
}

const columns = sql.raw('issuer_id, issuer, audience, jwks_url, algorithms, role, created_at')

export async function allIssuers(tx: Tx): Promise<readonly IssuerRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from trusted_issuers where organization_id = ${tx.organizationId}
    order by created_at, issuer_id`.execute(tx.tables())
  return rows.map(toIssuer)
}

export async function issuerFor(tx: Tx, issuer: string, audience: string): Promise<IssuerRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from trusted_issuers
    where organization_id = ${tx.organizationId} and issuer = ${issuer} and audience = ${audience}`.execute(tx.tables())
  return rows[0] === undefined ? null : toIssuer(rows[0])
}

export async function insertIssuer(tx: Tx, issuer: IssuerRow): Promise<void> {
  await sql`
    insert into trusted_issuers
      (organization_id, issuer_id, issuer, audience, jwks_url, algorithms, role, created_at)
    values (${tx.organizationId}, ${issuer.issuerId}, ${issuer.issuer}, ${issuer.audience}, ${issuer.jwksUrl},
      ${issuer.algorithms}, ${issuer.role}, ${dateOf(issuer.createdAt)})`.execute(tx.tables())
}

/** The issuer that was removed, or null when there was none of this id. */
export async function deleteIssuer(tx: Tx, issuerId: string): Promise<IssuerRow | null> {
  const { rows } = await sql<Stored>`
    delete from trusted_issuers where organization_id = ${tx.organizationId} and issuer_id = ${issuerId}
    returning ${columns}`.execute(tx.tables())
  return rows[0] === undefined ? null : toIssuer(rows[0])
}

function toIssuer(row: Stored): IssuerRow {
  return {
    issuerId: row.issuer_id,
    issuer: row.issuer,
    audience: row.audience,
    jwksUrl: row.jwks_url,
    algorithms: row.algorithms,
    role: row.role,
    createdAt: instantOf(row.created_at),
  }
}
