import type { DeletionState, PersonKind, Sealed } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ErasedFigures } from '../model.ts'

/** A request as it is kept. */
export interface StoredDeletion {
  readonly deletionId: string
  readonly state: DeletionState
  readonly kind: PersonKind
  readonly subjectId: string
  readonly subjectSealed: Sealed | null
  readonly requestDigest: string
  readonly reason: string | null
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly approvalId: string | null
  readonly searchedDay: string | null
  readonly tokens: number
  readonly counts: Readonly<Record<string, number>>
  /** What the last event told; null: none did. */
  readonly told: ErasedFigures | null
  readonly completedAt: Instant | null
  readonly eventId: string | null
  readonly watchedUntil: Instant | null
  readonly nextLookAt: Instant | null
  readonly closedAt: Instant | null
  readonly executions: number
  readonly erasedExecutions: number
  readonly lateExecutions: number
  readonly heldExecutions: number
}

type Columns = {
  readonly deletion_id: string
  readonly state: DeletionState
  readonly kind: PersonKind
  readonly subject_id: string
  readonly subject_sealed: Sealed | null
  readonly request_digest: string
  readonly reason: string | null
  readonly requested_by: string
  readonly requested_at: Date
  readonly approval_id: string | null
  readonly searched_day: string | null
  readonly tokens: number
  readonly counts: Record<string, number>
  readonly told: ErasedFigures | null
  readonly completed_at: Date | null
  readonly event_id: string | null
  readonly watched_until: Date | null
  readonly next_look_at: Date | null
  readonly closed_at: Date | null
  readonly executions: number
  readonly erased: number
  readonly late: number
  readonly held: number
}

const columns = sql.raw(`d.deletion_id, d.state, d.kind, d.subject_id, d.subject_sealed, d.request_digest, d.reason,
  d.requested_by, d.requested_at, d.approval_id, d.searched_day, d.tokens, d.counts, d.told, d.completed_at, d.event_id,
  d.watched_until, d.next_look_at, d.closed_at, e.executions, e.erased, e.late, e.held`)

const counted = sql.raw(`cross join lateral (
  select coalesce(d.executions, count(*))::int as executions, coalesce(d.executions, count(erased_at))::int as erased,
    coalesce(d.late_executions, count(*) filter (where is_late))::int as late,
    (count(*) filter (where erased_at is null and held_by is not null))::int as held
  from privacy_deletion_executions x
  where x.organization_id = d.organization_id and x.deletion_id = d.deletion_id) e`)

const at = (date: Date | null) => (date === null ? null : instantFromEpochMs(date.getTime()))

function toStored(row: Columns): StoredDeletion {
  return {
    deletionId: row.deletion_id,
    state: row.state,
    kind: row.kind,
    subjectId: row.subject_id,
    subjectSealed: row.subject_sealed,
    requestDigest: row.request_digest,
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: instantFromEpochMs(row.requested_at.getTime()),
    approvalId: row.approval_id,
    searchedDay: row.searched_day,
    tokens: row.tokens,
    counts: row.counts,
    told: row.told,
    completedAt: at(row.completed_at),
    eventId: row.event_id,
    watchedUntil: at(row.watched_until),
    nextLookAt: at(row.next_look_at),
    closedAt: at(row.closed_at),
    executions: row.executions,
    erasedExecutions: row.erased,
    lateExecutions: row.late,
    heldExecutions: row.held,
  }
}

export async function insertDeletion(
  tx: Tx,
  row: Pick<
    StoredDeletion,
    'deletionId' | 'kind' | 'subjectId' | 'requestDigest' | 'requestedBy' | 'requestedAt' | 'approvalId'
  > & { readonly reason: string; readonly subjectSealed: Sealed; readonly subjectMac: Uint8Array },
): Promise<void> {
  await sql`
    insert into privacy_deletions (organization_id, deletion_id, state, kind, subject_id, subject_sealed, subject_mac,
      request_digest, reason, requested_by, requested_at, approval_id)
    values (${tx.organizationId}, ${row.deletionId}, 'finding', ${row.kind}, ${row.subjectId},
      ${JSON.stringify(row.subjectSealed)}, ${row.subjectMac}, ${row.requestDigest}, ${row.reason}, ${row.requestedBy},
      ${new Date(row.requestedAt)}, ${row.approvalId})`.execute(tx.tables())
}

/** The request for a subject that is being worked on. */
export async function runningDeletionOf(tx: Tx, subjectMac: Uint8Array): Promise<string | null> {
  const { rows } = await sql<{ deletion_id: string }>`
    select deletion_id from privacy_deletions
    where organization_id = ${tx.organizationId} and subject_mac = ${subjectMac} and state in ('finding', 'erasing')
    `.execute(tx.tables())
  return rows[0]?.deletion_id ?? null
}

export async function deletionById(tx: Tx, deletionId: string): Promise<StoredDeletion | null> {
  const { rows } = await sql<Columns>`
    select ${columns} from privacy_deletions d ${counted}
    where d.organization_id = ${tx.organizationId} and d.deletion_id = ${deletionId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toStored(rows[0])
}

/** The newest first. */
export async function listDeletions(tx: Tx, limit: number): Promise<readonly StoredDeletion[]> {
  const { rows } = await sql<Columns>`
    select ${columns} from privacy_deletions d ${counted}
    where d.organization_id = ${tx.organizationId} order by d.deletion_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(toStored)
}

