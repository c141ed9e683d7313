import { z } from 'zod'

/** UUID in the canonical lower-case form. MetaAgent's own ids are UUIDv7 (RFC 9562). */
export const Uuid = z.uuid().meta({ description: 'UUID, lower case.' })

/** ISO 8601 in UTC with milliseconds, as every reply writes it. */
export const IsoInstant = z.iso.datetime({ precision: 3 }).meta({ description: 'ISO 8601, UTC, milliseconds.' })

/** A point in time as clients may send it: ISO 8601 with offset or Z, any precision. */
export const IsoInstantInput = z.iso
  .datetime({ offset: true, local: false })
  .meta({ description: 'ISO 8601 with Z or an offset.' })

/** UTC day, `YYYY-MM-DD`. */
export const UtcDay = z.iso.date()

/** 16 bytes, 32 lower-case hex digits: an OpenTelemetry trace id, which is what identifies an execution. */
export const ExecutionId = z
  .string()
  .regex(/^(?!0{32})[0-9a-f]{32}$/, 'must be 32 lower-case hex digits, not all zero')
  .meta({ description: 'OpenTelemetry trace id: 32 lower-case hex digits.' })

/** 8 bytes, 16 lower-case hex digits: an OpenTelemetry span id, which identifies an action within its execution. */
export const ActionId = z
  .string()
  .regex(/^(?!0{16})[0-9a-f]{16}$/, 'must be 16 lower-case hex digits, not all zero')
  .meta({ description: 'OpenTelemetry span id: 16 lower-case hex digits.' })

/** Names that people give: agents, environments, releases. No control characters, trimmed. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => ![...text].some((c) => c < ' ' || c === '\u007f'), 'must not hold control characters')

/** Integer nano-dollars (1e-9 USD); null is unknown and is never counted as 0. */
export const CostNanoUsd = z.int().min(0).nullable().meta({ description: 'Nano-dollars (1e-9 USD); null = unknown.' })

/** JSON as it came; depth and size are limited by the receiver. */
export const Json: z.ZodType<JsonValue> = z.json()
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/**
 * A personal field after encryption under its subject's own key (AES-256-GCM). Payloads hold this instead of the value,
 * so that destroying the key erases the person and leaves every hash valid.
 */
export const Sealed = z
  .strictObject({
    enc: z.literal('A256GCM'),
    subject: Uuid.meta({ description: 'Whose key: the id of the subject, not of the person.' }),
    iv: z.base64url(),
    ct: z.base64url(),
  })
  .meta({ id: 'Sealed', description: 'A personal field, encrypted under its subject’s key.' })
export type Sealed = z.infer<typeof Sealed>
