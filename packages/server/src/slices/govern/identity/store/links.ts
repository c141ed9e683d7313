import { sql } from 'kysely'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOf, instantOf, instantOrNull } from './columns.ts'

export interface LinkRow {
  readonly linkId: string
  readonly userId: string
  readonly expiresAt: Instant
  readonly usedAt: Instant | null
  readonly voidedAt: Instant | null
}

/** Locked: of two people who follow the same link at once, one finds it used. */
export async function lockLinkByDigest(tx: Tx, tokenDigest: Uint8Array): Promise<LinkRow | null> {
  const { rows } = await sql<{
    link_id: string
    user_id: string
    expires_at: Date
    used_at: Date | null
    voided_at: Date | null
  }>`
    select link_id, user_id, expires_at, used_at, voided_at from sign_in_links
    where organization_id = ${tx.organizationId} and token_digest = ${tokenDigest} for update`.execute(tx.tables())
  const [row] = rows
  if (row === undefined) return null
  return {
    linkId: row.link_id,
    userId: row.user_id,
    expiresAt: instantOf(row.expires_at),
    usedAt: instantOrNull(row.used_at),
    voidedAt: instantOrNull(row.voided_at),
  }
}

export async function insertLink(
  tx: Tx,
  link: {
    readonly linkId: string
    readonly userId: string
    readonly tokenDigest: Uint8Array
    readonly createdAt: Instant
    readonly expiresAt: Instant
  },
): Promise<void> {
  await sql`
    insert into sign_in_links (organization_id, link_id, user_id, token_digest, created_at, expires_at)
    values (${tx.organizationId}, ${link.linkId}, ${link.userId}, ${link.tokenDigest}, ${dateOf(link.createdAt)},
      ${dateOf(link.expiresAt)})`.execute(tx.tables())
}

export async function markLinkUsed(tx: Tx, linkId: string, at: Instant): Promise<void> {
  await sql`
    update sign_in_links set used_at = ${dateOf(at)}
    where organization_id = ${tx.organizationId} and link_id = ${linkId}`.execute(tx.tables())
}

/** Voids a person's open links. */
export async function voidLinks(tx: Tx, userId: string, at: Instant): Promise<void> {
  await sql`
    update sign_in_links set voided_at = ${dateOf(at)}
    where organization_id = ${tx.organizationId} and user_id = ${userId} and used_at is null and voided_at is null
  `.execute(tx.tables())
}

/** Deletes links that ran out more than `keptMs` ago; returns their digests. */
export async function deleteSpentLinks(tx: Tx, now: Instant, keptMs: number): Promise<readonly Uint8Array[]> {
  const { rows } = await sql<{ token_digest: Uint8Array }>`
    delete from sign_in_links
    where organization_id = ${tx.organizationId} and expires_at < ${dateOf(addMs(now, -keptMs))}
    returning token_digest`.execute(tx.tables())
  return rows.map((row) => row.token_digest)
}
