import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Sample } from '../model/silence.ts'

/** One answer of a tool, or of an agent (tool ''). */
export interface AnswerSample extends Sample {
  readonly agentId: string
  readonly tool: string
  readonly at: Instant
  readonly executionId: string
  readonly place: number
}

/** How many answers of each tool are remembered. */
const remembered = 200

/** Remembers answers and forgets the oldest. */
export async function addSamples(tx: Tx, samples: readonly AnswerSample[]): Promise<void> {
  if (samples.length === 0) return
  await sql`
    insert into answer_samples (organization_id, agent_id, tool, at, execution_id, place, input_digest, output_digest)
    select ${tx.organizationId}::uuid, * from unnest(
      ${samples.map(({ agentId }) => agentId)}::uuid[], ${samples.map(({ tool }) => tool)}::text[],
      ${samples.map(({ at }) => new Date(at).toISOString())}::timestamptz[],
      ${samples.map(({ executionId }) => executionId)}::uuid[], ${samples.map(({ place }) => place)}::int[],
      ${samples.map(({ input }) => input)}::text[], ${samples.map(({ output }) => output)}::text[])
    on conflict do nothing`.execute(tx.tables())
  const keys = [...new Map(samples.map((sample) => [`${sample.agentId}|${sample.tool}`, sample])).values()]
  await sql`
    delete from answer_samples s using (
      select k.agent_id, k.tool, o.at from unnest(${keys.map(({ agentId }) => agentId)}::uuid[],
        ${keys.map(({ tool }) => tool)}::text[]) as k(agent_id, tool)
      cross join lateral (
        select at from answer_samples a
        where a.organization_id = ${tx.organizationId}::uuid and a.agent_id = k.agent_id and a.tool = k.tool
        order by at desc offset ${remembered} limit 1
      ) o
    ) old
    where s.organization_id = ${tx.organizationId}::uuid and s.agent_id = old.agent_id and s.tool = old.tool
      and s.at <= old.at`.execute(tx.tables())
}

/** All remembered answers, newest first. */
export async function allSamples(
  tx: Tx,
): Promise<readonly (Sample & { readonly agentId: string; readonly tool: string })[]> {
  const { rows } = await sql<Sample & { agentId: string; tool: string }>`
    select agent_id as "agentId", tool, input_digest as input, output_digest as output from answer_samples
    where organization_id = ${tx.organizationId}::uuid order by at desc, execution_id, place desc`.execute(tx.tables())
  return rows
}
