import { z } from 'zod'

/** UUID in the canonical lower-case form. MetaAgent's own ids are UUIDv7 (RFC 9562). */
export const Uuid = z.uuid().meta({ description: 'UUID, lower case.' })

/** ISO 8601 in UTC with milliseconds, as every reply writes it. */
export const IsoInstant = z.iso.datetime({ precision: 3 }).meta({ description: 'ISO 8601, UTC, milliseconds.' })

/** The last time that a client may name, in milliseconds since 1970. */
export const lastTimeMs = Date.UTC(9998, 11, 31)

/** A point in time as clients may send it: ISO 8601 with offset or Z, any precision; from 1970 to the end of 9998. */
export const IsoInstantInput = z.iso
  .datetime({ offset: true, local: false })
  .refine((text) => Date.parse(text) >= 0 && Date.parse(text) <= lastTimeMs, 'must lie between 1970 and 9998')
  .meta({ description: 'ISO 8601 with Z or an offset, from 1970 to 9998.' })

/** A month, `YYYY-MM`, from 1970 to 2999. */
export const Month = z
  .string()
  .regex(/^(19[7-9]\d|2\d{3})-(0[1-9]|1[0-2])$/, 'must be YYYY-MM, from 1970 to 2999')
  .meta({ description: '`YYYY-MM`, from 1970 to 2999.' })

/** The largest number that a version or a revision can have: what four bytes hold. */
export const versionMax = 2_147_483_647

/** An address for e-mail as RFC 5321 (4.5.3.1) bounds it: at most 64 characters before the `@`. */
export const Email = z
  .email()
  .max(320)
  .refine((text) => text.indexOf('@') <= 64, 'must have at most 64 characters before the @')

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
  .refine((text) => text.isWellFormed(), 'must not hold half of a surrogate pair')

/** Integer nano-dollars (1e-9 USD); null is unknown and is never counted as 0. */
export const CostNanoUsd = z.int().min(0).nullable().meta({ description: 'Nano-dollars (1e-9 USD); null = unknown.' })

/** JSON as it came; depth and size are limited by the receiver. */
export const Json: z.ZodType<JsonValue> = z
  .lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(Json), z.record(z.string(), Json)]))
  // By name: what refers to itself without one is left out of the OpenAPI document's components.
  .meta({ id: 'Json', description: 'Any JSON.' })
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
