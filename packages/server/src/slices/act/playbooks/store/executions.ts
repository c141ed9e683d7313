import type { Because, EventActor, JsonValue, MacroExecutionStatus } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionEvent, ExecutionState } from '../model/execution/state.ts'

const iso = (at: Instant) => new Date(at).toISOString()

/** An execution as it is kept; `state` is its events folded. */
export interface StoredExecution {
  readonly executionId: string
  readonly macroId: string
  readonly macro: string
  readonly version: number
  readonly environment: string
  readonly inputs: JsonValue
  readonly status: MacroExecutionStatus
  readonly synthetic: boolean
  readonly dry: boolean
  readonly because: Because
  readonly endedBecause: Because | null
  readonly startedBy: EventActor
  readonly correlationId: string
  readonly causationId: string | null
  readonly parentId: string | null
  readonly depth: number
  readonly idempotencyKey: string | null
  readonly approvalId: string | null
  readonly state: ExecutionState
  readonly events: number
  readonly dueAt: Date | null
  readonly startedAt: Date
  readonly endedAt: Date | null
}

const columns =
  sql.raw(`macro_execution_id as "executionId", macro_id as "macroId", macro, version, environment, inputs,
  status, synthetic, dry, because, ended_because as "endedBecause", started_by as "startedBy",
  correlation_id as "correlationId", causation_id as "causationId", parent_id as "parentId", depth,
  idempotency_key as "idempotencyKey", approval_id as "approvalId", state, events, due_at as "dueAt",
  started_at as "startedAt", ended_at as "endedAt"`)

export async function insertExecution(
  tx: Tx,
  one: Omit<StoredExecution, 'dueAt' | 'startedAt' | 'endedAt' | 'status' | 'endedBecause' | 'events'> & {
    readonly startedAt: Instant
  },
): Promise<void> {
  await sql`
    insert into macro_executions (organization_id, macro_execution_id, macro_id, macro, version, environment, inputs,
      status, synthetic, dry, because, started_by, correlation_id, causation_id, parent_id, depth, idempotency_key,
      approval_id, state, events, due_at, started_at)
    values (${tx.organizationId}::uuid, ${one.executionId}::uuid, ${one.macroId}::uuid, ${one.macro}, ${one.version},
      ${one.environment}, ${JSON.stringify(one.inputs)}::json, 'running', ${one.synthetic}, ${one.dry},
      ${JSON.stringify(one.because)}::jsonb, ${JSON.stringify(one.startedBy)}::jsonb, ${one.correlationId},
      ${one.causationId}::uuid, ${one.parentId}::uuid, ${one.depth}, ${one.idempotencyKey}, ${one.approvalId}::uuid,
      ${JSON.stringify(one.state)}::jsonb, 0, ${iso(one.startedAt)}::timestamptz, ${iso(one.startedAt)}::timestamptz)`.execute(
    tx.tables(),
  )
}

