import type { JsonValue } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { StoredSpanRow } from '../model/otlp/stored-span.ts'
import { hexOfUuid } from '../model/rows.ts'

/** Something that came apart from its span and waits for it. */
export interface WaitingSpanEvent {
  /** 64 hex digits. */
  readonly eventKey: string
  readonly kind: 'content' | 'evaluation'
  readonly executionId: string | null
  readonly actionId: string | null
  readonly responseId: string | null
  readonly occurredAt: Instant
  readonly receivedAt: Instant
  readonly nextTryAt: Instant
  readonly event: JsonValue
  readonly masked: number
}

/** Keeps events until their spans are there; those that wait already are left as they are. */
export async function insertWaiting(tx: Tx, events: readonly WaitingSpanEvent[]): Promise<void> {
  const records = events.map((event) => ({
    event_key: `\\x${event.eventKey}`,
    kind: event.kind,
    execution_id: event.executionId,
    action_id: event.actionId === null ? null : `\\x${event.actionId}`,
    response_id: event.responseId,
    occurred_at: new Date(event.occurredAt),
    received_at: new Date(event.receivedAt),
    next_try_at: new Date(event.nextTryAt),
    event: event.event,
    masked: event.masked,
  }))
  await sql`
    insert into waiting_span_events (organization_id, event_key, kind, execution_id, action_id, response_id, occurred_at,
      received_at, next_try_at, event, masked)
    select ${tx.organizationId}::uuid, r.* from json_to_recordset(${JSON.stringify(records)}::json) as r(event_key bytea,
      kind text, execution_id uuid, action_id bytea, response_id text, occurred_at timestamptz, received_at timestamptz,
      next_try_at timestamptz, event json, masked integer)
    order by r.event_key
    on conflict (organization_id, event_key) do nothing`.execute(tx.tables())
}

