import { CompiledQuery, sql } from 'kysely'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type ExecutionState, type Kept, kept } from '../model/executions.ts'
import { hexOfUuid, type JsonText } from '../model/rows.ts'

/** An execution as the tables hold it: ids in place of names, and the day of its partition. */
export interface StoredExecution {
  readonly startedOn: string
  readonly agentId: string
  readonly releaseId: string | null
  /** Without the names, which the registry holds. */
  readonly state: Omit<ExecutionState, 'agent' | 'release'>
}

interface ExecutionColumns {
  readonly started_on: string
  readonly execution_id: string
  readonly agent_id: string
  readonly release_id: string | null
  readonly environment: string
  readonly evidence: string
  readonly report_rank: ExecutionState['rank']
  readonly status: ExecutionState['status']
  readonly reported_at: Date | null
  readonly outcome: ExecutionState['outcome']
  readonly started_at: Date
  readonly ended_at: Date | null
  readonly end_reason: string | null
  readonly error_type: string | null
  readonly error_message: string | null
  readonly conversation_id: string | null
  readonly conversation_from: string | null
  readonly user_id: string | null
  readonly user_from: string | null
  readonly unit: string | null
  readonly score: number | null
  readonly reported_cost_nano_usd: number | null
  readonly synthetic: boolean
  readonly has_input: boolean
  readonly has_output: boolean
  readonly has_attributes: boolean
  readonly masked: number
  readonly first_action_on: string | null
  readonly last_action_on: string | null
  readonly unsettled: boolean
  readonly actions: number
  readonly llm_calls: number
  readonly tool_calls: number
  readonly action_errors: number
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cost_nano_usd: number | null
  readonly priced_calls: number
  readonly unpriced_calls: number
  readonly actions_reported_cost_nano_usd: number | null
}

// Constant texts, compiled once: these are on the way of every batch.
const stateColumns = `e.started_on, e.execution_id, e.agent_id, e.release_id, e.environment, e.evidence, e.report_rank,
  e.status, e.reported_at, e.outcome, e.started_at, e.ended_at, e.end_reason, e.error_type, e.error_message, e.conversation_id,
  e.conversation_from, e.user_id, e.user_from, e.unit, e.score,
  e.reported_cost_nano_usd, e.synthetic, e.input is not null as has_input, e.output is not null as has_output,
  e.attributes is not null as has_attributes, e.masked, e.first_action_on, e.last_action_on, e.unsettled, e.actions, e.llm_calls, e.tool_calls,
  e.action_errors, e.input_tokens, e.output_tokens, e.cost_nano_usd, e.priced_calls, e.unpriced_calls,
  e.actions_reported_cost_nano_usd`

// Written as loops over index look-ups, since a day that was begun a minute ago has no statistics: a join is planned as
// a scan of the whole day then, and the cost of a batch grows with the day (measured: 190 ms in place of 0.5 ms).
const lockKnown = `select e.*
  from unnest($2::uuid[], $3::date[]) as k(execution_id, started_on)
  cross join lateral (
    select ${stateColumns} from agent_executions e
    where e.organization_id = $1 and e.started_on = k.started_on and e.execution_id = k.execution_id
    for update
  ) e`

/** Locks executions whose day is known, in the order given, which must be that of their ids; the gone are left out. */
export async function lockKnownExecutions(
  tx: Tx,
  known: readonly { readonly executionId: string; readonly startedOn: string }[],
): Promise<readonly StoredExecution[]> {
  const { rows } = await tx
    .tables()
    .executeQuery<ExecutionColumns>(
      CompiledQuery.raw(lockKnown, [
        tx.organizationId,
        known.map(({ executionId }) => executionId),
        known.map(({ startedOn }) => startedOn),
      ]),
    )
  return rows.map(storedExecution)
}

const lockNames = `select pg_advisory_xact_lock(hashtext('metaagent_executions'), b) from unnest($1::int[]) as b`

