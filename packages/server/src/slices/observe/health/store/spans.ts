import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { noSums, type RollupSums } from '../model/figures.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

/** A time of one agent, between two whole minutes. */
export interface AgentSpan {
  readonly agentId: string
  readonly from: Instant
  readonly until: Instant
}

interface Piece {
  readonly span: number
  readonly agentId: string
  readonly grain: 'minute' | 'hour'
  readonly from: number
  readonly until: number
}

/** Whole hours where they lie inside, minutes at the ends. */
function piecesOf({ agentId, from, until }: AgentSpan, span: number): readonly Piece[] {
  const firstHour = Math.min(Math.ceil(from / hourMs) * hourMs, until)
  const lastHour = Math.max(firstHour, Math.floor(until / hourMs) * hourMs)
  const pieces: readonly Piece[] = [
    { span, agentId, grain: 'minute', from, until: firstHour },
    { span, agentId, grain: 'hour', from: firstHour, until: lastHour },
    { span, agentId, grain: 'minute', from: lastHour, until },
  ]
  return pieces.filter((piece) => piece.from < piece.until)
}

/** Sums of many times of many agents in one question, in the order of the spans. Ends are cut to whole minutes. */
export async function sumsOfSpans(tx: Tx, spans: readonly AgentSpan[]): Promise<readonly RollupSums[]> {
  const toMinute = (at: Instant) => (Math.floor(at / minuteMs) * minuteMs) as Instant
  const pieces = spans.flatMap((span, index) =>
    piecesOf({ ...span, from: toMinute(span.from), until: toMinute(span.until) }, index),
  )
  if (pieces.length === 0) return spans.map(() => noSums)
  const { rows } = await sql<
    Omit<RollupSums, 'executionsByBucket'> & { span: number; latency: Record<string, number> }
  >`
    with pieces as (
      select * from unnest(${pieces.map(({ span }) => span)}::int[], ${pieces.map(({ agentId }) => agentId)}::uuid[],
        ${pieces.map(({ grain }) => grain)}::text[], ${pieces.map(({ from }) => new Date(from).toISOString())}::timestamptz[],
        ${pieces.map(({ until }) => new Date(until).toISOString())}::timestamptz[])
        as p(span, agent_id, grain, from_at, until_at)),
    sums as (
      select p.span, sum(successes)::int8 as successes, sum(failures)::int8 as failures,
        sum(cancelled)::int8 as cancelled, sum(actions)::int8 as actions, sum(action_errors)::int8 as "actionErrors",
        sum(input_tokens)::int8 as "inputTokens", sum(output_tokens)::int8 as "outputTokens",
        sum(cost_nano_usd)::int8 as "costNanoUsd", sum(priced_calls)::int8 as "pricedCalls",
        sum(unpriced_calls)::int8 as "unpricedCalls"
      from pieces p join agent_rollups r on r.organization_id = ${tx.organizationId}::uuid and r.grain = p.grain
        and r.agent_id = p.agent_id and r.start_at >= p.from_at and r.start_at < p.until_at
      group by 1),
    buckets as (
      select p.span, l.bucket, sum(l.executions)::int8 as executions
      from pieces p join agent_rollup_latencies l on l.organization_id = ${tx.organizationId}::uuid
        and l.grain = p.grain and l.agent_id = p.agent_id and l.start_at >= p.from_at and l.start_at < p.until_at
      group by 1, 2)
    select sums.*, coalesce((select jsonb_object_agg(bucket, executions) from buckets where buckets.span = sums.span),
      '{}') as latency from sums`.execute(tx.tables())
  const bySpan = new Map(
    rows.map(({ span, latency, ...sums }) => [
      span,
      {
        ...sums,
        executionsByBucket: new Map(Object.entries(latency).map(([bucket, count]) => [Number(bucket), count])),
      },
    ]),
  )
  return spans.map((_, index) => bySpan.get(index) ?? noSums)
}
