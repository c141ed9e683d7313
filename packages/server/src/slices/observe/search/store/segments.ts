import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionRef } from '../../../../ports/word-search.ts'
import { keyOf, refOf } from '../model/ids.ts'
import { segmentSize, type WordBlock } from '../model/postings.ts'

const keyBytes = 20

/** Keeps a segment; its executions leave those that wait for one. */
export async function insertSegment(
  tx: Tx,
  segmentId: string,
  executions: readonly ExecutionRef[],
  blocks: readonly WordBlock[],
): Promise<void> {
  const days = executions.map(({ startedOn }) => startedOn).sort()
  const keys = new Uint8Array(Buffer.from(executions.map(keyOf).join(''), 'hex'))
  await sql`
    insert into word_segments (organization_id, segment_id, first_day, last_day, executions)
    values (${tx.organizationId}::uuid, ${segmentId}::uuid, ${days[0]}::date, ${days.at(-1)}::date, ${keys}::bytea)`.execute(
    tx.tables(),
  )
  await sql`
    insert into word_blocks (organization_id, segment_id, first_word, words, places)
    select ${tx.organizationId}::uuid, ${segmentId}::uuid, b.first_word, b.words, b.places
    from unnest(${blocks.map(({ firstWord }) => firstWord)}::text[], ${blocks.map(({ words }) => words)}::text[],
      ${blocks.map(({ places }) => places)}::text[]) as b(first_word, words, places)`.execute(tx.tables())
  await sql`delete from unsealed_words where organization_id = ${tx.organizationId}
    and execution_id = any(${executions.map(({ executionId }) => executionId)}::uuid[])`.execute(tx.tables())
}

/** Where a word was found: the places of one segment, as text. */
export interface WordHit {
  readonly segmentId: string
  readonly places: string
}

/** Which part of the index is asked: days, and segments if only some are of interest. Null is all. */
export interface SearchedPart {
  readonly fromDay: string | null
  readonly toDay: string | null
  readonly segmentIds: readonly string[] | null
}

/** Where executions that hold a word are: one look-up by key in each segment. */
export async function findWord(tx: Tx, word: string, part: SearchedPart): Promise<readonly WordHit[]> {
  const { rows } = await findWordQuery(tx, word, part).execute(tx.tables())
  return rows
}

/** The statement of `findWord`, so that a test can ask for its plan. */
export function findWordQuery(tx: Tx, word: string, part: SearchedPart) {
  return sql<WordHit>`
    select s.segment_id as "segmentId", split_part(b.places, ' ', b.place) as places
    from ${segments(tx, part)} s
    cross join lateral (
      select l.places, array_position(string_to_array(l.words, ' '), ${word}::text) as place from (
        select words, places from word_blocks
        where organization_id = ${tx.organizationId} and segment_id = s.segment_id
          and first_word <= ${word}::text collate "C"
        order by first_word desc limit 1) l) b
    where b.place is not null`
}

/** Where executions that hold a word with this beginning are; the same segment may come several times. */
export async function findPrefix(tx: Tx, prefix: string, part: SearchedPart): Promise<readonly WordHit[]> {
  const { rows } = await sql<WordHit>`
    select s.segment_id as "segmentId", u.places
    from ${segments(tx, part)} s
    cross join lateral (
      select words, places from word_blocks
      where organization_id = ${tx.organizationId} and segment_id = s.segment_id
        and first_word <= ${`${prefix}\u{10ffff}`}::text collate "C"
        and first_word >= coalesce((
          select b.first_word from word_blocks b
          where b.organization_id = ${tx.organizationId} and b.segment_id = s.segment_id
            and b.first_word <= ${prefix}::text collate "C"
          order by b.first_word desc limit 1), '')) b
    cross join lateral unnest(string_to_array(b.words, ' '), string_to_array(b.places, ' ')) as u(word, places)
    where starts_with(u.word, ${prefix})`.execute(tx.tables())
  return rows
}

