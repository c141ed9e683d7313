import type { SpecialistDefinition, SpecialistEvaluation, SpecialistState } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** A specialist as the table holds it. */
export interface StoredSpecialist {
  readonly specialistId: string
  readonly name: string
  readonly owner: string
  readonly revision: number
  readonly createdAt: Date
  readonly changedAt: Date
}

const columns = sql.raw(`s.specialist_id as "specialistId", s.name, s.owner, s.revision,
  s.created_at as "createdAt", s.changed_at as "changedAt"`)

/** One specialist that is not removed; `lock` keeps two from deciding about it at once. */
export async function specialistById(tx: Tx, specialistId: string, lock = false): Promise<StoredSpecialist | null> {
  const { rows } = await sql<StoredSpecialist>`
    select ${columns} from specialists s
    where s.organization_id = ${tx.organizationId}::uuid and s.specialist_id = ${specialistId}::uuid
      and s.removed_at is null
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Whose specialist an id is; null for nobody's. Deployment scope: whoever reads a public card has no organization. */
export async function organizationOfSpecialist(tx: Tx, specialistId: string): Promise<string | null> {
  const { rows } = await sql<{ organizationId: string }>`
    select organization_id as "organizationId" from specialists
    where specialist_id = ${specialistId}::uuid and removed_at is null`.execute(tx.tables())
  return rows[0]?.organizationId ?? null
}

/** False when the name is taken. */
export async function insertSpecialist(tx: Tx, made: Omit<StoredSpecialist, 'changedAt'>): Promise<boolean> {
  const at = made.createdAt.toISOString()
  const { rows } = await sql`
    insert into specialists (organization_id, specialist_id, name, owner, revision, created_at, changed_at)
    values (${tx.organizationId}::uuid, ${made.specialistId}::uuid, ${made.name}, ${made.owner}, ${made.revision},
      ${at}::timestamptz, ${at}::timestamptz)
    on conflict (organization_id, name) where removed_at is null do nothing returning specialist_id`.execute(
    tx.tables(),
  )
  return rows.length > 0
}

/** Counts one change, and sets the owner where one is given. Returns the new revision. */
export async function touchSpecialist(
  tx: Tx,
  specialistId: string,
  change: { readonly owner: string | null; readonly at: Date; readonly removes?: boolean },
): Promise<number> {
  const at = change.at.toISOString()
  const { rows } = await sql<{ revision: number }>`
    update specialists set revision = revision + 1, changed_at = ${at}::timestamptz,
      owner = coalesce(${change.owner}::text, owner),
      removed_at = ${change.removes === true ? at : null}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and specialist_id = ${specialistId}::uuid
    returning revision`.execute(tx.tables())
  return rows[0]?.revision ?? 0
}

/** A version as the table holds it. */
export interface StoredVersion {
  readonly specialistId: string
  readonly version: string
  readonly place: number
  readonly state: SpecialistState
  readonly definition: SpecialistDefinition
  readonly digest: string
  readonly trainingRun: string | null
  readonly evaluation: SpecialistEvaluation | null
  readonly approvalId: string | null
  readonly createdAt: Date
  readonly createdBy: string
  readonly changedAt: Date
}

const versionColumns = sql.raw(`v.specialist_id as "specialistId", v.version, v.place, v.state, v.definition, v.digest,
  v.training_run as "trainingRun", v.evaluation, v.approval_id as "approvalId", v.created_at as "createdAt",
  v.created_by as "createdBy", v.changed_at as "changedAt"`)

/** Every version of a specialist, the newest first. */
export async function versionsOf(tx: Tx, specialistId: string): Promise<readonly StoredVersion[]> {
  const { rows } = await sql<StoredVersion>`
    select ${versionColumns} from specialist_versions v
    where v.organization_id = ${tx.organizationId}::uuid and v.specialist_id = ${specialistId}::uuid
    order by v.place desc`.execute(tx.tables())
  return rows
}

export async function insertVersion(
  tx: Tx,
  made: Pick<StoredVersion, 'specialistId' | 'version' | 'place' | 'definition' | 'digest' | 'createdAt' | 'createdBy'>,
): Promise<void> {
  const at = made.createdAt.toISOString()
  await sql`
    insert into specialist_versions (organization_id, specialist_id, version, place, state, definition, digest,
      created_at, created_by, changed_at)
    values (${tx.organizationId}::uuid, ${made.specialistId}::uuid, ${made.version}, ${made.place}, 'proposed',
      ${JSON.stringify(made.definition)}::jsonb, ${made.digest}, ${at}::timestamptz, ${made.createdBy},
      ${at}::timestamptz)`.execute(tx.tables())
}

/** Moves a version; what is null of the facts stays as it was. */
export async function moveVersion(
  tx: Tx,
  moved: {
    readonly specialistId: string
    readonly version: string
    readonly to: SpecialistState
    readonly trainingRun: string | null
    readonly evaluation: SpecialistEvaluation | null
    readonly approvalId: string | null
    readonly at: Date
  },
): Promise<void> {
  const evaluation = moved.evaluation === null ? null : JSON.stringify(moved.evaluation)
  await sql`
    update specialist_versions set state = ${moved.to}, changed_at = ${moved.at.toISOString()}::timestamptz,
      training_run = coalesce(${moved.trainingRun}::text, training_run),
      evaluation = coalesce(${evaluation}::jsonb, evaluation),
      approval_id = coalesce(${moved.approvalId}::uuid, approval_id)
    where organization_id = ${tx.organizationId}::uuid and specialist_id = ${moved.specialistId}::uuid
      and version = ${moved.version}`.execute(tx.tables())
}

/** A specialist with the version that a list shows: the active one, else the newest. */
export interface ShownSpecialist extends StoredSpecialist {
  readonly shown: StoredVersion
  readonly versionCount: number
}

export interface SpecialistFilter {
  readonly state: SpecialistState | null
  readonly owner: string | null
}

/** By name, from behind `after` on. */
export async function selectSpecialists(
  tx: Tx,
  { state, owner }: SpecialistFilter,
  after: string | null,
  limit: number,
): Promise<readonly ShownSpecialist[]> {
  const { rows } = await sql<StoredSpecialist & { versionCount: number; shownVersion: string }>`
    select ${columns}, p.version as "shownVersion",
      (select count(*)::int from specialist_versions c
        where c.organization_id = s.organization_id and c.specialist_id = s.specialist_id) as "versionCount"
    from specialists s
    cross join lateral (
      select o.version, o.state from specialist_versions o
      where o.organization_id = s.organization_id and o.specialist_id = s.specialist_id
      order by (o.state = 'active') desc, o.place desc limit 1) p
    where s.organization_id = ${tx.organizationId}::uuid and s.removed_at is null
      and (${state}::text is null or p.state = ${state}::text)
      and (${owner}::text is null or s.owner = ${owner}::text)
      and (${after}::text is null or s.name > ${after}::text)
    order by s.name limit ${limit}`.execute(tx.tables())
  const versions = await versionsNamed(
    tx,
    rows.map(({ specialistId, shownVersion }) => [specialistId, shownVersion]),
  )
  return rows.flatMap(({ shownVersion: _, ...row }) => {
    const shown = versions.get(row.specialistId)
    return shown === undefined ? [] : [{ ...row, shown }]
  })
}

async function versionsNamed(
  tx: Tx,
  named: readonly (readonly [string, string])[],
): Promise<ReadonlyMap<string, StoredVersion>> {
  if (named.length === 0) return new Map()
  const { rows } = await sql<StoredVersion>`
    select ${versionColumns} from specialist_versions v
    join unnest(${named.map(([id]) => id)}::uuid[], ${named.map(([, version]) => version)}::text[]) as k(id, version)
      on v.specialist_id = k.id and v.version = k.version
    where v.organization_id = ${tx.organizationId}::uuid`.execute(tx.tables())
  return new Map(rows.map((row) => [row.specialistId, row]))
}

/** Specialists with an active version, by name: what discovery and catalogs show. */
export async function activeSpecialists(tx: Tx, limit: number): Promise<readonly ShownSpecialist[]> {
  return await selectSpecialists(tx, { state: 'active', owner: null }, null, limit)
}

/** What moved a version. */
export interface StoredMove {
  readonly moveId: string
  readonly specialistId: string
  readonly version: string
  readonly verb: string
  readonly from: SpecialistState | null
  readonly to: SpecialistState
  readonly reason: string
  readonly because: { rule: string; observed: number | string | null; limit: number | string | null; text: string }
  readonly evaluation: SpecialistEvaluation | null
  readonly trainingRun: string | null
  readonly approvalId: string | null
  readonly by: string
  readonly at: Date
}

export async function insertMove(tx: Tx, move: StoredMove): Promise<void> {
  const evaluation = move.evaluation === null ? null : JSON.stringify(move.evaluation)
  await sql`
    insert into specialist_moves (organization_id, move_id, specialist_id, version, verb, from_state, to_state, reason,
      because, evaluation, training_run, approval_id, moved_by, moved_at)
    values (${tx.organizationId}::uuid, ${move.moveId}::uuid, ${move.specialistId}::uuid, ${move.version}, ${move.verb},
      ${move.from}, ${move.to}, ${move.reason}, ${JSON.stringify(move.because)}::jsonb, ${evaluation}::jsonb,
      ${move.trainingRun}, ${move.approvalId}::uuid, ${move.by}, ${move.at.toISOString()}::timestamptz)`.execute(
    tx.tables(),
  )
}

/** Moves of a specialist, the newest first, from behind `after` on. */
export async function selectMoves(
  tx: Tx,
  specialistId: string,
  after: string | null,
  limit: number,
): Promise<readonly StoredMove[]> {
  const { rows } = await sql<StoredMove>`
    select move_id as "moveId", specialist_id as "specialistId", version, verb, from_state as "from", to_state as "to",
      reason, because, evaluation, training_run as "trainingRun", approval_id as "approvalId", moved_by as "by",
      moved_at as "at"
    from specialist_moves
    where organization_id = ${tx.organizationId}::uuid and specialist_id = ${specialistId}::uuid
      and (${after}::uuid is null or move_id < ${after}::uuid)
    order by move_id desc limit ${limit}`.execute(tx.tables())
  return rows
}
