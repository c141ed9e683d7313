import type { BurnStatus, SlaState } from '@metaagent/contract'
import { type ColumnType, type Kysely, type Selectable, sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { SlaDefinition } from '../model/definition.ts'

// Documents go in as text: an array would be read as an SQL array.
type Json<T> = ColumnType<T, string, string>

interface SlaTable {
  organization_id: string
  sla_id: string
  version: number
  name: string
  definition: Json<SlaDefinition>
  agent_id: string | null
  domain: string | null
  environment: string | null
  created_at: Date
  changed_at: Date
  changed_by: string
  archived_at: Date | null
  state: SlaState
  burn: Json<BurnStatus[]>
}

interface VersionTable {
  organization_id: string
  sla_id: string
  version: number
  definition: Json<SlaDefinition>
  changed_at: Date
  changed_by: string
}

interface Tables {
  agent_slas: SlaTable
  agent_sla_versions: VersionTable
}

const tables = (tx: Tx): Kysely<Tables> => tx.tables<Tables>()

/** An SLA as the table holds it. */
export interface StoredSla {
  readonly slaId: string
  readonly version: number
  readonly definition: SlaDefinition
  readonly createdAt: Date
  readonly changedAt: Date
  readonly changedBy: string
  readonly archivedAt: Date | null
  readonly state: SlaState
  readonly burn: BurnStatus[]
}

function slaOf(row: Selectable<SlaTable>): StoredSla {
  return {
    slaId: row.sla_id,
    version: row.version,
    definition: row.definition,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    changedBy: row.changed_by,
    archivedAt: row.archived_at,
    state: row.state,
    burn: row.burn,
  }
}

const columnsOf = (definition: SlaDefinition) => ({
  name: definition.name,
  definition: JSON.stringify(definition),
  agent_id: definition.scope.agentId,
  domain: definition.scope.domain,
  environment: definition.scope.environment,
})

interface Saved {
  readonly slaId: string
  readonly version: number
  readonly definition: SlaDefinition
  readonly at: Date
  readonly by: string
}

export async function insertSla(tx: Tx, { slaId, version, definition, at, by }: Saved): Promise<void> {
  const of = { organization_id: tx.organizationId, sla_id: slaId, version, changed_at: at, changed_by: by }
  await tables(tx)
    .insertInto('agent_slas')
    .values({ ...of, ...columnsOf(definition), created_at: at, archived_at: null, state: 'unknown', burn: '[]' })
    .execute()
  await insertVersion(tx, { slaId, version, definition, at, by })
}

async function insertVersion(tx: Tx, { slaId, version, definition, at, by }: Saved): Promise<void> {
  await tables(tx)
    .insertInto('agent_sla_versions')
    .values({
      organization_id: tx.organizationId,
      sla_id: slaId,
      version,
      definition: JSON.stringify(definition),
      changed_at: at,
      changed_by: by,
    })
    .execute()
}

export async function updateSla(tx: Tx, saved: Saved): Promise<void> {
  await tables(tx)
    .updateTable('agent_slas')
    .set({ version: saved.version, ...columnsOf(saved.definition), changed_at: saved.at, changed_by: saved.by })
    .where('organization_id', '=', tx.organizationId)
    .where('sla_id', '=', saved.slaId)
    .execute()
  await insertVersion(tx, saved)
}

export async function archiveSla(tx: Tx, slaId: string, at: Date, by: string): Promise<void> {
  await tables(tx)
    .updateTable('agent_slas')
    .set({ archived_at: at, changed_at: at, changed_by: by })
    .where('organization_id', '=', tx.organizationId)
    .where('sla_id', '=', slaId)
    .execute()
}

/** What the newest judgement said. */
export async function saveState(tx: Tx, slaId: string, state: SlaState, burn: readonly BurnStatus[]): Promise<void> {
  await tables(tx)
    .updateTable('agent_slas')
    .set({ state, burn: JSON.stringify(burn) })
    .where('organization_id', '=', tx.organizationId)
    .where('sla_id', '=', slaId)
    .execute()
}

/** One SLA, archived ones too; `lock` keeps two writers from changing one version into two. */
export async function selectSla(tx: Tx, slaId: string, lock = false): Promise<StoredSla | null> {
  const query = tables(tx)
    .selectFrom('agent_slas')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('sla_id', '=', slaId)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row === undefined ? null : slaOf(row)
}

export async function slaByName(tx: Tx, name: string): Promise<string | null> {
  const row = await tables(tx)
    .selectFrom('agent_slas')
    .select('sla_id')
    .where('organization_id', '=', tx.organizationId)
    .where('name', '=', name)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
  return row?.sla_id ?? null
}

/** Which SLAs a list shows; null means all. Archived ones are never listed. */
export interface SlaFilter {
  readonly agentId: string | null
  readonly domain: string | null
  readonly environment: string | null
  readonly state: SlaState | null
}

const urgency = sql<number>`array_position(array['breached', 'burning', 'unknown', 'met'], state)`

/** What needs a look first, then by name, from behind `after` on. */
export async function selectSlas(
  tx: Tx,
  filter: SlaFilter,
  after: { readonly urgency: number; readonly name: string } | null,
  limit: number,
): Promise<readonly (StoredSla & { readonly urgency: number })[]> {
  let query = tables(tx)
    .selectFrom('agent_slas')
    .selectAll()
    .select(urgency.as('urgency'))
    .where('organization_id', '=', tx.organizationId)
    .where('archived_at', 'is', null)
    .orderBy(urgency)
    .orderBy('name')
    .limit(limit)
  if (filter.agentId !== null) query = query.where('agent_id', '=', filter.agentId)
  if (filter.domain !== null) query = query.where('domain', '=', filter.domain)
  if (filter.environment !== null) query = query.where('environment', '=', filter.environment)
  if (filter.state !== null) query = query.where('state', '=', filter.state)
  if (after !== null)
    query = query.where(sql<boolean>`(${urgency}, name) > (${after.urgency}::int, ${after.name}::text)`)
  return (await query.execute()).map((row) => ({ ...slaOf(row), urgency: row.urgency }))
}

/** Every SLA that is to be judged. */
export async function activeSlas(tx: Tx): Promise<readonly StoredSla[]> {
  const rows = await tables(tx)
    .selectFrom('agent_slas')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('archived_at', 'is', null)
    .where(sql<boolean>`(definition->>'enabled')::boolean`)
    .orderBy('sla_id')
    .execute()
  return rows.map(slaOf)
}

/** Every version of an SLA, the newest first. */
export async function selectVersions(tx: Tx, slaId: string): Promise<readonly Selectable<VersionTable>[]> {
  return await tables(tx)
    .selectFrom('agent_sla_versions')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('sla_id', '=', slaId)
    .orderBy('version', 'desc')
    .execute()
}