function segments(tx: Tx, { fromDay, toDay, segmentIds }: SearchedPart) {
  return sql`(select segment_id from word_segments where organization_id = ${tx.organizationId}
    ${fromDay === null ? sql`` : sql`and last_day >= ${fromDay}::date`}
    ${toDay === null ? sql`` : sql`and first_day <= ${toDay}::date`}
    ${segmentIds === null ? sql`` : sql`and segment_id = any(${segmentIds}::uuid[])`})`
}

/** How many executions the segments of some days hold. */
export async function countSealed(tx: Tx, part: SearchedPart): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${segments(tx, part)} s`.execute(
    tx.tables(),
  )
  return (rows[0]?.count ?? 0) * segmentSize
}

/** The executions at places of segments; a segment may hold one that is gone, or that has other words by now. */
export async function executionsAt(
  tx: Tx,
  places: readonly { readonly segmentId: string; readonly place: number }[],
): Promise<readonly ExecutionRef[]> {
  if (places.length === 0) return []
  const { rows } = await sql<{ key: string }>`
    select encode(substring(s.executions from k.place * ${keyBytes} + 1 for ${keyBytes}), 'hex') as key
    from unnest(${places.map(({ segmentId }) => segmentId)}::uuid[], ${places.map(({ place }) => place)}::integer[])
      as k(segment_id, place)
    join word_segments s on s.organization_id = ${tx.organizationId} and s.segment_id = k.segment_id`.execute(
    tx.tables(),
  )
  return rows.map(({ key }) => refOf(key))
}

/** The segment with the oldest day, if that day holds no words any more: retention has let go of part of it. */
export async function oldestOutlived(tx: Tx): Promise<string | null> {
  const { rows } = await sql<{ segment_id: string }>`
    select s.segment_id from (
      select segment_id, first_day from word_segments where organization_id = ${tx.organizationId}
      order by first_day limit 1) s
    where not exists (
      select from execution_words w where w.organization_id = ${tx.organizationId} and w.started_on = s.first_day)`.execute(
    tx.tables(),
  )
  return rows[0]?.segment_id ?? null
}

/** Segments that hold one of the executions. Reads all of the organization's: for rare occasions. */
export async function segmentsWith(tx: Tx, executionIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ segment_id: string }>`
    select s.segment_id from word_segments s where s.organization_id = ${tx.organizationId} and exists (
      select from unnest(${executionIds}::uuid[]) as k(id)
      where position(uuid_send(k.id) in s.executions) > 0)`.execute(tx.tables())
  return rows.map((row) => row.segment_id)
}

/** Dissolves a segment; those of its executions that still have words wait for another. */
export async function dissolveSegment(tx: Tx, segmentId: string): Promise<void> {
  const { rows } = await sql<{ executions: Uint8Array }>`
    delete from word_segments where organization_id = ${tx.organizationId} and segment_id = ${segmentId}::uuid
    returning executions`.execute(tx.tables())
  await sql`delete from word_blocks where organization_id = ${tx.organizationId}
    and segment_id = ${segmentId}::uuid`.execute(tx.tables())
  const keys = Buffer.from(rows[0]?.executions ?? new Uint8Array()).toString('hex')
  const executions = (keys.match(/.{40}/g) ?? []).map(refOf)
  await sql`
    insert into unsealed_words (organization_id, execution_id, started_on)
    select ${tx.organizationId}::uuid, k.execution_id, k.started_on
    from unnest(${executions.map(({ executionId }) => executionId)}::uuid[],
      ${executions.map(({ startedOn }) => startedOn)}::date[]) as k(execution_id, started_on)
    where exists (
      select from execution_words w where w.organization_id = ${tx.organizationId}
        and w.started_on = k.started_on and w.execution_id = k.execution_id)
    on conflict do nothing`.execute(tx.tables())
}
