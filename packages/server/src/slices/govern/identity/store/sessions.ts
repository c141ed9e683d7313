import { sql } from 'kysely'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { RoleHeld } from '../model/roles.ts'
import { dateOf, instantOf, instantOrNull } from './columns.ts'
import { heldColumns, heldJoin, type StoredHeld, toHeld } from './roles.ts'

export interface SessionRow {
  readonly sessionId: string
  readonly userId: string
  readonly held: RoleHeld
  readonly userDisabledAt: Instant | null
  readonly createdAt: Instant
  readonly lastSeenAt: Instant
  readonly expiresAt: Instant
  readonly endedAt: Instant | null
}

interface Stored extends StoredHeld {
  readonly session_id: string
  readonly user_id: string
  readonly disabled_at: Date | null
  readonly created_at: Date
  readonly last_seen_at: Date
  readonly expires_at: Date
  readonly ended_at: Date | null
}

const select = sql`
  select s.session_id, s.user_id, ${heldColumns}, u.disabled_at, s.created_at, s.last_seen_at, s.expires_at, s.ended_at
  from sessions s join users u on u.organization_id = s.organization_id and u.user_id = s.user_id
  ${heldJoin}`

/** The session of a token, with the standing of its person. */
export async function sessionByDigest(tx: Tx, tokenDigest: Uint8Array): Promise<SessionRow | null> {
  const { rows } = await sql<Stored>`
    ${select} where s.organization_id = ${tx.organizationId} and s.token_digest = ${tokenDigest}`.execute(tx.tables())
  return rows[0] === undefined ? null : toSession(rows[0])
}

export async function sessionById(tx: Tx, sessionId: string): Promise<SessionRow | null> {
  const { rows } = await sql<Stored>`
    ${select} where s.organization_id = ${tx.organizationId} and s.session_id = ${sessionId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toSession(rows[0])
}

export async function insertSession(
  tx: Tx,
  session: {
    readonly sessionId: string
    readonly userId: string
    readonly tokenDigest: Uint8Array
    readonly method: 'link' | 'password'
    readonly createdAt: Instant
    readonly expiresAt: Instant
  },
): Promise<void> {
  const createdAt = dateOf(session.createdAt)
  await sql`
    insert into sessions
      (organization_id, session_id, user_id, token_digest, method, created_at, last_seen_at, expires_at)
    values (${tx.organizationId}, ${session.sessionId}, ${session.userId}, ${session.tokenDigest}, ${session.method},
      ${createdAt}, ${createdAt}, ${dateOf(session.expiresAt)})`.execute(tx.tables())
}

export interface EndedSession {
  readonly sessionId: string
  readonly userId: string
  readonly tokenDigest: Uint8Array
}

/** Ends one session, or all of a person's but `except`; returns those that were open. */
export async function endSessions(
  tx: Tx,
  which: { readonly sessionId: string } | { readonly userId: string; readonly except: string | null },
  at: Instant,
): Promise<readonly EndedSession[]> {
  const condition =
    'sessionId' in which
      ? sql`session_id = ${which.sessionId}`
      : sql`user_id = ${which.userId} and session_id is distinct from ${which.except}`
  const { rows } = await sql<{ session_id: string; user_id: string; token_digest: Uint8Array }>`
    update sessions set ended_at = ${dateOf(at)}
    where organization_id = ${tx.organizationId} and ended_at is null and ${condition}
    returning session_id, user_id, token_digest`.execute(tx.tables())
  return rows.map((row) => ({ sessionId: row.session_id, userId: row.user_id, tokenDigest: row.token_digest }))
}

/** Notes when sessions were last used; never moves a time back. */
export async function touchSessions(tx: Tx, seenAt: ReadonlyMap<string, Instant>): Promise<void> {
  await sql`
    update sessions s set last_seen_at = greatest(s.last_seen_at, seen.at)
    from unnest(${[...seenAt.keys()]}::uuid[], ${[...seenAt.values()].map(dateOf)}::timestamptz[]) as seen(id, at)
    where s.organization_id = ${tx.organizationId} and s.session_id = seen.id`.execute(tx.tables())
}

/** Deletes sessions that ended or ran out more than `keptMs` ago; returns their digests. */
export async function deleteSpentSessions(tx: Tx, now: Instant, keptMs: number): Promise<readonly Uint8Array[]> {
  const { rows } = await sql<{ token_digest: Uint8Array }>`
    delete from sessions
    where organization_id = ${tx.organizationId} and least(ended_at, expires_at) < ${dateOf(addMs(now, -keptMs))}
    returning token_digest`.execute(tx.tables())
  return rows.map((row) => row.token_digest)
}

function toSession(row: Stored): SessionRow {
  return {
    sessionId: row.session_id,
    userId: row.user_id,
    held: toHeld(row),
    userDisabledAt: instantOrNull(row.disabled_at),
    createdAt: instantOf(row.created_at),
    lastSeenAt: instantOf(row.last_seen_at),
    expiresAt: instantOf(row.expires_at),
    endedAt: instantOrNull(row.ended_at),
  }
}
