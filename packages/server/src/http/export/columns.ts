import { z } from 'zod'

export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'time' | 'json'

/** A column of a table made of a list's items: `totals.costNanoUsd` is a field of a field. */
export interface Column {
  readonly name: string
  readonly path: readonly string[]
  readonly type: ColumnType
}

/** What a cell may hold; null is unknown. */
export type Cell = string | number | boolean | null

/**
 * The columns of a list, read off its schema, so that an empty list has them too: a field each, fields of objects with
 * their path, and whatever has no fixed form (lists, free JSON) as one column of JSON text.
 */
export function columnsOf(item: z.ZodType, path: readonly string[] = []): readonly Column[] {
  const schema = unwrapped(item)
  if (schema instanceof z.ZodObject && Object.keys(schema.shape).length > 0)
    return Object.entries(schema.shape).flatMap(([name, field]) => columnsOf(field as z.ZodType, [...path, name]))
  return [{ name: path.join('.'), path, type: typeOf(schema) }]
}

/** The item schema of a reply `{items: [...], nextCursor}`; null for replies that are no pages. */
export function pagedItemOf(reply: z.ZodType): z.ZodType | null {
  const schema = unwrapped(reply)
  if (!(schema instanceof z.ZodObject) || !('nextCursor' in schema.shape)) return null
  const items: unknown = schema.shape['items']
  return items instanceof z.ZodArray ? (items.element as z.ZodType) : null
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let inner = schema
  while (inner instanceof z.ZodNullable || inner instanceof z.ZodOptional || inner instanceof z.ZodDefault)
    inner = inner.unwrap() as z.ZodType
  return inner
}

function typeOf(schema: z.ZodType): ColumnType {
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodNumber) return schema.format === 'safeint' ? 'integer' : 'number'
  if (schema instanceof z.ZodISODateTime) return 'time'
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat || schema instanceof z.ZodEnum) return 'text'
  return 'json'
}

/** The value of a column in an item; what is missing on the way is unknown. */
export function cellOf({ path, type }: Column, item: unknown): Cell {
  let value: unknown = item
  for (const name of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (value === undefined || value === null) return null
  if (type === 'json') return JSON.stringify(value)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : JSON.stringify(value)
}
