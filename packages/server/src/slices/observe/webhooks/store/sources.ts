import type { WebhookAgents, WebhookKind, WebhookMapping } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredImporter {
  readonly baseUrl: string
  readonly everyMinutes: number
}

export interface StoredSource {
  readonly source_id: string
  readonly name: string
  readonly kind: WebhookKind
  readonly environment: string
  readonly agents: WebhookAgents
  readonly mapping: WebhookMapping | null
  readonly sealed_secret: Uint8Array | null
  readonly secret_mac: Uint8Array | null
  readonly importer: StoredImporter | null
  readonly sealed_api_key: Uint8Array | null
  readonly imported_up_to: number
  readonly imported: number
  readonly imported_at: Date | null
  readonly import_error: string | null
  readonly enabled: boolean
  readonly accepted: number
  readonly unmapped: number
  readonly refused: number
  readonly last_received_at: Date | null
  readonly last_error: string | null
  readonly last_error_at: Date | null
  readonly created_at: Date
}

const columns = sql.raw(`s.source_id, s.name, s.kind, s.environment, s.agents, s.mapping, s.sealed_secret, s.secret_mac,
  s.importer, s.sealed_api_key, s.imported_up_to, s.imported, s.imported_at, s.import_error, s.enabled, s.accepted,
  s.unmapped, s.refused, s.last_received_at, s.last_error, s.last_error_at, s.created_at`)

/** Whose source an id is; null for none. Deployment scope: a sender is not known yet. */
export async function organizationOfSource(tx: Tx, sourceId: string): Promise<string | null> {
  const { rows } = await sql<{ organization_id: string }>`
    select organization_id from webhook_sources where source_id = ${sourceId}`.execute(tx.tables())
  return rows[0]?.organization_id ?? null
}

export async function sourceById(tx: Tx, sourceId: string): Promise<StoredSource | null> {
  const { rows } = await sql<StoredSource>`
    select ${columns} from webhook_sources s
    where s.organization_id = ${tx.organizationId} and s.source_id = ${sourceId}`.execute(tx.tables())
  return rows[0] ?? null
}

export async function allSources(tx: Tx): Promise<readonly StoredSource[]> {
  const { rows } = await sql<StoredSource>`
    select ${columns} from webhook_sources s
    where s.organization_id = ${tx.organizationId} order by s.name`.execute(tx.tables())
  return rows
}

/** What an admin decides about a source. */
export type SourceFields = Pick<
  StoredSource,
  | 'name'
  | 'kind'
  | 'environment'
  | 'agents'
  | 'mapping'
  | 'sealed_secret'
  | 'secret_mac'
  | 'importer'
  | 'sealed_api_key'
  | 'enabled'
>

/** Adds a source; false when its name is taken. */
export async function insertSource(tx: Tx, sourceId: string, fields: SourceFields, now: Instant): Promise<boolean> {
  const { rows } = await sql`
    insert into webhook_sources (organization_id, source_id, name, kind, environment, agents, mapping, sealed_secret,
      secret_mac, importer, sealed_api_key, import_due_at, enabled, created_at)
    values (${tx.organizationId}, ${sourceId}, ${fields.name}, ${fields.kind}, ${fields.environment},
      ${JSON.stringify(fields.agents)}::jsonb, ${jsonOrNull(fields.mapping)}::jsonb, ${fields.sealed_secret},
      ${fields.secret_mac}, ${jsonOrNull(fields.importer)}::jsonb, ${fields.sealed_api_key},
      ${fields.importer === null ? null : new Date(now)}, ${fields.enabled}, ${new Date(now)})
    on conflict (organization_id, name) do nothing returning source_id`.execute(tx.tables())
  return rows.length > 0
}

/** Writes what an admin decided; false when another source has the name. */
export async function updateSource(tx: Tx, sourceId: string, fields: SourceFields, now: Instant): Promise<boolean> {
  const { rows } = await sql`
    update webhook_sources s set name = ${fields.name}, environment = ${fields.environment},
      agents = ${JSON.stringify(fields.agents)}::jsonb, mapping = ${jsonOrNull(fields.mapping)}::jsonb,
      sealed_secret = ${fields.sealed_secret}, secret_mac = ${fields.secret_mac},
      importer = ${jsonOrNull(fields.importer)}::jsonb, sealed_api_key = ${fields.sealed_api_key},
      import_due_at = ${fields.importer === null ? null : new Date(now)}, enabled = ${fields.enabled}
    where s.organization_id = ${tx.organizationId} and s.source_id = ${sourceId}
      and not exists (select from webhook_sources o where o.organization_id = ${tx.organizationId}
        and o.name = ${fields.name} and o.source_id <> ${sourceId})
    returning s.source_id`.execute(tx.tables())
  return rows.length > 0
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

export async function countAccepted(tx: Tx, sourceId: string, now: Instant): Promise<void> {
  await sql`update webhook_sources set accepted = accepted + 1, last_received_at = ${new Date(now)}
    where organization_id = ${tx.organizationId} and source_id = ${sourceId}`.execute(tx.tables())
}

/** Counts a message that was refused, or accepted and not mapped, and keeps its reason as the source's last error. */
export async function countFault(
  tx: Tx,
  sourceId: string,
  what: 'refused' | 'unmapped',
  error: string,
  now: Instant,
): Promise<void> {
  const refused = what === 'refused' ? 1 : 0
  await sql`update webhook_sources set refused = refused + ${refused}, unmapped = unmapped + ${1 - refused},
      last_error = ${error.slice(0, 1_000)}, last_error_at = ${new Date(now)}
    where organization_id = ${tx.organizationId} and source_id = ${sourceId}`.execute(tx.tables())
}

/** Sources whose import is due, with their organizations. Deployment scope. */
export async function dueImports(
  tx: Tx,
  now: Instant,
): Promise<readonly { readonly organizationId: string; readonly sourceId: string }[]> {
  const { rows } = await sql<{ organization_id: string; source_id: string }>`
    select organization_id, source_id from webhook_sources
    where importer is not null and enabled and import_due_at <= ${new Date(now)}
    order by import_due_at limit 100`.execute(tx.tables())
  return rows.map((row) => ({ organizationId: row.organization_id, sourceId: row.source_id }))
}

/** Records how an import ended and when the next one is due. */
export async function saveImport(
  tx: Tx,
  sourceId: string,
  ended: {
    readonly upTo: number
    readonly imported: number
    readonly error: string | null
    readonly at: Instant
    readonly nextAt: Instant
  },
): Promise<void> {
  await sql`update webhook_sources set imported_up_to = greatest(imported_up_to, ${ended.upTo}),
      imported = imported + ${ended.imported}, imported_at = ${new Date(ended.at)}, import_error = ${ended.error},
      import_due_at = ${new Date(ended.nextAt)}
    where organization_id = ${tx.organizationId} and source_id = ${sourceId}`.execute(tx.tables())
}
