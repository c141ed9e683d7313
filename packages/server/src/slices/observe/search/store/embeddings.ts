import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionRef } from '../../../../ports/word-search.ts'
import { hexOfUuid } from '../model/ids.ts'

export interface EmbeddedExecution extends ExecutionRef {
  readonly agentId: string
  readonly startedAt: Instant
}

export interface SavedVector extends EmbeddedExecution {
  /** Null: it waits for one. */
  readonly vector: readonly number[] | null
  readonly digest: Uint8Array
}

/**
 * Keeps what ended executions are like. Without a vector they wait for one, unless they have one of the same embedder and
 * of the same text.
 */
export async function saveEmbeddings(tx: Tx, space: string, read: readonly SavedVector[]): Promise<void> {
  await sql`
    insert into execution_embeddings as m (organization_id, started_on, execution_id, agent_id, started_at, embedder,
      embedding, text_digest)
    select ${tx.organizationId}::uuid, r.started_on, r.execution_id, r.agent_id, r.started_at,
      case when r.embedding is null then '' else ${space}::text end, r.embedding::real[], r.text_digest
    from unnest(${read.map((one) => one.startedOn)}::date[], ${read.map((one) => one.executionId)}::uuid[],
      ${read.map((one) => one.agentId)}::uuid[], ${read.map((one) => new Date(one.startedAt))}::timestamptz[],
      ${read.map((one) => (one.vector === null ? null : arrayText(one.vector)))}::text[],
      ${read.map((one) => one.digest)}::bytea[])
      as r(started_on, execution_id, agent_id, started_at, embedding, text_digest)
    on conflict (organization_id, started_on, execution_id) do update set embedder = excluded.embedder,
      embedding = excluded.embedding, refusal = null, text_digest = excluded.text_digest
    where m.embedder <> ${space} or m.text_digest is distinct from excluded.text_digest`.execute(tx.tables())
}

/** Whole numbers, of a vector of length 1 its 100,000-fold: only the direction counts, and fractions take twice as long. */
function arrayText(vector: readonly number[]): string {
  return `{${vector.map((value) => Math.round(value * 1e5)).join(',')}}`
}

/** An execution that waits for a vector, with the digest of the text that was known when it was read. */
export interface WaitingExecution extends EmbeddedExecution {
  readonly digest: Uint8Array | null
}

