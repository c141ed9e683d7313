import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { EntryRow } from './entries.ts'

/** What an auditor asks for; null asks for nothing. All that are given must hold. */
export interface AuditFilter {
  /** Exact types; null: any. */
  readonly types: readonly string[] | null
  /** A pattern for `like … escape '\'`. */
  readonly typeLike: string | null
  readonly subject: string | null
  /** From then on. */
  readonly from: Instant | null
  /** Before then. */
  readonly to: Instant | null
  /** An id, or kind and id as `user:0190…`. */
  readonly actor: string | null
  /** Id or name that the entry gives of an agent. */
  readonly agent: string | null
  readonly provider: string | null
  /** Executions, with and without hyphens in their ids, that the entry is about. */
  readonly executionIds: readonly string[] | null
}

export const anyEntry: AuditFilter = {
  types: null,
  typeLike: null,
  subject: null,
  from: null,
  to: null,
  actor: null,
  agent: null,
  provider: null,
  executionIds: null,
}

/** Places from `start` (inclusive) to `end` (exclusive). */
export interface Stretch {
  readonly start: number
  readonly end: number
}

const columns = sql.raw('entry_index, event_id, type, subject, occurred_at, sequenced_at, leaf, leaf_hash')

/**
 * Entries of a stretch that fit. What the texts hold is read entry by entry, so a stretch wants to be short where one of
 * actor, agent, provider or executions is asked for.
 */
export async function entriesWithin(
  tx: Tx,
  filter: AuditFilter,
  stretch: Stretch,
  order: 'oldest-first' | 'newest-first',
  limit: number,
): Promise<readonly EntryRow[]> {
  const { rows } = await sql<EntryRow>`
    select ${columns} from ledger_entries
    where organization_id = ${tx.organizationId} and entry_index >= ${stretch.start} and entry_index < ${stretch.end}
      ${sql.join(conditionsOf(filter), sql` `)}
    order by entry_index ${sql.raw(order === 'oldest-first' ? 'asc' : 'desc')} limit ${limit}`.execute(tx.tables())
  return rows
}

function conditionsOf(filter: AuditFilter): RawBuilder<unknown>[] {
  const { types, typeLike, subject, from, to, actor, agent, provider, executionIds } = filter
  const given = [
    types === null ? null : sql`type = any(${[...types]}::text[])`,
    typeLike === null ? null : sql`type like ${typeLike} escape '\\'`,
    subject === null ? null : sql`subject = ${subject}`,
    from === null ? null : sql`occurred_at >= ${new Date(from)}`,
    to === null ? null : sql`occurred_at < ${new Date(to)}`,
    actor === null
      ? null
      : sql`${names(actor.slice(actor.indexOf(':') + 1), actor)} and (leaf::jsonb #>> '{actor,id}' = ${actor}
          or concat(leaf::jsonb #>> '{actor,kind}', ':', leaf::jsonb #>> '{actor,id}') = ${actor})`,
    agent === null
      ? null
      : sql`(subject = ${`agent/${agent}`} or ${names(agent)} and jsonb_path_exists(leaf::jsonb #> '{payload}',
          '$.** ? (@.agentId == $sought || @.agent == $sought)', jsonb_build_object('sought', ${agent}::text)))`,
    provider === null
      ? null
      : sql`${names(provider)} and jsonb_path_exists(leaf::jsonb #> '{payload}',
          '$.** ? (@.provider == $sought)', jsonb_build_object('sought', ${provider}::text))`,
    executionIds === null
      ? null
      : sql`(substr(subject, 11) = any(${[...executionIds]}::text[]) and subject like 'execution/%'
          or substr(subject, 8, 32) = any(${[...executionIds]}::text[]) and subject like 'action/%'
          or position('"executionId"' in leaf) > 0 and leaf::jsonb #>> '{payload,executionId}' = any(${[...executionIds]}::text[])
          or position('"subject":{' in leaf) > 0 and substr(leaf::jsonb #>> '{payload,subject,id}', 1, 32) = any(${[...executionIds]}::text[]))`,
  ]
  return given.filter((one) => one !== null).map((one) => sql`and ${one}`)
}

/** A look at the text first: taking JSON apart costs ten times as much. */
function names(...values: readonly string[]): RawBuilder<unknown> {
  const looks = values.map((value) => sql`position(${JSON.stringify(value).slice(1, -1)} in leaf) > 0`)
  return sql`(${sql.join(looks, sql` or `)})`
}

/** The first place whose entry was sequenced at or after a time, by halves: places and times of sequencing go together. */
export async function firstSequencedAt(tx: Tx, at: Instant, treeSize: number): Promise<number> {
  let [low, high] = [0, treeSize]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const { rows } = await sql<{ sequenced_at: Date }>`
      select sequenced_at from ledger_entries
      where organization_id = ${tx.organizationId} and entry_index = ${middle}`.execute(tx.tables())
    const sequencedAt = rows[0]?.sequenced_at.getTime() ?? Number.POSITIVE_INFINITY
    if (sequencedAt < at) low = middle + 1
    else high = middle
  }
  return low
}

/** The entries at these places, ascending. */
export async function entriesAt(tx: Tx, places: readonly number[]): Promise<readonly EntryRow[]> {
  const { rows } = await sql<EntryRow>`
    select ${columns} from ledger_entries
    where organization_id = ${tx.organizationId} and entry_index = any(${[...places]}::bigint[])
    order by entry_index`.execute(tx.tables())
  return rows
}