/** Requests with something to do now, of all organizations, oldest first. Deployment scope. */
export async function dueDeletions(
  tx: Tx,
  now: Instant,
): Promise<readonly { readonly organizationId: string; readonly deletionId: string }[]> {
  const { rows } = await sql<{ organization_id: string; deletion_id: string }>`
    select organization_id, deletion_id from privacy_deletions
    where state in ('finding', 'erasing') or (state = 'done' and next_look_at <= ${new Date(now)})
    order by deletion_id`.execute(tx.tables())
  return rows.map((row) => ({ organizationId: row.organization_id, deletionId: row.deletion_id }))
}

/** One step of a request at a time, to the end of the transaction. */
export async function lockDeletion(tx: Tx, deletionId: string): Promise<void> {
  await sql`select 1 from privacy_deletions
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId} for update`.execute(tx.tables())
}

/** Notes executions; those that are known stay as they are. */
export async function addExecutions(
  tx: Tx,
  deletionId: string,
  executionIds: readonly string[],
  isLate: boolean,
): Promise<void> {
  if (executionIds.length === 0) return
  await sql`
    insert into privacy_deletion_executions (organization_id, deletion_id, execution_id, is_late)
    select ${tx.organizationId}::uuid, ${deletionId}::uuid, id, ${isLate} from unnest(${[...executionIds]}::uuid[]) id
    on conflict do nothing`.execute(tx.tables())
}

export async function openExecutions(tx: Tx, deletionId: string, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select execution_id as id from privacy_deletion_executions
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId} and erased_at is null
      and held_by is null
    order by execution_id limit ${limit}`.execute(tx.tables())
  return rows.map(({ id }) => id)
}

export async function markErased(
  tx: Tx,
  deletionId: string,
  executionIds: readonly string[],
  now: Instant,
): Promise<void> {
  await sql`update privacy_deletion_executions set erased_at = ${new Date(now)}
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId}
      and execution_id = any(${[...executionIds]}::uuid[])`.execute(tx.tables())
}

/** Notes which hold keeps which executions, so that they are passed over until it is lifted. */
export async function markHeld(tx: Tx, deletionId: string, held: ReadonlyMap<string, string>): Promise<void> {
  if (held.size === 0) return
  await sql`update privacy_deletion_executions x set held_by = h.hold_id
    from unnest(${[...held.keys()]}::uuid[], ${[...held.values()]}::uuid[]) h (execution_id, hold_id)
    where x.organization_id = ${tx.organizationId} and x.deletion_id = ${deletionId}
      and x.execution_id = h.execution_id`.execute(tx.tables())
}

/** Everything is searched again and every known execution looked at again. */
export async function beginAgain(tx: Tx, deletionId: string): Promise<void> {
  await sql`update privacy_deletion_executions set erased_at = null, held_by = null
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId}`.execute(tx.tables())
  await sql`update privacy_deletions set state = 'finding', searched_day = null
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId}`.execute(tx.tables())
}

/** Changes what a step has come to; what is left out stays. */
export async function updateDeletion(
  tx: Tx,
  deletionId: string,
  change: Partial<Pick<StoredDeletion, 'state' | 'searchedDay' | 'tokens' | 'counts'>>,
): Promise<void> {
  const { state = null, searchedDay = null, tokens = null, counts = null } = change
  await sql`update privacy_deletions set state = coalesce(${state}, state),
      searched_day = coalesce(${searchedDay}::date, searched_day), tokens = coalesce(${tokens}::int, tokens),
      counts = coalesce(${counts === null ? null : JSON.stringify(counts)}::jsonb, counts)
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId}`.execute(tx.tables())
}

export async function completeDeletion(
  tx: Tx,
  deletionId: string,
  done: {
    readonly eventId: string | null
    readonly told: ErasedFigures
    readonly at: Instant
    readonly watchedUntil: Instant
    readonly nextLookAt: Instant
  },
): Promise<void> {
  await sql`update privacy_deletions set state = 'done', completed_at = coalesce(completed_at, ${new Date(done.at)}),
      told = ${JSON.stringify(done.told)}::jsonb, event_id = coalesce(event_id, ${done.eventId}::uuid), watched_until = ${new Date(done.watchedUntil)},
      next_look_at = ${new Date(done.nextLookAt)}
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId}`.execute(tx.tables())
}

/** Takes away all that names somebody, and the list of executions; figures stay. */
export async function closeDeletion(
  tx: Tx,
  { deletionId, executions, lateExecutions }: StoredDeletion,
  now: Instant,
): Promise<void> {
  await sql`delete from privacy_deletion_executions
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId}`.execute(tx.tables())
  await sql`update privacy_deletions set state = 'closed', closed_at = ${new Date(now)}, subject_sealed = null,
      subject_mac = null, reason = null, executions = ${executions}, late_executions = ${lateExecutions}
    where organization_id = ${tx.organizationId} and deletion_id = ${deletionId}`.execute(tx.tables())
}