/** The execution that was started under a key of this macro; null when none was. */
export async function executionByKey(tx: Tx, macroId: string, key: string): Promise<StoredExecution | null> {
  const { rows } = await sql<StoredExecution>`
    select ${columns} from macro_executions
    where organization_id = ${tx.organizationId}::uuid and macro_id = ${macroId}::uuid and idempotency_key = ${key}`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

/** One execution; `lock` holds it until the transaction ends. */
export async function executionById(tx: Tx, executionId: string, lock: boolean): Promise<StoredExecution | null> {
  const { rows } = await sql<StoredExecution>`
    select ${columns} from macro_executions
    where organization_id = ${tx.organizationId}::uuid and macro_execution_id = ${executionId}::uuid
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Takes what is due until a time, in the name of a worker; what another one takes just now is passed over. */
export async function leaseDue(
  tx: Tx,
  lease: { readonly now: Instant; readonly until: Instant; readonly holder: string; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    with due as (
      select macro_execution_id from macro_executions
      where organization_id = ${tx.organizationId}::uuid and due_at <= ${iso(lease.now)}::timestamptz
      order by due_at, macro_execution_id limit ${lease.limit} for update skip locked
    )
    update macro_executions e set due_at = ${iso(lease.until)}::timestamptz, leased_by = ${lease.holder}
    from due where e.organization_id = ${tx.organizationId}::uuid and e.macro_execution_id = due.macro_execution_id
    returning e.macro_execution_id as id`.execute(tx.tables())
  return rows.map(({ id }) => id)
}

/** What an event is kept with beside what the model folds. */
export interface NewExecutionEvent {
  readonly event: ExecutionEvent
  readonly because: Because | null
  readonly reference: string | null
}

/** Adds events behind the `from` that there are. */
export async function insertExecutionEvents(
  tx: Tx,
  executionId: string,
  added: { readonly from: number; readonly at: Instant; readonly events: readonly NewExecutionEvent[] },
): Promise<void> {
  if (added.events.length === 0) return
  const rows = added.events.map((one, index) => ({ sequence: added.from + index + 1, ...one }))
  await sql`
    insert into macro_execution_events (organization_id, macro_execution_id, sequence, at, event, because, reference)
    select ${tx.organizationId}::uuid, ${executionId}::uuid, r.sequence, ${iso(added.at)}::timestamptz, r.event,
      r.because, r.reference
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(sequence integer, event jsonb, because jsonb, reference text)`.execute(tx.tables())
}

/** Keeps where an execution stands after events were added. */
export async function saveExecution(
  tx: Tx,
  executionId: string,
  one: Pick<StoredExecution, 'state' | 'events' | 'status' | 'endedBecause'> & {
    readonly dueAt: Instant | null
    readonly endedAt: Instant | null
  },
): Promise<void> {
  await sql`
    update macro_executions set state = ${JSON.stringify(one.state)}::jsonb, events = ${one.events},
      status = ${one.status}, ended_because = ${one.endedBecause === null ? null : JSON.stringify(one.endedBecause)}::jsonb,
      due_at = ${one.dueAt === null ? null : iso(one.dueAt)}::timestamptz,
      ended_at = ${one.endedAt === null ? null : iso(one.endedAt)}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and macro_execution_id = ${executionId}::uuid`.execute(
    tx.tables(),
  )
}

/** Lets an execution be looked at no later than this; one that is being looked at right now is left alone. */
export async function bringForward(tx: Tx, executionId: string, at: Instant): Promise<void> {
  await sql`
    with free as (
      select macro_execution_id from macro_executions
      where organization_id = ${tx.organizationId}::uuid and macro_execution_id = ${executionId}::uuid
        and due_at is not null
      for update skip locked
    )
    update macro_executions e set due_at = least(e.due_at, ${iso(at)}::timestamptz)
    from free where e.organization_id = ${tx.organizationId}::uuid and e.macro_execution_id = free.macro_execution_id`.execute(
    tx.tables(),
  )
}

export interface StoredExecutionEvent extends NewExecutionEvent {
  readonly sequence: number
  readonly at: Date
}

/** Events of an execution in their order. */
export async function selectExecutionEvents(tx: Tx, executionId: string): Promise<readonly StoredExecutionEvent[]> {
  const { rows } = await sql<StoredExecutionEvent>`
    select sequence, at, event, because, reference from macro_execution_events
    where organization_id = ${tx.organizationId}::uuid and macro_execution_id = ${executionId}::uuid
    order by sequence`.execute(tx.tables())
  return rows
}

/** When a step, or its compensation, was released last, and what that left to wait for; null when it never was. */
export async function lastRelease(
  tx: Tx,
  executionId: string,
  step: string,
  type: 'released' | 'compensation-released',
): Promise<{ readonly at: Date; readonly reference: string | null } | null> {
  const { rows } = await sql<{ at: Date; reference: string | null }>`
    select at, reference from macro_execution_events
    where organization_id = ${tx.organizationId}::uuid and macro_execution_id = ${executionId}::uuid
      and event->>'type' = ${type} and event->'release'->>'step' = ${step}
    order by sequence desc limit 1`.execute(tx.tables())
  return rows[0] ?? null
}

export interface ExecutionFilter {
  readonly macro: string | null
  readonly status: MacroExecutionStatus | null
  readonly synthetic: boolean | null
}

/** Newest first, from behind `before` on. */
export async function selectExecutions(
  tx: Tx,
  filter: ExecutionFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredExecution[]> {
  const { rows } = await sql<StoredExecution>`
    select ${columns} from macro_executions
    where organization_id = ${tx.organizationId}::uuid
      ${filter.macro === null ? sql`` : sql`and macro = ${filter.macro}`}
      ${filter.status === null ? sql`` : sql`and status = ${filter.status}`}
      ${filter.synthetic === null ? sql`` : sql`and synthetic = ${filter.synthetic}`}
      ${before === null ? sql`` : sql`and macro_execution_id < ${before}::uuid`}
    order by macro_execution_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** Executions that run or ended since a time, the newest first. */
export async function selectPulse(
  tx: Tx,
  since: Instant,
  limit: number,
): Promise<
  readonly {
    readonly macroExecutionId: string
    readonly macro: string
    readonly status: MacroExecutionStatus
    readonly events: number
  }[]
> {
  const { rows } = await sql<{ macroExecutionId: string; macro: string; status: MacroExecutionStatus; events: number }>`
    select macro_execution_id as "macroExecutionId", macro, status, events from macro_executions
    where organization_id = ${tx.organizationId}::uuid
      and (due_at is not null or ended_at >= ${iso(since)}::timestamptz)
    order by macro_execution_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** Executions that a step of this one started and that have not ended. */
export async function runningChildren(tx: Tx, parentId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select macro_execution_id as id from macro_executions
    where organization_id = ${tx.organizationId}::uuid and parent_id = ${parentId}::uuid and status = 'running'`.execute(
    tx.tables(),
  )
  return rows.map(({ id }) => id)
}

/** Figures of one macro's executions; `latencyP95Ms` is of those that succeeded. */
export interface ExecutionFigures {
  readonly macroId: string
  readonly executions: number
  readonly succeeded: number
  readonly running: number
  readonly latencyP95Ms: number | null
}

/** Figures by macro: of executions that ended since a time, and of those that run now. Cancelled ones count in none. */
export async function figuresByMacro(
  tx: Tx,
  asked: { readonly since: Instant; readonly synthetic: boolean },
): Promise<ReadonlyMap<string, ExecutionFigures>> {
  const { rows } = await sql<ExecutionFigures>`
    select macro_id as "macroId",
      (count(*) filter (where status in ('succeeded', 'failed', 'compensated')))::int as executions,
      (count(*) filter (where status = 'succeeded'))::int as succeeded,
      (count(*) filter (where status = 'running'))::int as running,
      (percentile_disc(0.95) within group (
        order by (case when status = 'succeeded' then extract(epoch from ended_at - started_at) * 1000 end)))::int
        as "latencyP95Ms"
    from macro_executions
    where organization_id = ${tx.organizationId}::uuid and synthetic = ${asked.synthetic}
      and (ended_at is null or ended_at >= ${iso(asked.since)}::timestamptz)
    group by macro_id`.execute(tx.tables())
  return new Map(rows.map((row) => [row.macroId, row]))
}
