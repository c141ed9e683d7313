import type { Because, GroupHealth, HealthState } from '@metaagent/contract'
import { type Kysely, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

interface JudgedTables {
  agent_health_realtime: {
    organization_id: string
    agent_id: string
    state: HealthState
    score: number | null
    because: unknown
    judged_at: Date
    changed_at: Date
    reported_until: Date
  }
  group_health_realtime: {
    organization_id: string
    kind: GroupHealth['kind']
    name: string
    state: HealthState
    score: number | null
    because: unknown
    agents: number
    judged_at: Date
    changed_at: Date
  }
}

const tables = (tx: Tx): Kysely<JudgedTables> => tx.tables<JudgedTables>()

/** The newest judged state per agent, and until when its windows were told. */
interface JudgedState {
  readonly agentId: string
  readonly state: HealthState
  readonly score: number | null
  readonly reportedUntil: Instant
}

/** Locks and returns the judged states; `for update` keeps two processes from telling one change twice. */
export async function lockJudgedStates(tx: Tx): Promise<ReadonlyMap<string, JudgedState>> {
  const rows = await tables(tx)
    .selectFrom('agent_health_realtime')
    .select(['agent_id', 'state', 'score', 'reported_until'])
    .where('organization_id', '=', tx.organizationId)
    .orderBy('agent_id')
    .forUpdate()
    .execute()
  return new Map(
    rows.map((row) => [
      row.agent_id,
      {
        agentId: row.agent_id,
        state: row.state,
        score: row.score,
        reportedUntil: instantFromEpochMs(row.reported_until.getTime()),
      },
    ]),
  )
}

/** Writes the judged state of one agent; `changed` moves the time since when it is so. */
export async function saveJudgedState(
  tx: Tx,
  judged: JudgedState & { readonly because: readonly Because[]; readonly at: Instant; readonly changed: boolean },
): Promise<void> {
  const at = new Date(judged.at)
  const values = {
    state: judged.state,
    score: judged.score,
    because: JSON.stringify(judged.because),
    judged_at: at,
    reported_until: new Date(judged.reportedUntil),
  }
  await tables(tx)
    .insertInto('agent_health_realtime')
    .values({ organization_id: tx.organizationId, agent_id: judged.agentId, changed_at: at, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'agent_id'])
        .doUpdateSet(judged.changed ? { ...values, changed_at: at } : values),
    )
    .execute()
}

/** The newest judged state of a domain or environment. */
export type JudgedGroup = Pick<GroupHealth, 'kind' | 'name' | 'state' | 'score' | 'agents'>

/** Locks and returns the judged groups, for the same reason. */
export async function lockJudgedGroups(tx: Tx): Promise<readonly JudgedGroup[]> {
  return await tables(tx)
    .selectFrom('group_health_realtime')
    .select(['kind', 'name', 'state', 'score', 'agents'])
    .where('organization_id', '=', tx.organizationId)
    .orderBy('kind')
    .orderBy('name')
    .forUpdate()
    .execute()
}

/** Writes the judged state of one group; `changed` moves the time since when it is so. */
export async function saveJudgedGroup(
  tx: Tx,
  judged: JudgedGroup & { readonly because: readonly Because[]; readonly at: Instant; readonly changed: boolean },
): Promise<void> {
  const at = new Date(judged.at)
  const { kind, name, state, score, agents } = judged
  const values = { state, score, agents, because: JSON.stringify(judged.because), judged_at: at }
  await tables(tx)
    .insertInto('group_health_realtime')
    .values({ organization_id: tx.organizationId, kind, name, changed_at: at, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'kind', 'name'])
        .doUpdateSet(judged.changed ? { ...values, changed_at: at } : values),
    )
    .execute()
}

/** Removes groups that no agent belongs to any more. */
export async function forgetGroups(tx: Tx, groups: readonly Pick<GroupHealth, 'kind' | 'name'>[]): Promise<void> {
  if (groups.length === 0) return
  await sql`
    delete from group_health_realtime g
    using unnest(${groups.map(({ kind }) => kind)}::text[], ${groups.map(({ name }) => name)}::text[]) as gone(kind, name)
    where g.organization_id = ${tx.organizationId}::uuid and g.kind = gone.kind and g.name = gone.name`.execute(
    tables(tx),
  )
}
