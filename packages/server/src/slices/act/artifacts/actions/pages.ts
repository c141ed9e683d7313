import { Uuid } from '@metaagent/contract'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/** Where a page begins: behind this id; null is the start. */
export function placeOf(list: string, filters: unknown, cursor: string | undefined): Result<string | null> {
  if (cursor === undefined) return ok(null)
  const position = decodePageCursor(list, filters, cursor, 1)
  if (!position.ok) return position
  const id = Uuid.safeParse(position.value[0])
  return id.success ? ok(id.data) : refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
}

/** A page of what was read one further than asked; `idOf` names the last one. */
export function pageOf<Row>(
  list: string,
  filters: unknown,
  {
    found,
    limit,
    idOf,
  }: { readonly found: readonly Row[]; readonly limit: number; readonly idOf: (row: Row) => string },
): { readonly rows: readonly Row[]; readonly nextCursor: string | null } {
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const more = found.length > limit && last !== undefined
  return { rows, nextCursor: more ? encodePageCursor(list, filters, [idOf(last)]) : null }
}

/** The project that a query names by `project_id` or `projectId`; both at once must say the same. */
export function scopeOf(query: {
  readonly project_id?: string | undefined
  readonly projectId?: string | undefined
}): Result<string | null> {
  const { project_id: snake, projectId: camel } = query
  if (snake !== undefined && camel !== undefined && snake !== camel)
    return refuse('invalid-query', 'project_id and projectId name two projects. Send one of them.')
  return ok(snake ?? camel ?? null)
}
