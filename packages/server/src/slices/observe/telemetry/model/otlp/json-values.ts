import type { JsonValue } from '@metaagent/contract'
import type { Instant } from '../../../../../kernel/instant.ts'
import { emptyAttributes, instantOfNanos, type SpanAttributes } from './span.ts'

// What the three signals of OTLP/JSON have in common: fields, times, attributes.

export type Fields = Readonly<Record<string, unknown>>

export const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A time in nanoseconds, as text or number; null when it is none, or 0, which means unknown. */
export function jsonNanos(value: unknown): Instant | null {
  if (typeof value === 'number')
    return Number.isFinite(value) && value > 0 ? instantOfNanos(BigInt(Math.trunc(value))) : null
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return null
  const nanos = BigInt(value)
  return nanos === 0n ? null : instantOfNanos(nanos)
}

/** Key and value pairs as a record. */
export function attributesOf(list: unknown): SpanAttributes {
  const attributes = emptyAttributes()
  for (const entry of listOf(list)) {
    const fields = fieldsOf(entry)
    const key = textOf(fields?.['key'])
    if (key !== '') attributes[key] = anyValue(fields?.['value'], 0)
  }
  return attributes
}

const deepestValue = 64

/** An OTLP `AnyValue` as plain JSON; bytes stay base64. Deeper than 64 levels becomes null. */
export function anyValue(value: unknown, level: number): JsonValue {
  const fields = fieldsOf(value)
  if (fields === null || level > deepestValue) return null
  if (fields['stringValue'] !== undefined) return String(fields['stringValue'])
  if (fields['boolValue'] !== undefined) return fields['boolValue'] === true
  if (fields['intValue'] !== undefined) return integerOf(fields['intValue'])
  if (fields['doubleValue'] !== undefined) return doubleOf(fields['doubleValue'])
  if (fields['arrayValue'] !== undefined)
    return listOf(fieldsOf(fields['arrayValue'])?.['values']).map((item) => anyValue(item, level + 1))
  if (fields['kvlistValue'] !== undefined) return keyValues(fieldsOf(fields['kvlistValue'])?.['values'], level + 1)
  return typeof fields['bytesValue'] === 'string' ? fields['bytesValue'] : null
}

function keyValues(list: unknown, level: number): JsonValue {
  const entries = listOf(list).map((entry): [string, JsonValue] => {
    const fields = fieldsOf(entry)
    return [textOf(fields?.['key']), anyValue(fields?.['value'], level)]
  })
  return Object.fromEntries(entries)
}

/** 64-bit integers come as text; beyond what a number holds exactly they stay text. */
function integerOf(value: unknown): JsonValue {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** JSON has no NaN and no infinity: those become their names. */
function doubleOf(value: unknown): JsonValue {
  const number = Number(value)
  return Number.isFinite(number) ? number : String(value)
}
