import type { EventActor, JudgeKind, Outcome, OutcomeResult, OutcomeState } from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type OutcomeRow, type Overriding, type StoredSubject, shownSubject } from '../model/outcomes.ts'
import { hexOfUuid } from '../model/rows.ts'

/** An outcome as it waits. */
export interface WaitingOutcome extends OutcomeRow {
  readonly receivedAt: Instant
  readonly recordedBy: EventActor
}

interface OutcomeColumns {
  readonly outcome_id: string
  readonly state: OutcomeState
  readonly subject_kind: StoredSubject['kind']
  readonly subject_key: string | null
  readonly subject_value: string
  readonly subject_action_id: string | null
  readonly agent: string | null
  readonly metric: string
  readonly result: OutcomeResult | null
  readonly score: number | null
  readonly label: string | null
  readonly explanation: string | null
  readonly judge: string
  readonly judge_kind: JudgeKind
  readonly overrides: boolean
  readonly source: string
  readonly idempotency_key: string
  readonly observed_at: Date
  readonly received_at: Date
  readonly recorded_by: EventActor
  readonly execution_id: string | null
  readonly joined_at: Date | null
}

const columns = sql.raw(`o.outcome_id, o.state, o.subject_kind, o.subject_key, o.subject_value, o.subject_action_id,
  o.agent, o.metric, o.result, o.score, o.label, o.explanation, o.judge, o.judge_kind, o.overrides, o.source,
  o.idempotency_key, o.observed_at, o.received_at, o.recorded_by, o.execution_id, o.joined_at`)

const insertMany = `insert into execution_outcomes (organization_id, outcome_id, state, subject_kind, subject_key,
    subject_value, subject_action_id, agent, metric, result, score, label, explanation, judge, judge_kind, overrides,
    source, idempotency_key, observed_at, received_at, recorded_by, next_try_at)
  select $1::uuid, r.outcome_id, 'waiting', r.subject_kind, r.subject_key, r.subject_value, r.subject_action_id, r.agent,
    r.metric, r.result, r.score, r.label, r.explanation, r.judge, r.judge_kind, r.overrides, r.source,
    r.idempotency_key, r.observed_at, r.received_at, r.recorded_by, r.received_at
  from json_to_recordset($2::json) as r(outcome_id uuid, subject_kind text, subject_key text, subject_value text,
    subject_action_id text, agent text, metric text, result text, score double precision, label text, explanation text,
    judge text, judge_kind text, overrides boolean, source text, idempotency_key text, observed_at timestamptz,
    received_at timestamptz, recorded_by jsonb)
  order by r.source, r.idempotency_key
  on conflict (organization_id, source, idempotency_key) do nothing
  returning outcome_id`

/** Inserts the outcomes whose keys are new, as waiting; answers the ids of exactly those. */
export async function insertOutcomes(tx: Tx, outcomes: readonly WaitingOutcome[]): Promise<ReadonlySet<string>> {
  const records = outcomes.map((row) => ({
    outcome_id: row.outcomeId,
    subject_kind: row.subject.kind,
    subject_key: row.subject.key,
    subject_value: row.subject.value,
    subject_action_id: row.subject.actionId,
    agent: row.subject.agent,
    metric: row.metric,
    result: row.result,
    score: row.score,
    label: row.label,
    explanation: row.explanation,
    judge: row.judge,
    judge_kind: row.judgeKind,
    overrides: row.overrides,
    source: row.source,
    idempotency_key: row.idempotencyKey,
    observed_at: new Date(row.observedAt),
    received_at: new Date(row.receivedAt),
    recorded_by: row.recordedBy,
  }))
  const query = CompiledQuery.raw(insertMany, [tx.organizationId, JSON.stringify(records)])
  const { rows } = await tx.tables().executeQuery<{ outcome_id: string }>(query)
  return new Set(rows.map((row) => row.outcome_id))
}

/** What an outcome is looked for by; `agentId` null means of any agent. */
export interface Sought {
  readonly subject: StoredSubject
  readonly agentId: string | null
  readonly observedAt: Instant
}

export interface Place {
  readonly executionId: string
  readonly startedOn: string
}

const fromSought = `from json_to_recordset($2::json) as k(n integer, key text, value text, agent_id uuid, observed_at timestamptz)
  cross join lateral`

