import type { EventActor, ViewFilters, ViewPage } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'
import type { View } from './model.ts'

type Owner = View['owner']

export interface StoredView extends View {
  readonly createdAt: Date
  readonly updatedAt: Date
}

interface Row {
  readonly viewId: string
  readonly page: ViewPage
  readonly ownerKind: EventActor['kind']
  readonly ownerId: string
  readonly name: string
  readonly shared: boolean
  readonly filters: ViewFilters
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

const columns = sql.raw(`view_id as "viewId", page, owner_kind as "ownerKind", owner_id as "ownerId", name, shared,
  filters, version, created_at as "createdAt", updated_at as "updatedAt"`)
const viewOf = ({ ownerKind, ownerId, ...row }: Row): StoredView => ({
  ...row,
  owner: { kind: ownerKind, id: ownerId },
})

/** The views of an owner and the shared ones, of one list or (null) of all: the own first, then by name. */
export async function selectViews(tx: Tx, owner: Owner, page: ViewPage | null): Promise<readonly StoredView[]> {
  const own = sql`owner_kind = ${owner.kind} and owner_id = ${owner.id}`
  const { rows } = await sql<Row>`
    select ${columns} from saved_views
    where organization_id = ${tx.organizationId}::uuid and (shared or (${own}))
      and (${page}::text is null or page = ${page})
    order by (${own}) desc, lower(name), view_id`.execute(tx.tables())
  return rows.map(viewOf)
}

/** One view, locked; null when there is none. */
export async function lockView(tx: Tx, viewId: string): Promise<StoredView | null> {
  const { rows } = await sql<Row>`
    select ${columns} from saved_views
    where organization_id = ${tx.organizationId}::uuid and view_id = ${viewId}::uuid for update`.execute(tx.tables())
  return rows[0] === undefined ? null : viewOf(rows[0])
}

/** How many views an owner keeps. */
export async function countViews(tx: Tx, owner: Owner): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int4 as count from saved_views
    where organization_id = ${tx.organizationId}::uuid and owner_kind = ${owner.kind} and owner_id = ${owner.id}`.execute(
    tx.tables(),
  )
  return rows[0]?.count ?? 0
}

/** Writes a view, new or changed; false: its owner has another of this name on this list, and nothing was written. */
export async function saveView(tx: Tx, view: View, now: Instant): Promise<boolean> {
  const at = new Date(now).toISOString()
  const { rows } = await sql`
    insert into saved_views as kept (organization_id, view_id, page, owner_kind, owner_id, name, shared, filters, version,
      created_at, updated_at)
    select ${tx.organizationId}::uuid, ${view.viewId}::uuid, ${view.page}, ${view.owner.kind}, ${view.owner.id},
      ${view.name}, ${view.shared}, ${JSON.stringify(view.filters)}::jsonb, ${view.version}, ${at}::timestamptz,
      ${at}::timestamptz
    where not exists (
      select 1 from saved_views o
      where o.organization_id = ${tx.organizationId}::uuid and o.owner_kind = ${view.owner.kind}
        and o.owner_id = ${view.owner.id} and o.page = ${view.page} and lower(o.name) = lower(${view.name})
        and o.view_id <> ${view.viewId}::uuid)
    on conflict (organization_id, view_id) do update set name = excluded.name, shared = excluded.shared,
      filters = excluded.filters, version = excluded.version, updated_at = excluded.updated_at
    returning kept.view_id`.execute(tx.tables())
  return rows.length > 0
}

/** Removes a view. */
export async function deleteView(tx: Tx, viewId: string): Promise<void> {
  await sql`delete from saved_views where organization_id = ${tx.organizationId}::uuid and view_id = ${viewId}::uuid`.execute(
    tx.tables(),
  )
}
