import type { DeclaredDependency, Impact, JsonValue, MacroBlock, MacroDefinition } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

const iso = (at: Instant) => new Date(at).toISOString()

/** A macro with its version in force. */
export interface StoredMacro {
  readonly macroId: string
  readonly name: string
  readonly description: string
  readonly impact: Impact
  readonly environments: string[]
  readonly enabled: boolean
  readonly version: number
  readonly secret: Uint8Array | null
  readonly blocks: MacroBlock[] | null
  readonly changedAt: Date
  readonly changedBy: string
  readonly definition: MacroDefinition
}

const columns = sql.raw(`m.macro_id as "macroId", m.name, m.description, m.impact, m.environments, m.enabled, m.version,
  m.secret, m.blocks, m.changed_at as "changedAt", m.changed_by as "changedBy", v.definition`)
const withVersion = sql.raw(`macros m join macro_versions v
  on v.organization_id = m.organization_id and v.macro_id = m.macro_id and v.version = m.version`)

/** Every macro, by name. */
export async function selectMacros(tx: Tx): Promise<readonly StoredMacro[]> {
  const { rows } = await sql<StoredMacro>`
    select ${columns} from ${withVersion} where m.organization_id = ${tx.organizationId}::uuid order by m.name`.execute(
    tx.tables(),
  )
  return rows
}

/** The macro of that name; null when there is none. `lock` holds it until the transaction ends. */
export async function macroByName(tx: Tx, name: string, lock: boolean): Promise<StoredMacro | null> {
  const { rows } = await sql<StoredMacro>`
    select ${columns} from ${withVersion} where m.organization_id = ${tx.organizationId}::uuid and m.name = ${name}
    ${lock ? sql`for update of m` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/**
 * Makes saving a macro and publishing a dependency wait for each other until the transaction ends: each decides by what
 * the other writes.
 */
export async function lockDefinitions(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`playbooks:${tx.organizationId}`}, 0))`.execute(tx.tables())
}

/** Writes a macro, new or changed; its version must be there or come in the same transaction. */
export async function saveMacro(
  tx: Tx,
  macro: Omit<StoredMacro, 'definition' | 'changedAt'> & { readonly changedAt: Instant },
): Promise<void> {
  const blocks = macro.blocks === null ? null : JSON.stringify(macro.blocks)
  await sql`
    insert into macros (organization_id, macro_id, name, description, impact, environments, enabled, version, secret,
      blocks, changed_at, changed_by)
    values (${tx.organizationId}::uuid, ${macro.macroId}::uuid, ${macro.name}, ${macro.description}, ${macro.impact},
      ${macro.environments}::text[], ${macro.enabled}, ${macro.version}, ${macro.secret}, ${blocks}::jsonb,
      ${iso(macro.changedAt)}::timestamptz, ${macro.changedBy})
    on conflict (organization_id, macro_id) do update set description = excluded.description,
      impact = excluded.impact, environments = excluded.environments, enabled = excluded.enabled,
      version = excluded.version, secret = excluded.secret, blocks = excluded.blocks, changed_at = excluded.changed_at,
      changed_by = excluded.changed_by`.execute(tx.tables())
}

/** Keeps what blocks a macro now; null: nothing does. */
export async function saveBlocks(tx: Tx, macroId: string, blocks: readonly MacroBlock[] | null): Promise<void> {
  await sql`
    update macros set blocks = ${blocks === null ? null : JSON.stringify(blocks)}::jsonb
    where organization_id = ${tx.organizationId}::uuid and macro_id = ${macroId}::uuid`.execute(tx.tables())
}

export async function saveSecret(tx: Tx, macroId: string, secret: Uint8Array): Promise<void> {
  await sql`
    update macros set secret = ${secret}
    where organization_id = ${tx.organizationId}::uuid and macro_id = ${macroId}::uuid`.execute(tx.tables())
}

