import type { AlertSeverity, AmendmentEvidence, AmendmentState, Because, FailureCounts } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { DriftNews } from '../model/proposal.ts'

/** An amendment as its table holds it. */
export interface AmendmentRow {
  readonly amendmentId: string
  readonly document: string
  readonly state: AmendmentState
  readonly origin: 'drift' | 'person'
  readonly streamId: string | null
  readonly news: DriftNews | null
  readonly title: string
  readonly reason: string
  readonly severity: AlertSeverity
  readonly section: string | null
  readonly failures: FailureCounts | null
  readonly because: Because
  readonly evidence: readonly AmendmentEvidence[]
  readonly alarms: number
  readonly baseVersion: number
  readonly baseDigest: string
  readonly draft: string
  readonly draftDigest: string
  readonly added: number
  readonly removed: number
  readonly revision: number
  readonly isEdited: boolean
  readonly openedBy: string
  readonly openedAt: Instant
  readonly updatedAt: Instant
  readonly expiresAt: Instant
  readonly decidedBy: string | null
  readonly decidedAt: Instant | null
  readonly decisionReason: string | null
  readonly approvalId: string | null
  readonly correlationId: string
}

interface Stored extends Omit<AmendmentRow, 'openedAt' | 'updatedAt' | 'expiresAt' | 'decidedAt'> {
  readonly openedAt: Date
  readonly updatedAt: Date
  readonly expiresAt: Date
  readonly decidedAt: Date | null
}

const columns = sql.raw(
  `amendment_id as "amendmentId", document, state, origin, stream_id as "streamId", news, title, reason, severity, section,
   failures, because, evidence, alarms, base_version as "baseVersion", base_digest as "baseDigest", draft,
   draft_digest as "draftDigest", added, removed, revision, is_edited as "isEdited", opened_by as "openedBy",
   opened_at as "openedAt", updated_at as "updatedAt", expires_at as "expiresAt", decided_by as "decidedBy",
   decided_at as "decidedAt", decision_reason as "decisionReason", approval_id as "approvalId",
   correlation_id as "correlationId"`,
)

const instantOf = (at: Date) => instantFromEpochMs(at.getTime())

function toRow({ openedAt, updatedAt, expiresAt, decidedAt, ...row }: Stored): AmendmentRow {
  return {
    ...row,
    openedAt: instantOf(openedAt),
    updatedAt: instantOf(updatedAt),
    expiresAt: instantOf(expiresAt),
    decidedAt: decidedAt === null ? null : instantOf(decidedAt),
  }
}

const jsonOf = (value: unknown) => (value === null ? null : JSON.stringify(value))

export async function insertAmendment(tx: Tx, row: AmendmentRow): Promise<void> {
  await sql`
    insert into amendments (organization_id, amendment_id, document, state, origin, stream_id, news, title, reason,
      severity, section, failures, because, evidence, alarms, base_version, base_digest, draft, draft_digest, added,
      removed, revision, is_edited, opened_by, opened_at, updated_at, expires_at, correlation_id)
    values (${tx.organizationId}, ${row.amendmentId}, ${row.document}, ${row.state}, ${row.origin}, ${row.streamId},
      ${jsonOf(row.news)}, ${row.title}, ${row.reason}, ${row.severity}, ${row.section}, ${jsonOf(row.failures)},
      ${jsonOf(row.because)}, ${jsonOf(row.evidence)}, ${row.alarms}, ${row.baseVersion}, ${row.baseDigest},
      ${row.draft}, ${row.draftDigest}, ${row.added}, ${row.removed}, ${row.revision}, ${row.isEdited},
      ${row.openedBy}, ${new Date(row.openedAt)}, ${new Date(row.updatedAt)}, ${new Date(row.expiresAt)},
      ${row.correlationId})`.execute(tx.tables())
}

/** Writes what may change while it is open, and how it was decided. */
export async function updateAmendment(tx: Tx, row: AmendmentRow): Promise<void> {
  const decidedAt = row.decidedAt === null ? null : new Date(row.decidedAt)
  await sql`
    update amendments set state = ${row.state}, news = ${jsonOf(row.news)}, title = ${row.title}, reason = ${row.reason},
      severity = ${row.severity}, section = ${row.section}, failures = ${jsonOf(row.failures)},
      because = ${jsonOf(row.because)}, evidence = ${jsonOf(row.evidence)}, alarms = ${row.alarms},
      base_version = ${row.baseVersion}, base_digest = ${row.baseDigest}, draft = ${row.draft},
      draft_digest = ${row.draftDigest}, added = ${row.added}, removed = ${row.removed}, revision = ${row.revision},
      is_edited = ${row.isEdited}, updated_at = ${new Date(row.updatedAt)}, decided_by = ${row.decidedBy},
      decided_at = ${decidedAt}, decision_reason = ${row.decisionReason}, approval_id = ${row.approvalId}
    where organization_id = ${tx.organizationId} and amendment_id = ${row.amendmentId}`.execute(tx.tables())
}

export async function amendmentById(tx: Tx, amendmentId: string, lock: boolean): Promise<AmendmentRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from amendments
    where organization_id = ${tx.organizationId} and amendment_id = ${amendmentId}
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] === undefined ? null : toRow(rows[0])
}

