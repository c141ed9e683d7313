import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionRef } from '../../../../ports/word-search.ts'
import { hexOfUuid } from '../model/ids.ts'
import type { Phrase, WordsQuery } from '../model/words-query.ts'

export interface ReadWords extends ExecutionRef {
  /** Each word once, between spaces. */
  readonly words: string
}

/** Makes the partitions of days. */
export async function ensureDays(tx: Tx, table: 'execution_words' | 'execution_embeddings', days: readonly string[]) {
  await sql`select metaagent_ensure_day_partitions(${table}, ${[...new Set(days)].sort()}::date[])`.execute(tx.tables())
}

/** Keeps the words of executions in place of those they had, and notes them for the next segment. */
export async function saveWords(tx: Tx, read: readonly ReadWords[]): Promise<void> {
  const ids = read.map(({ executionId }) => executionId)
  const days = read.map(({ startedOn }) => startedOn)
  await sql`
    with kept as (
      insert into execution_words (organization_id, started_on, execution_id, words)
      select ${tx.organizationId}::uuid, r.started_on, r.execution_id, r.words
      from unnest(${days}::date[], ${ids}::uuid[], ${read.map(({ words }) => words)}::text[])
        as r(started_on, execution_id, words)
      on conflict (organization_id, started_on, execution_id) do update set words = excluded.words)
    insert into unsealed_words (organization_id, execution_id, started_on)
    select ${tx.organizationId}::uuid, r.execution_id, r.started_on
    from unnest(${days}::date[], ${ids}::uuid[]) as r(started_on, execution_id)
    on conflict do nothing`.execute(tx.tables())
}

/**
 * Holds a row `e` of executions against a question, as far as a set of words tells: of a phrase that all its words are
 * there, and nothing of a phrase that must be absent.
 */
export function wordsCondition(tx: Tx, query: WordsQuery): RawBuilder<boolean> {
  const clauses = query.map((clause) => sql`(${sql.join(clause.map(phraseCondition), sql` or `)})`)
  return sql<boolean>`coalesce((select ${sql.join(clauses, sql` and `)} from execution_words w
    where w.organization_id = ${tx.organizationId} and w.started_on = e.started_on
      and w.execution_id = e.execution_id), false)`
}

function phraseCondition({ words, prefix, negated }: Phrase): RawBuilder<unknown> {
  if (negated && words.length > 1) return sql`true`
  const found = words.map((word, index) => {
    const end = prefix && index === words.length - 1 ? '' : ' '
    return sql`strpos(w.words, ${` ${word}${end}`}) > 0`
  })
  return negated ? sql`not (${sql.join(found, sql` and `)})` : sql`(${sql.join(found, sql` and `)})`
}

/** Executions that stand in no segment yet, of days between two; null is open. */
export async function unsealed(tx: Tx, fromDay: string | null, toDay: string | null): Promise<readonly ExecutionRef[]> {
  const { rows } = await sql<ExecutionRef>`
    select u.started_on as "startedOn", u.execution_id as "executionId" from unsealed_words u
    where u.organization_id = ${tx.organizationId}
      ${fromDay === null ? sql`` : sql`and u.started_on >= ${fromDay}::date`}
      ${toDay === null ? sql`` : sql`and u.started_on <= ${toDay}::date`}`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** The next executions to seal with their words, by day; empty while they do not fill a segment. */
export async function nextToSeal(tx: Tx, size: number): Promise<readonly ReadWords[]> {
  const { rows: next } = await sql<ExecutionRef>`
    select started_on as "startedOn", execution_id as "executionId" from unsealed_words
    where organization_id = ${tx.organizationId} order by started_on, execution_id limit ${size}`.execute(tx.tables())
  if (next.length < size) return []
  const { rows } = await sql<ReadWords>`
    select k.started_on as "startedOn", k.execution_id as "executionId", coalesce(w.words, '') as words
    from unnest(${next.map(({ executionId }) => executionId)}::uuid[], ${next.map(({ startedOn }) => startedOn)}::date[])
      as k(execution_id, started_on)
    left join lateral (
      select words from execution_words w where w.organization_id = ${tx.organizationId}
        and w.started_on = k.started_on and w.execution_id = k.execution_id) w on true`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** Forgets the words of executions. */
export async function deleteWords(tx: Tx, executionIds: readonly string[]): Promise<void> {
  await sql`delete from execution_words where organization_id = ${tx.organizationId}
    and execution_id = any(${executionIds}::uuid[])`.execute(tx.tables())
  await sql`delete from unsealed_words where organization_id = ${tx.organizationId}
    and execution_id = any(${executionIds}::uuid[])`.execute(tx.tables())
}

/** How many executions of these have words. */
export async function countWords(tx: Tx, executionIds: readonly string[], days: readonly string[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from execution_words
    where organization_id = ${tx.organizationId} and started_on = any(${[...days]}::date[])
      and execution_id = any(${[...executionIds]}::uuid[])`.execute(tx.tables())
  return rows[0]?.count ?? 0
}