/** Holds these numbers against every other writer until the transaction ends. They must be sorted. */
export async function lockBuckets(tx: Tx, buckets: readonly number[]): Promise<void> {
  await tx.tables().executeQuery(CompiledQuery.raw(lockNames, [buckets]))
}

// The days are a list and not a range: with a range the primary key looks as good as the index by id, and is read whole.
const lockOnDays = `select e.*
  from unnest($2::uuid[]) as k(execution_id)
  cross join lateral (
    select ${stateColumns} from agent_executions e
    where e.organization_id = $1 and e.execution_id = k.execution_id and e.started_on = any($3::date[])
    for update
  ) e`

/** Locks the executions stored under any of these days, in the order given, which must be that of their ids. */
export async function lockExecutionsOnDays(
  tx: Tx,
  executionIds: readonly string[],
  days: readonly string[],
): Promise<readonly StoredExecution[]> {
  const { rows } = await tx
    .tables()
    .executeQuery<ExecutionColumns>(CompiledQuery.raw(lockOnDays, [tx.organizationId, executionIds, days]))
  return rows.map(storedExecution)
}

function storedExecution(row: ExecutionColumns): StoredExecution {
  return {
    startedOn: row.started_on,
    agentId: row.agent_id,
    releaseId: row.release_id,
    state: {
      executionId: hexOfUuid(row.execution_id),
      environment: row.environment,
      evidence: row.evidence,
      rank: row.report_rank,
      status: row.status,
      reportedAt: row.reported_at === null ? null : instantFromEpochMs(row.reported_at.getTime()),
      outcome: row.outcome,
      startedAt: instantFromEpochMs(row.started_at.getTime()),
      endedAt: row.ended_at === null ? null : instantFromEpochMs(row.ended_at.getTime()),
      endReason: row.end_reason,
      errorType: row.error_type,
      errorMessage: row.error_message,
      conversationId: row.conversation_id,
      conversationFrom: row.conversation_from,
      userId: row.user_id,
      userFrom: row.user_from,
      unit: row.unit,
      score: row.score,
      reportedCostNanoUsd: row.reported_cost_nano_usd,
      synthetic: row.synthetic,
      input: row.has_input ? kept : null,
      output: row.has_output ? kept : null,
      attributes: row.has_attributes ? kept : null,
      masked: row.masked,
      firstActionOn: row.first_action_on,
      lastActionOn: row.last_action_on,
      unsettled: row.unsettled,
      totals: {
        actions: row.actions,
        llmCalls: row.llm_calls,
        toolCalls: row.tool_calls,
        actionErrors: row.action_errors,
        inputTokens: row.input_tokens,
        outputTokens: row.output_tokens,
        costNanoUsd: row.cost_nano_usd,
        pricedCalls: row.priced_calls,
        unpricedCalls: row.unpriced_calls,
        reportedCostNanoUsd: row.actions_reported_cost_nano_usd,
      },
    },
  }
}

const written = `started_on date, execution_id uuid, agent_id uuid, release_id uuid, environment text, evidence text,
  report_rank smallint, status text, reported_at timestamptz, started_at timestamptz, ended_at timestamptz, end_reason text, error_type text,
  error_message text, conversation_id text, conversation_from text, user_id text, user_from text, unit text, score double precision, reported_cost_nano_usd bigint,
  synthetic boolean, input json, output json, attributes json, masked integer, first_action_on date,
  last_action_on date, unsettled boolean, actions integer,
  llm_calls integer, tool_calls integer, action_errors integer, input_tokens bigint, output_tokens bigint,
  cost_nano_usd bigint, priced_calls integer, unpriced_calls integer, actions_reported_cost_nano_usd bigint`
const writtenNames = written.split(',').map((column) => column.trim().split(' ')[0] ?? '')
const large = new Set(['input', 'output', 'attributes'])

