import type { Because, SuspicionKind } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Who is suspected of what; one of each is open at a time. */
export interface SuspicionKey {
  readonly agentId: string
  readonly releaseId: string | null
  readonly kind: SuspicionKind
  readonly target: string
}

export interface StoredSuspicion extends SuspicionKey {
  readonly suspicionId: string
  readonly probability: number | null
  readonly because: Because[]
  readonly raisedAt: Date
  readonly clearedAt: Date | null
}

const columns = sql.raw(`suspicion_id as "suspicionId", agent_id as "agentId", release_id as "releaseId", kind, target,
  probability, because, raised_at as "raisedAt", cleared_at as "clearedAt"`)

/** The open suspicions, locked, so that two processes raise and clear none twice. */
export async function lockOpen(tx: Tx): Promise<readonly StoredSuspicion[]> {
  const { rows } = await sql<StoredSuspicion>`
    select ${columns} from suspicions where organization_id = ${tx.organizationId}::uuid and cleared_at is null
    order by suspicion_id for update`.execute(tx.tables())
  return rows
}

/** Opens a suspicion. */
export async function insertSuspicion(
  tx: Tx,
  suspicion: SuspicionKey & {
    readonly suspicionId: string
    readonly probability: number | null
    readonly because: readonly Because[]
    readonly at: Instant
  },
): Promise<void> {
  await sql`
    insert into suspicions (organization_id, suspicion_id, agent_id, release_id, kind, target, probability, because, raised_at)
    values (${tx.organizationId}::uuid, ${suspicion.suspicionId}::uuid, ${suspicion.agentId}::uuid,
      ${suspicion.releaseId}::uuid, ${suspicion.kind}, ${suspicion.target}, ${suspicion.probability},
      ${JSON.stringify(suspicion.because)}::jsonb, ${new Date(suspicion.at).toISOString()}::timestamptz)`.execute(
    tx.tables(),
  )
}

/** Closes a suspicion. */
export async function clearSuspicion(tx: Tx, suspicionId: string, at: Instant): Promise<void> {
  await sql`
    update suspicions set cleared_at = ${new Date(at).toISOString()}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and suspicion_id = ${suspicionId}::uuid`.execute(tx.tables())
}

/** Suspicions, newest first, from behind a position on. */
export async function listSuspicions(
  tx: Tx,
  filter: { readonly agentId: string | null; readonly open: boolean | null },
  after: { readonly raisedAt: string; readonly suspicionId: string } | null,
  limit: number,
): Promise<readonly StoredSuspicion[]> {
  const { rows } = await sql<StoredSuspicion>`
    select ${columns} from suspicions
    where organization_id = ${tx.organizationId}::uuid
      and (${filter.agentId}::uuid is null or agent_id = ${filter.agentId}::uuid)
      and (${filter.open}::boolean is null or (cleared_at is null) = ${filter.open}::boolean)
      ${
        after === null
          ? sql``
          : sql`and (raised_at, suspicion_id) < (${after.raisedAt}::timestamptz, ${after.suspicionId}::uuid)`
      }
    order by raised_at desc, suspicion_id desc limit ${limit}`.execute(tx.tables())
  return rows
}