/** Organizations with events whose spans are due to be looked for. Deployment scope. */
export async function organizationsWithSpanEvents(tx: Tx, now: Instant): Promise<readonly string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    select distinct organization_id from waiting_span_events where next_try_at <= ${new Date(now)}
    order by organization_id`.execute(tx.tables())
  return rows.map((row) => row.organization_id)
}

/** Events that are due, held against other processes until the transaction ends. */
export async function lockDue(tx: Tx, now: Instant, limit: number): Promise<readonly WaitingSpanEvent[]> {
  const { rows } = await sql<{
    event_key: string
    kind: WaitingSpanEvent['kind']
    execution_id: string | null
    action_id: string | null
    response_id: string | null
    occurred_at: Date
    received_at: Date
    next_try_at: Date
    event: JsonValue
    masked: number
  }>`
    select encode(w.event_key, 'hex') as event_key, w.kind, w.execution_id, encode(w.action_id, 'hex') as action_id,
      w.response_id, w.occurred_at, w.received_at, w.next_try_at, w.event, w.masked
    from waiting_span_events w
    where w.organization_id = ${tx.organizationId} and w.next_try_at <= ${new Date(now)}
    order by w.next_try_at, w.event_key limit ${limit} for update skip locked`.execute(tx.tables())
  return rows.map((row) => ({
    eventKey: row.event_key,
    kind: row.kind,
    executionId: row.execution_id === null ? null : hexOfUuid(row.execution_id),
    actionId: row.action_id,
    responseId: row.response_id,
    occurredAt: instantFromEpochMs(row.occurred_at.getTime()),
    receivedAt: instantFromEpochMs(row.received_at.getTime()),
    nextTryAt: instantFromEpochMs(row.next_try_at.getTime()),
    event: row.event,
    masked: row.masked,
  }))
}

/** Puts off the next look for the spans of these events. */
export async function putOffEvents(
  tx: Tx,
  events: readonly { readonly eventKey: string; readonly nextTryAt: Instant }[],
): Promise<void> {
  await sql`
    update waiting_span_events w set next_try_at = r.at
    from unnest(${events.map(({ eventKey }) => `\\x${eventKey}`)}::bytea[],
      ${events.map(({ nextTryAt }) => new Date(nextTryAt))}::timestamptz[]) as r(event_key, at)
    where w.organization_id = ${tx.organizationId} and w.event_key = r.event_key`.execute(tx.tables())
}

export async function deleteEvents(tx: Tx, eventKeys: readonly string[]): Promise<void> {
  await sql`delete from waiting_span_events where organization_id = ${tx.organizationId}
    and event_key = any(${eventKeys.map((key) => `\\x${key}`)}::bytea[])`.execute(tx.tables())
}

/** Gives up what has waited since before `receivedBefore`; answers how many. */
export async function expireEvents(tx: Tx, receivedBefore: Instant): Promise<number> {
  const { rows } = await sql`delete from waiting_span_events
    where organization_id = ${tx.organizationId} and received_at < ${new Date(receivedBefore)}
    returning event_key`.execute(tx.tables())
  return rows.length
}

/** A stored span with what joining an event to it needs. */
export interface SpanWithContent extends StoredSpanRow {
  readonly startedOn: string
  readonly masked: number
}

interface SpanColumns {
  readonly execution_id: string
  readonly action_id: string
  readonly parent_action_id: string | null
  readonly started_on: string
  readonly name: string
  readonly status: string
  readonly started_at: Date
  readonly ended_at: Date
  readonly error_message: string | null
  readonly attributes: Record<string, JsonValue> | null
  readonly masked: number
}

/** The stored spans of these keys, locked in the order of their keys. A span lies within the days around its event. */
export async function lockSpans(
  tx: Tx,
  sought: readonly { readonly executionId: string; readonly actionId: string }[],
  days: readonly string[],
): Promise<readonly SpanWithContent[]> {
  const { rows } = await sql<SpanColumns>`
    select l.execution_id, encode(l.action_id, 'hex') as action_id, encode(l.parent_action_id, 'hex') as parent_action_id,
      l.started_on, l.name, l.status, l.started_at, l.ended_at, l.error_message, l.attributes, l.masked
    from agent_execution_logs l
    join unnest(${sought.map(({ executionId }) => executionId)}::uuid[],
      ${sought.map(({ actionId }) => `\\x${actionId}`)}::bytea[]) as s(execution_id, action_id)
      on l.execution_id = s.execution_id and l.action_id = s.action_id
    where l.organization_id = ${tx.organizationId} and l.started_on = any(${days}::date[]) and l.source = 'otlp'
    order by l.started_on, l.execution_id, l.action_id for update of l`.execute(tx.tables())
  return rows.map((row) => ({
    executionId: hexOfUuid(row.execution_id),
    actionId: row.action_id,
    parentActionId: row.parent_action_id,
    startedOn: row.started_on,
    name: row.name,
    status: row.status,
    startedAt: instantFromEpochMs(row.started_at.getTime()),
    endedAt: instantFromEpochMs(row.ended_at.getTime()),
    errorMessage: row.error_message,
    attributes: row.attributes ?? {},
    masked: row.masked,
  }))
}

/** What a span holds after events were joined to it; JSON as text. */
export interface JoinedContent {
  readonly span: SpanWithContent
  readonly input: string | null
  readonly output: string | null
  readonly attributes: string | null
  readonly masked: number
}

/** Writes the contents of locked spans, and those of their executions where the span is the root. */
export async function writeContents(tx: Tx, joined: readonly JoinedContent[], days: readonly string[]): Promise<void> {
  await sql`
    update agent_execution_logs l
    set input = c.input::json, output = c.output::json, attributes = c.attributes::json, masked = c.masked
    from unnest(${joined.map(({ span }) => span.startedOn)}::date[], ${joined.map(({ span }) => span.executionId)}::uuid[],
      ${joined.map(({ span }) => `\\x${span.actionId}`)}::bytea[], ${joined.map(({ input }) => input)}::text[],
      ${joined.map(({ output }) => output)}::text[], ${joined.map(({ attributes }) => attributes)}::text[],
      ${joined.map(({ masked }) => masked)}::integer[]
    ) as c(started_on, execution_id, action_id, input, output, attributes, masked)
    where l.organization_id = ${tx.organizationId} and l.started_on = c.started_on
      and l.execution_id = c.execution_id and l.action_id = c.action_id`.execute(tx.tables())
  const roots = joined.filter(({ span }) => span.parentActionId === null)
  if (roots.length === 0) return
  await sql`
    update agent_executions e set input = coalesce(e.input, c.input::json), output = coalesce(e.output, c.output::json)
    from unnest(${roots.map(({ span }) => span.executionId)}::uuid[], ${roots.map(({ input }) => input)}::text[],
      ${roots.map(({ output }) => output)}::text[]) as c(execution_id, input, output)
    where e.organization_id = ${tx.organizationId} and e.started_on = any(${days}::date[])
      and e.execution_id = c.execution_id`.execute(tx.tables())
}

/** The actions whose model gave these responses, on these days; of several the newest. */
export async function actionsByResponse(
  tx: Tx,
  responseIds: readonly string[],
  days: readonly string[],
): Promise<ReadonlyMap<string, { readonly executionId: string; readonly actionId: string }>> {
  const { rows } = await sql<{ response_id: string; execution_id: string; action_id: string }>`
    select l.response_id, l.execution_id, encode(l.action_id, 'hex') as action_id from agent_execution_logs l
    where l.organization_id = ${tx.organizationId} and l.started_on = any(${days}::date[])
      and l.response_id = any(${responseIds}::text[])
    order by l.started_at`.execute(tx.tables())
  return new Map(
    rows.map((row) => [row.response_id, { executionId: hexOfUuid(row.execution_id), actionId: row.action_id }]),
  )
}
