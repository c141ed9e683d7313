import {
  type Because,
  type EventActor,
  type EventPayload,
  type EventType,
  eventCatalogue,
  type JournalEvent,
  type JsonValue,
} from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { laneHash } from './lane.ts'

interface NewEventOf<Type extends EventType> {
  readonly type: Type
  /** What it is about: `agent/0190…`. At most 300 characters. */
  readonly subject: string
  readonly payload: EventPayload<Type>
  readonly actor: EventActor
  /** Ties the events of one story together and keeps their order. Default: the event's own id, the start of a story. */
  readonly correlationId?: string
  /** The event that led to this one. */
  readonly causationId?: string | null
}

/** A fact to append: a type of the catalogue with the payload that belongs to it. */
export type NewEvent<Type extends EventType = EventType> = Type extends EventType ? NewEventOf<Type> : never

/** An event as the table holds it. */
export interface EventRow {
  readonly eventId: string
  readonly type: string
  readonly subject: string
  readonly actor: EventActor
  readonly correlationId: string
  readonly causationId: string | null
  readonly lane: number
  readonly payload: JsonValue
  readonly occurredAt: Instant
}

/**
 * The row of a new event. Throws when the payload does not fit the catalogue or a text is too long: the caller is our
 * own code, so that is a mistake and no refusal.
 */
export function draftEvent(event: NewEvent, eventId: string, now: Instant): EventRow {
  const payload = eventCatalogue[event.type].payload.parse(event.payload)
  return draftRow({ ...event, payload }, eventId, now)
}

/** The same for a type outside the catalogue, whose payload may be any JSON. */
export function draftRow(
  event: Pick<NewEvent, 'subject' | 'actor' | 'correlationId' | 'causationId'> & { type: string; payload: JsonValue },
  eventId: string,
  occurredAt: Instant,
): EventRow {
  const correlationId = event.correlationId ?? eventId
  assertInvariant(event.type.length > 0 && event.type.length <= 200, 'an event type has 1 to 200 characters')
  assertInvariant(event.subject.length <= 300, 'the subject of an event has at most 300 characters')
  assertInvariant(event.actor.id.length <= 200, 'the id of an actor has at most 200 characters')
  assertInvariant(correlationId.length <= 200, 'a correlation id has at most 200 characters')
  return {
    eventId,
    type: event.type,
    subject: event.subject,
    actor: event.actor,
    correlationId,
    causationId: event.causationId ?? null,
    lane: laneHash(correlationId),
    payload: event.payload,
    occurredAt,
  }
}

/** The event as the wire shows it. */
export function toJournalEvent(organizationId: string, row: EventRow): JournalEvent {
  return {
    eventId: row.eventId,
    organizationId,
    type: row.type,
    subject: row.subject,
    actor: row.actor,
    correlationId: row.correlationId,
    causationId: row.causationId,
    payload: row.payload,
    occurredAt: toIso(row.occurredAt),
  }
}

type DecisionType = Extract<EventType, `decision.${string}`>
type DecidedNoun = DecisionType extends `decision.${infer Noun}` ? Noun : never

/** Decisions whose type is a name of one word that a specification gives, with the slice's noun for it. */
const mirrorsOfNames = {
  qa_arbitration: 'decision.arbitration.verdict',
  qa_drift: 'decision.drift.alarm',
} as const satisfies Partial<Record<EventType, DecisionType>>

/** An event whose type has a mirror: `rollouts.comparison.decided` is told again as `decision.rollouts.comparison`. */
export type DecidedEvent = NewEvent<Extract<EventType, `${DecidedNoun}.${string}` | keyof typeof mirrorsOfNames>>

/** What every decision carries: the verdict in one word and why it fell. */
export interface Decided {
  readonly verdict: string
  readonly because: Because
}

/** The `decision.*` mirror of a decision, caused by it and in its story. */
export function mirrorDecision(event: DecidedEvent, decided: Decided, causedBy: EventRow): NewEvent {
  return {
    type: decisionType(event.type),
    subject: event.subject,
    actor: event.actor,
    correlationId: causedBy.correlationId,
    causationId: causedBy.eventId,
    payload: { verdict: decided.verdict, because: decided.because, subject: event.subject },
  }
}

function decisionType(type: EventType): DecisionType {
  const named: Partial<Record<EventType, DecisionType>> = mirrorsOfNames
  const mirror = named[type] ?? `decision.${type.slice(0, type.lastIndexOf('.'))}`
  assertInvariant(mirror in eventCatalogue, `${type} has a mirror ${mirror} in the catalogue`)
  return mirror as DecisionType
}