const insertNew = `insert into agent_executions (organization_id, ${writtenNames.join(', ')})
  select $1::uuid, * from json_to_recordset($2::json) as r(${written}) order by r.execution_id`

const updateOld = `update agent_executions e
  set ${writtenNames
    .filter((name) => name !== 'started_on' && name !== 'execution_id')
    .map((name) => `${name} = ${large.has(name) ? `coalesce(r.${name}, e.${name})` : `r.${name}`}`)
    .join(', ')}
  from json_to_recordset($2::json) as r(${written})
  where e.organization_id = $1 and e.started_on = r.started_on and e.execution_id = r.execution_id`

/** Inserts executions, with the commit, that nobody else can be inserting, since their buckets are held. */
export function insertExecutions(tx: Tx, executions: readonly WrittenExecution[]): void {
  tx.atCommit(CompiledQuery.raw(insertNew, [tx.organizationId, recordset(executions)]))
}

/** Writes executions that were locked before, with the commit. */
export function updateExecutions(tx: Tx, executions: readonly WrittenExecution[]): void {
  tx.atCommit(CompiledQuery.raw(updateOld, [tx.organizationId, recordset(executions)]))
}

/** An execution as it is to be stored. */
export interface WrittenExecution {
  readonly startedOn: string
  readonly agentId: string
  readonly releaseId: string | null
  readonly state: ExecutionState
}

function recordset(executions: readonly WrittenExecution[]): string {
  return `[${executions.map(record).join(',')}]`
}

function record({ startedOn, agentId, releaseId, state }: WrittenExecution): string {
  const { totals } = state
  const fields = JSON.stringify({
    started_on: startedOn,
    execution_id: state.executionId,
    agent_id: agentId,
    release_id: releaseId,
    environment: state.environment,
    evidence: state.evidence,
    report_rank: state.rank,
    status: state.status,
    reported_at: state.reportedAt === null ? null : new Date(state.reportedAt),
    started_at: new Date(state.startedAt),
    ended_at: state.endedAt === null ? null : new Date(state.endedAt),
    end_reason: state.endReason,
    error_type: state.errorType,
    error_message: state.errorMessage,
    conversation_id: state.conversationId,
    conversation_from: state.conversationFrom,
    user_id: state.userId,
    user_from: state.userFrom,
    unit: state.unit,
    score: state.score,
    reported_cost_nano_usd: state.reportedCostNanoUsd,
    synthetic: state.synthetic,
    masked: state.masked,
    first_action_on: state.firstActionOn,
    last_action_on: state.lastActionOn,
    unsettled: state.unsettled,
    actions: totals.actions,
    llm_calls: totals.llmCalls,
    tool_calls: totals.toolCalls,
    action_errors: totals.actionErrors,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    cost_nano_usd: totals.costNanoUsd,
    priced_calls: totals.pricedCalls,
    unpriced_calls: totals.unpricedCalls,
    actions_reported_cost_nano_usd: totals.reportedCostNanoUsd,
  })
  return `${fields.slice(0, -1)}${jsonField('input', state.input)}${jsonField('output', state.output)}${jsonField('attributes', state.attributes)}}`
}

/** A stored text that stays is sent as nothing: the update keeps what is there. */
function jsonField(name: string, value: JsonText | Kept | null): string {
  return value === null || value === kept ? '' : `,"${name}":${value}`
}

/** Running and waiting executions per agent. */
export async function countOpen(tx: Tx): Promise<readonly { agentId: string; running: number; waiting: number }[]> {
  const { rows } = await sql<{ agent_id: string; running: number; waiting: number }>`
    select agent_id, count(*) filter (where status = 'running') as running,
      count(*) filter (where status = 'waiting') as waiting
    from agent_executions
    where organization_id = ${tx.organizationId} and status in ('running', 'waiting')
    group by agent_id`.execute(tx.tables())
  return rows.map((row) => ({ agentId: row.agent_id, running: row.running, waiting: row.waiting }))
}