// One look-up by index per outcome, written as a loop for the reason that store/executions.ts gives.
const seekBy: Readonly<Record<StoredSubject['kind'], string>> = {
  execution: `select k.n, e.* ${fromSought} (
    select e.execution_id, e.started_on from agent_executions e
    where e.organization_id = $1 and e.execution_id = k.value::uuid order by e.started_on limit 1) e`,
  conversation: `select k.n, e.* ${fromSought} (
    select e.execution_id, e.started_on from agent_executions e
    where e.organization_id = $1 and e.conversation_id = k.value and e.started_at <= k.observed_at
      and (k.agent_id is null or e.agent_id = k.agent_id)
    order by e.started_at desc, e.execution_id desc limit 1) e`,
  unit: `select k.n, e.* ${fromSought} (
    select e.execution_id, e.started_on from agent_executions e
    where e.organization_id = $1 and e.unit = k.value and e.started_at <= k.observed_at
      and (k.agent_id is null or e.agent_id = k.agent_id)
    order by e.started_at desc, e.execution_id desc limit 1) e`,
  attribute: `select k.n, e.* ${fromSought} (
    select e.execution_id, e.started_on from agent_executions e
    where e.organization_id = $1 and e.agent_id = k.agent_id and e.started_at <= k.observed_at
      and e.started_at > k.observed_at - interval '30 days'
      and e.started_on between (k.observed_at - interval '31 days')::date and (k.observed_at + interval '1 day')::date
      and e.attributes ->> k.key = k.value
    order by e.started_at desc, e.execution_id desc limit 1) e`,
}

/** Where the execution of each sought outcome is stored, by its place in the list; those not found are left out. */
export async function findPlaces(tx: Tx, sought: readonly Sought[]): Promise<ReadonlyMap<number, Place>> {
  const places = new Map<number, Place>()
  for (const kind of ['execution', 'conversation', 'unit', 'attribute'] as const) {
    const records = sought.flatMap(({ subject, agentId, observedAt }, n) =>
      subject.kind === kind
        ? [{ n, key: subject.key, value: subject.value, agent_id: agentId, observed_at: new Date(observedAt) }]
        : [],
    )
    if (records.length === 0) continue
    const query = CompiledQuery.raw(seekBy[kind], [tx.organizationId, JSON.stringify(records)])
    const { rows } = await tx.tables().executeQuery<{ n: number; execution_id: string; started_on: string }>(query)
    for (const row of rows) places.set(row.n, { executionId: hexOfUuid(row.execution_id), startedOn: row.started_on })
  }
  return places
}

/** Joins a waiting outcome to its execution. */
export async function joinOutcome(tx: Tx, outcomeId: string, place: Place, now: Instant): Promise<void> {
  await sql`update execution_outcomes set state = 'joined', execution_id = ${place.executionId}::uuid,
      started_on = ${place.startedOn}::date, joined_at = ${new Date(now)}
    where organization_id = ${tx.organizationId} and outcome_id = ${outcomeId}`.execute(tx.tables())
}

/** Puts off the next look for the executions of these outcomes. */
export async function putOff(
  tx: Tx,
  outcomes: readonly { readonly outcomeId: string; readonly nextTryAt: Instant }[],
): Promise<void> {
  const records = outcomes.map(({ outcomeId, nextTryAt }) => ({ outcome_id: outcomeId, at: new Date(nextTryAt) }))
  await sql`update execution_outcomes o set next_try_at = r.at
    from json_to_recordset(${JSON.stringify(records)}::json) as r(outcome_id uuid, at timestamptz)
    where o.organization_id = ${tx.organizationId} and o.outcome_id = r.outcome_id`.execute(tx.tables())
}