/** The amendment of a document that is open for a stream, locked. */
export async function lockOpenOfStream(tx: Tx, streamId: string, document: string): Promise<AmendmentRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from amendments
    where organization_id = ${tx.organizationId} and stream_id = ${streamId} and document = ${document}
      and state = 'open' for update`.execute(tx.tables())
  return rows[0] === undefined ? null : toRow(rows[0])
}

/** What the last ratified amendment of a stream rested on, of each document; one that only took a rule out has none. */
export async function ratifiedNewsOf(tx: Tx, streamId: string): Promise<readonly DriftNews[]> {
  const { rows } = await sql<{ news: DriftNews }>`
    select distinct on (document) news from amendments
    where organization_id = ${tx.organizationId} and stream_id = ${streamId} and state = 'ratified' and news is not null
    order by document, amendment_id desc`.execute(tx.tables())
  return rows.map(({ news }) => news)
}

export interface AmendmentFilters {
  readonly state: AmendmentState | null
  readonly document: string | null
  readonly severity: AlertSeverity | null
  readonly origin: 'drift' | 'person' | null
}

/** A row with its place in the list. */
export interface RankedRow extends AmendmentRow {
  readonly rank: number
}

/** Open ones first, the gravest of them before the others, then the newest. Ids are made in the order of time. */
export async function listAmendments(
  tx: Tx,
  filters: AmendmentFilters,
  after: { readonly rank: number; readonly amendmentId: string } | null,
  limit: number,
): Promise<readonly RankedRow[]> {
  const { state, document, severity, origin } = filters
  const { rows } = await sql<Stored & { rank: number }>`
    select * from (
      select ${columns}, case when state <> 'open' then 0 when severity = 'critical' then 3
        when severity = 'warning' then 2 else 1 end as rank
      from amendments
      where organization_id = ${tx.organizationId}
        ${state === null ? sql`` : sql`and state = ${state}`}
        ${document === null ? sql`` : sql`and lower(document) = lower(${document})`}
        ${severity === null ? sql`` : sql`and severity = ${severity}`}
        ${origin === null ? sql`` : sql`and origin = ${origin}`}
    ) ranked
    ${after === null ? sql`` : sql`where (rank, "amendmentId") < (${after.rank}::int4, ${after.amendmentId}::uuid)`}
    order by rank desc, "amendmentId" desc limit ${limit}`.execute(tx.tables())
  return rows.map(({ rank, ...row }) => ({ ...toRow(row), rank }))
}

/** Open ones whose time is over, locked; those that somebody decides just now are left for the next run. */
export async function lockDue(tx: Tx, now: Instant, limit: number): Promise<readonly AmendmentRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from amendments
    where organization_id = ${tx.organizationId} and state = 'open' and expires_at <= ${new Date(now)}
    order by expires_at limit ${limit} for update skip locked`.execute(tx.tables())
  return rows.map(toRow)
}

export interface RevisionRow {
  readonly revision: number
  readonly baseVersion: number
  readonly draftDigest: string
  readonly author: string
  readonly note: string
  readonly madeAt: Instant
}

export async function insertRevision(
  tx: Tx,
  amendmentId: string,
  row: RevisionRow & { readonly draft: string },
): Promise<void> {
  await sql`
    insert into amendment_revisions (organization_id, amendment_id, revision, base_version, draft, draft_digest, author,
      note, made_at)
    values (${tx.organizationId}, ${amendmentId}, ${row.revision}, ${row.baseVersion}, ${row.draft}, ${row.draftDigest},
      ${row.author}, ${row.note}, ${new Date(row.madeAt)})`.execute(tx.tables())
}

/** Newest first. */
export async function revisionsOf(tx: Tx, amendmentId: string): Promise<readonly RevisionRow[]> {
  const { rows } = await sql<Omit<RevisionRow, 'madeAt'> & { madeAt: Date }>`
    select revision, base_version as "baseVersion", draft_digest as "draftDigest", author, note, made_at as "madeAt"
    from amendment_revisions
    where organization_id = ${tx.organizationId} and amendment_id = ${amendmentId}
    order by revision desc limit 200`.execute(tx.tables())
  return rows.map(({ madeAt, ...row }) => ({ ...row, madeAt: instantOf(madeAt) }))
}

/** Adds an alarm to those behind an amendment; false: it stands there already. */
export async function insertAlarm(tx: Tx, amendmentId: string, alarmId: string, now: Instant): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    insert into amendment_alarms (organization_id, amendment_id, alarm_id, told_at)
    values (${tx.organizationId}, ${amendmentId}, ${alarmId}, ${new Date(now)})
    on conflict do nothing returning alarm_id as id`.execute(tx.tables())
  return rows.length > 0
}

export async function alarmsOf(tx: Tx, amendmentId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select alarm_id as id from amendment_alarms
    where organization_id = ${tx.organizationId} and amendment_id = ${amendmentId} order by told_at, alarm_id`.execute(
    tx.tables(),
  )
  return rows.map(({ id }) => id)
}