/** The sealed secret of a macro; null when its calls are not signed. */
export async function secretOf(tx: Tx, macroId: string): Promise<Uint8Array | null> {
  const { rows } = await sql<{ secret: Uint8Array | null }>`
    select secret from macros
    where organization_id = ${tx.organizationId}::uuid and macro_id = ${macroId}::uuid`.execute(tx.tables())
  return rows[0]?.secret ?? null
}

export interface StoredVersion {
  readonly version: number
  readonly definition: MacroDefinition
  readonly digest: string
  readonly reason: string
  readonly approvalId: string | null
  readonly createdAt: Date
  readonly createdBy: string
}

/** Adds a version, which nobody changes any more. */
export async function insertVersion(
  tx: Tx,
  macroId: string,
  one: Omit<StoredVersion, 'createdAt'> & { readonly createdAt: Instant },
): Promise<void> {
  await sql`
    insert into macro_versions (organization_id, macro_id, version, definition, digest, reason, approval_id, created_at,
      created_by)
    values (${tx.organizationId}::uuid, ${macroId}::uuid, ${one.version}, ${JSON.stringify(one.definition)}::json,
      ${one.digest}, ${one.reason}, ${one.approvalId}::uuid, ${iso(one.createdAt)}::timestamptz, ${one.createdBy})`.execute(
    tx.tables(),
  )
}

const versionColumns = sql.raw(
  `version, definition, digest, reason, approval_id as "approvalId", created_at as "createdAt", created_by as "createdBy"`,
)

/** Versions of a macro, the newest first. */
export async function selectVersions(tx: Tx, macroId: string, limit: number): Promise<readonly StoredVersion[]> {
  const { rows } = await sql<StoredVersion>`
    select ${versionColumns} from macro_versions
    where organization_id = ${tx.organizationId}::uuid and macro_id = ${macroId}::uuid
    order by version desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** The definition of one version; versions are never removed. */
export async function definitionOf(tx: Tx, macroId: string, version: number): Promise<MacroDefinition | null> {
  const { rows } = await sql<{ definition: MacroDefinition }>`
    select definition from macro_versions
    where organization_id = ${tx.organizationId}::uuid and macro_id = ${macroId}::uuid and version = ${version}`.execute(
    tx.tables(),
  )
  return rows[0]?.definition ?? null
}

/** What a provider publishes. */
export interface StoredDependency {
  readonly name: string
  readonly version: string
  readonly schema: DeclaredDependency['schema']
  readonly revision: number
  readonly source: string
  readonly publishedAt: Date
}

/** Every published dependency, by name. */
export async function selectDependencies(tx: Tx): Promise<readonly StoredDependency[]> {
  const { rows } = await sql<StoredDependency>`
    select name, version, schema, revision, source, published_at as "publishedAt" from macro_dependencies
    where organization_id = ${tx.organizationId}::uuid order by name`.execute(tx.tables())
  return rows
}

export async function saveDependency(
  tx: Tx,
  one: Omit<StoredDependency, 'publishedAt'> & { readonly publishedAt: Instant },
): Promise<void> {
  const schema: JsonValue = one.schema
  await sql`
    insert into macro_dependencies (organization_id, name, version, schema, revision, source, published_at)
    values (${tx.organizationId}::uuid, ${one.name}, ${one.version}, ${JSON.stringify(schema)}::json, ${one.revision},
      ${one.source}, ${iso(one.publishedAt)}::timestamptz)
    on conflict (organization_id, name) do update set version = excluded.version, schema = excluded.schema,
      revision = excluded.revision, source = excluded.source, published_at = excluded.published_at`.execute(tx.tables())
}

/** Whether macros may be started, by name; those that are not there are left out. */
export async function statesOf(
  tx: Tx,
  names: readonly string[],
): Promise<ReadonlyMap<string, { readonly enabled: boolean; readonly blocked: boolean }>> {
  const { rows } = await sql<{ name: string; enabled: boolean; blocked: boolean }>`
    select name, enabled, blocks is not null as blocked from macros
    where organization_id = ${tx.organizationId}::uuid and name = any(${names}::text[])`.execute(tx.tables())
  return new Map(rows.map(({ name, ...state }) => [name, state]))
}
