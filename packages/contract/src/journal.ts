import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'

/** Who caused an event. Never a name or an address: ids only, the rest is sealed. */
export const EventActor = z
  .object({
    kind: z.enum(['user', 'api_key', 'token', 'system', 'source']),
    id: z.string().max(200),
  })
  .meta({ id: 'EventActor' })
export type EventActor = z.infer<typeof EventActor>

/** A fact in the journal. */
export const JournalEvent = z
  .object({
    eventId: Uuid,
    organizationId: Uuid,
    type: z.string().min(1).max(200),
    subject: z.string().max(300).meta({ description: 'What it is about: `agent/0190…`, `rollout/…`.' }),
    actor: EventActor,
    correlationId: z.string().max(200),
    causationId: Uuid.nullable().meta({ description: 'The event that led to this one.' }),
    payload: Json,
    occurredAt: IsoInstant,
  })
  .meta({ id: 'JournalEvent' })
export type JournalEvent = z.infer<typeof JournalEvent>

export const JournalEventPage = pageOf(JournalEvent).meta({ id: 'JournalEventPage' })
export const JournalQuery = PageQuery.extend({
  type: z.string().max(200).optional().meta({ description: 'Glob over the whole type: `rollouts.*`.' }),
  subject: z.string().max(300).optional(),
  correlationId: z.string().max(200).optional(),
})

export const JournalFollowQuery = z.object({
  type: z.string().min(1).max(200).default('*').meta({ description: 'Glob over the whole type: `qa_*`.' }),
})
/** Where a stream of the journal stands; also the id of its events. */
export const JournalPosition = z.object({ position: z.string() }).meta({ id: 'JournalPosition' })

/** An event from outside: a source that an admin registered, optionally signed. */
export const ExternalEvent = z
  .strictObject({
    source: Name,
    type: z
      .string()
      .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/, 'lower case words joined by dots or underscores')
      .max(200),
    subject: z.string().max(300).optional(),
    correlationId: z.string().min(1).max(200).optional(),
    payload: Json,
    occurredAt: IsoInstant.optional(),
    signature: z.string().max(500).optional().meta({
      description:
        'Base64 of HMAC-SHA-256 or Ed25519 over the canonical JSON (RFC 8785) of the event without this field. Required when the source has a key.',
    }),
  })
  .meta({ id: 'ExternalEvent' })
export type ExternalEvent = z.infer<typeof ExternalEvent>
export const ExternalEventReceipt = z.object({ eventId: Uuid, correlationId: z.string() })

export const EventSource = z
  .object({
    name: Name,
    algorithm: z.enum(['none', 'hmac-sha256', 'ed25519']),
    publicKey: z.string().nullable().meta({ description: 'Base64 of the raw Ed25519 key.' }),
    createdAt: IsoInstant,
    revokedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'EventSource' })
export const EventSourceInput = z.strictObject({
  name: Name,
  algorithm: z.enum(['none', 'hmac-sha256', 'ed25519']),
  publicKey: z.base64().max(200).optional(),
})
export const EventSourceCreated = z.object({
  source: EventSource,
  secret: z.string().nullable().meta({ description: 'Base64; shown once, for hmac-sha256.' }),
})
export const EventSourceList = z.object({ items: z.array(EventSource) })

export const SubscriberStatus = z
  .object({
    name: z.string(),
    pattern: z.string(),
    lanes: z.int(),
    lagEvents: z.int().nullable(),
    lagMs: z.int().nullable().meta({ description: 'Age of the oldest unread event; null when there is none.' }),
    delivered: z.int(),
    retried: z.int(),
    deadLetters: z.int(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'SubscriberStatus' })
export type SubscriberStatus = z.infer<typeof SubscriberStatus>
export const SubscriberList = z.object({ items: z.array(SubscriberStatus) })

export const DeadLetter = z
  .object({
    deadLetterId: Uuid,
    subscriber: z.string(),
    event: JournalEvent,
    error: z.string(),
    attempts: z.int(),
    createdAt: IsoInstant,
    replayedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'DeadLetter' })
export const DeadLetterPage = pageOf(DeadLetter)