/** Executions whose vector is missing or of another embedder, at most so many. */
export async function withoutVector(tx: Tx, space: string, limit: number): Promise<readonly WaitingExecution[]> {
  // Two ranges of the index: what is not equal would be looked for in all of it.
  const range = (beyond: 'below' | 'above') => sql`
    (select started_on as "startedOn", execution_id as "executionId", agent_id as "agentId", started_at as "startedAt",
      text_digest as digest
    from execution_embeddings where organization_id = ${tx.organizationId}
      and ${beyond === 'below' ? sql`embedder < ${space}` : sql`embedder > ${space}`} limit ${limit})`
  const { rows } = await sql<Omit<WaitingExecution, 'startedAt'> & { startedAt: Date }>`
    ${range('below')} union all ${range('above')} limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({
    ...row,
    executionId: hexOfUuid(row.executionId),
    startedAt: instantFromEpochMs(row.startedAt.getTime()),
  }))
}

/** Gives waiting executions their vectors; one whose text has changed since it was read waits on. */
export async function saveVectors(
  tx: Tx,
  space: string,
  computed: readonly (WaitingExecution & { readonly vector: readonly number[]; readonly ofText: Uint8Array })[],
): Promise<void> {
  await sql`
    update execution_embeddings m set embedder = ${space}, embedding = r.embedding::real[], refusal = null,
      text_digest = r.of_text
    from unnest(${computed.map((one) => one.startedOn)}::date[], ${computed.map((one) => one.executionId)}::uuid[],
      ${computed.map((one) => arrayText(one.vector))}::text[], ${computed.map((one) => one.digest)}::bytea[],
      ${computed.map((one) => one.ofText)}::bytea[]) as r(started_on, execution_id, embedding, known, of_text)
    where m.organization_id = ${tx.organizationId} and m.started_on = r.started_on
      and m.execution_id = r.execution_id and m.text_digest is not distinct from r.known`.execute(tx.tables())
}

/** Notes that an embedder does not take the texts of executions, and why. */
export async function saveRefusals(
  tx: Tx,
  space: string,
  executions: readonly ExecutionRef[],
  refusal: string,
): Promise<void> {
  await sql`
    update execution_embeddings m set embedder = ${space}, embedding = null, refusal = ${refusal}, text_digest = null
    from unnest(${executions.map((one) => one.startedOn)}::date[], ${executions.map((one) => one.executionId)}::uuid[])
      as k(started_on, execution_id)
    where m.organization_id = ${tx.organizationId} and m.started_on = k.started_on
      and m.execution_id = k.execution_id`.execute(tx.tables())
}

/** Takes executions that are gone off those that wait for a vector. */
export async function deleteEmbeddings(tx: Tx, executions: readonly ExecutionRef[]): Promise<void> {
  await sql`
    delete from execution_embeddings m
    using unnest(${executions.map((one) => one.startedOn)}::date[], ${executions.map((one) => one.executionId)}::uuid[])
      as k(started_on, execution_id)
    where m.organization_id = ${tx.organizationId} and m.started_on = k.started_on
      and m.execution_id = k.execution_id`.execute(tx.tables())
}

export interface StoredVector extends ExecutionRef {
  readonly embedder: string
  readonly dimensions: number | null
  readonly refusal: string | null
}

/** What is known of one execution's vector; null when it has not been read. */
export async function vectorOf(tx: Tx, executionId: string): Promise<StoredVector | null> {
  const { rows } = await sql<StoredVector>`
    select started_on as "startedOn", execution_id as "executionId", embedder, refusal,
      array_length(embedding, 1) as dimensions
    from execution_embeddings where organization_id = ${tx.organizationId} and execution_id = ${executionId}::uuid
    order by started_on limit 1`.execute(tx.tables())
  const row = rows[0]
  return row === undefined ? null : { ...row, executionId: hexOfUuid(row.executionId) }
}

export interface Neighbour extends ExecutionRef {
  readonly similarity: number
}

/**
 * The executions of the organization whose vectors of the same embedder are nearest to one's, the nearest first. Compares
 * each of the newest `candidates`; with pgvector by its operator, else by arithmetic on arrays, with the same answer.
 */
export async function nearest(
  tx: Tx,
  to: StoredVector,
  asked: {
    readonly agentId: string | null
    readonly candidates: number
    readonly limit: number
    readonly hasVector: boolean
  },
): Promise<readonly Neighbour[]> {
  const similarity = asked.hasVector
    ? sql`1 - (c.embedding::vector <=> o.embedding::vector)`
    : sql`(select sum(p.a::float8 * p.b) / nullif(sqrt(sum(p.a::float8 * p.a) * sum(p.b::float8 * p.b)), 0)
        from unnest(c.embedding, o.embedding) as p(a, b))`
  const { rows } = await sql<ExecutionRef & { similarity: number }>`
    select c.started_on as "startedOn", c.execution_id as "executionId", ${similarity} as similarity
    from (
      select embedding from execution_embeddings where organization_id = ${tx.organizationId}
        and started_on = ${to.startedOn}::date and execution_id = ${to.executionId}::uuid) o
    cross join (
      select started_on, execution_id, embedding from execution_embeddings
      where organization_id = ${tx.organizationId} and embedder = ${to.embedder} and embedding is not null
        ${asked.agentId === null ? sql`` : sql`and agent_id = ${asked.agentId}::uuid`}
      order by started_at desc limit ${asked.candidates}) c
    where c.execution_id <> ${to.executionId}::uuid
      and array_length(c.embedding, 1) = ${to.dimensions}
    order by similarity desc nulls last, c.execution_id limit ${asked.limit}`.execute(tx.tables())
  return rows
    .filter((row) => row.similarity !== null && !Number.isNaN(row.similarity))
    .map((row) => ({ ...row, executionId: hexOfUuid(row.executionId), similarity: rounded(row.similarity) }))
}

/** To four digits: the two ways of computing it differ behind them. */
function rounded(similarity: number): number {
  return Math.max(-1, Math.min(1, Math.round(similarity * 1e4) / 1e4))
}

const countedMost = 10_000

/** How many executions wait for a vector; counted to 10,000. */
export async function countWaiting(tx: Tx, space: string): Promise<number> {
  return (await withoutVector(tx, space, countedMost)).length
}
