import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Sample } from '../model/silence.ts'

/** One answer of a tool, or of an agent (tool ''). */
export interface AnswerSample extends Sample {
  readonly agentId: string
  readonly tool: string
  readonly at: Instant
}

/** How many answers of each tool by each agent are remembered. */
const remembered = 200
/** So many newest answers of each tool are taken in one turn: at any load, earlier turns stay known beside it. */
const takenPerTurn = 100

const keyOf = ({ agentId, tool }: AnswerSample) => `${agentId}|${tool}`

/** Remembers answers in the places of the oldest. */
export async function addSamples(tx: Tx, samples: readonly AnswerSample[]): Promise<void> {
  if (samples.length === 0) return
  const byKey = [...Map.groupBy(samples, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1))
  const newest = byKey.map(([, group]) => group.toSorted((a, b) => a.at - b.at).slice(-takenPerTurn))
  const ends = await takePlaces(tx, newest)
  const placed = newest.flatMap((group) => {
    const end = ends.get(group[0] === undefined ? '' : keyOf(group[0])) ?? group.length
    return group.map((sample, index) => ({ ...sample, slot: (end - group.length + index) % remembered }))
  })
  await sql`
    insert into answer_samples as kept (organization_id, agent_id, tool, slot, at, input_digest, output_digest)
    select ${tx.organizationId}::uuid, * from unnest(
      ${placed.map(({ agentId }) => agentId)}::uuid[], ${placed.map(({ tool }) => tool)}::text[],
      ${placed.map(({ slot }) => slot)}::int[], ${placed.map(({ at }) => new Date(at).toISOString())}::timestamptz[],
      ${placed.map(({ input }) => input)}::text[], ${placed.map(({ output }) => output)}::text[])
    on conflict (organization_id, agent_id, tool, slot) do update set
      at = excluded.at, input_digest = excluded.input_digest, output_digest = excluded.output_digest`.execute(
    tx.tables(),
  )
}

/** Moves each ring on by what comes; answers how many answers it has taken then. */
async function takePlaces(tx: Tx, groups: readonly (readonly AnswerSample[])[]): Promise<ReadonlyMap<string, number>> {
  const firsts = groups.flatMap(([first]) => first ?? [])
  const { rows } = await sql<{ agent_id: string; tool: string; taken: number }>`
    insert into answer_rings as kept (organization_id, agent_id, tool, taken)
    select ${tx.organizationId}::uuid, * from unnest(
      ${firsts.map(({ agentId }) => agentId)}::uuid[], ${firsts.map(({ tool }) => tool)}::text[],
      ${groups.map((group) => group.length)}::int8[])
    on conflict (organization_id, agent_id, tool) do update set taken = kept.taken + excluded.taken
    returning agent_id, tool, taken`.execute(tx.tables())
  return new Map(rows.map((row) => [`${row.agent_id}|${row.tool}`, Number(row.taken)]))
}

/** All remembered answers, newest first. */
export async function allSamples(
  tx: Tx,
): Promise<readonly (Sample & { readonly agentId: string; readonly tool: string })[]> {
  const { rows } = await sql<Sample & { agentId: string; tool: string }>`
    select agent_id as "agentId", tool, input_digest as input, output_digest as output from answer_samples
    where organization_id = ${tx.organizationId}::uuid order by at desc, slot desc`.execute(tx.tables())
  return rows
}