/** Everything joined to these executions that may override their status, by execution id. */
export async function overridingOutcomes(
  tx: Tx,
  executionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Overriding[]>> {
  const { rows } = await sql<OutcomeColumns & { execution_id: string; result: OutcomeResult }>`
    select ${columns} from execution_outcomes o
    where o.organization_id = ${tx.organizationId} and o.execution_id = any(${executionIds}::uuid[])
      and o.overrides and o.result is not null and o.subject_action_id is null`.execute(tx.tables())
  const found = new Map<string, Overriding[]>()
  for (const row of rows) {
    const executionId = hexOfUuid(row.execution_id)
    const known = found.get(executionId)
    const overriding = {
      result: row.result,
      observedAt: instantFromEpochMs(row.observed_at.getTime()),
      source: row.source,
      idempotencyKey: row.idempotency_key,
      metric: row.metric,
    }
    if (known === undefined) found.set(executionId, [overriding])
    else known.push(overriding)
  }
  return found
}

/** Writes what an execution counts as. Its row must be locked. */
export async function saveOutcome(tx: Tx, place: Place, outcome: OutcomeResult | null): Promise<void> {
  await sql`update agent_executions set outcome = ${outcome}
    where organization_id = ${tx.organizationId} and started_on = ${place.startedOn}::date
      and execution_id = ${place.executionId}::uuid`.execute(tx.tables())
}

/** Organizations with outcomes that are due to be looked for. Deployment scope. */
export async function organizationsWithWaiting(tx: Tx, now: Instant): Promise<readonly string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    select distinct organization_id from execution_outcomes
    where state = 'waiting' and next_try_at <= ${new Date(now)} order by organization_id`.execute(tx.tables())
  return rows.map((row) => row.organization_id)
}

/** Outcomes that are due, longest waiting first, held against other processes until the transaction ends. */
export async function lockDueOutcomes(tx: Tx, now: Instant, limit: number): Promise<readonly WaitingOutcome[]> {
  const { rows } = await sql<OutcomeColumns>`
    select ${columns} from execution_outcomes o
    where o.organization_id = ${tx.organizationId} and o.state = 'waiting' and o.next_try_at <= ${new Date(now)}
    order by o.next_try_at, o.outcome_id limit ${limit} for update skip locked`.execute(tx.tables())
  return rows.map((row) => ({
    ...rowOf(row),
    receivedAt: instantFromEpochMs(row.received_at.getTime()),
    recordedBy: row.recorded_by,
  }))
}

/** Gives up what has waited since before `receivedBefore`; answers how many. */
export async function expireOutcomes(tx: Tx, receivedBefore: Instant): Promise<number> {
  const { rows } = await sql`
    update execution_outcomes set state = 'expired'
    where organization_id = ${tx.organizationId} and state = 'waiting' and received_at < ${new Date(receivedBefore)}
    returning outcome_id`.execute(tx.tables())
  return rows.length
}

/** The newest received first, from behind `before` on. */
export async function selectOutcomes(
  tx: Tx,
  filter: { readonly state: OutcomeState | null; readonly executionId: string | null },
  before: string | null,
  limit: number,
): Promise<readonly Outcome[]> {
  const { rows } = await sql<OutcomeColumns>`
    select ${columns} from execution_outcomes o
    where o.organization_id = ${tx.organizationId}
      ${filter.state === null ? sql`` : sql`and o.state = ${filter.state}`}
      ${filter.executionId === null ? sql`` : sql`and o.execution_id = ${filter.executionId}::uuid`}
      ${before === null ? sql`` : sql`and o.outcome_id < ${before}`}
    order by o.outcome_id desc limit ${limit}`.execute(tx.tables())
  return rows.map((row) => {
    const { subject, idempotencyKey: _, observedAt: __, ...fields } = rowOf(row)
    return {
      ...fields,
      state: row.state,
      subject: shownSubject(subject),
      executionId: row.execution_id === null ? null : hexOfUuid(row.execution_id),
      observedAt: row.observed_at.toISOString(),
      receivedAt: row.received_at.toISOString(),
      joinedAt: row.joined_at?.toISOString() ?? null,
    }
  })
}

function rowOf(row: OutcomeColumns): OutcomeRow {
  return {
    outcomeId: row.outcome_id,
    subject: {
      kind: row.subject_kind,
      key: row.subject_key,
      value: row.subject_value,
      actionId: row.subject_action_id,
      agent: row.agent,
    },
    metric: row.metric,
    result: row.result,
    score: row.score,
    label: row.label,
    explanation: row.explanation,
    judge: row.judge,
    judgeKind: row.judge_kind,
    overrides: row.overrides,
    source: row.source,
    idempotencyKey: row.idempotency_key,
    observedAt: instantFromEpochMs(row.observed_at.getTime()),
  }
}
