import type { JsonValue } from '@metaagent/contract'
import { emptyAttributes, type SpanAttributes } from '../model/otlp/span.ts'
import { delimited, FieldReader, fixed64, varint } from './protobuf-reader.ts'

/** Reads one item of an export out of its message: a span, a log record, a metric. */
export type ReadItem<Item> = (message: FieldReader, resource: SpanAttributes, scope: string, into: Item[]) => void

/**
 * Reads what the export requests of the three signals have in common: groups by resource, within them groups by scope,
 * and in those the items. All three number these fields alike (opentelemetry-proto). Throws MalformedProtobuf.
 */
export function readExport<Item>(body: Uint8Array, readItem: ReadItem<Item>): readonly Item[] {
  const request = new FieldReader(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  const items: Item[] = []
  while (request.next()) {
    if (request.field === 1 && request.type === delimited) readGroup(request.message(), readItem, items)
    else request.skip()
  }
  return items
}

/** What stands behind its items in the bytes holds for them all the same, so they are read last. */
function readGroup<Item>(group: FieldReader, readItem: ReadItem<Item>, items: Item[]): void {
  const resource = emptyAttributes()
  const scopes: FieldReader[] = []
  while (group.next()) {
    if (group.field === 1 && group.type === delimited) readAttributes(group, resource)
    else if (group.field === 2 && group.type === delimited) scopes.push(group.message())
    else group.skip()
  }
  for (const scope of scopes) readScope(scope, resource, readItem, items)
}

function readScope<Item>(scope: FieldReader, resource: SpanAttributes, readItem: ReadItem<Item>, items: Item[]): void {
  let name = ''
  const found: FieldReader[] = []
  while (scope.next()) {
    if (scope.field === 1 && scope.type === delimited) name = readScopeName(scope)
    else if (scope.field === 2 && scope.type === delimited) found.push(scope.message())
    else scope.skip()
  }
  for (const item of found) readItem(item, resource, name, items)
}

function readScopeName(reader: FieldReader): string {
  let name = ''
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.field === 1 && reader.type === delimited) name = reader.name()
    else reader.skip()
  }
  reader.leave(outer)
  return name
}

/** The attributes of the resource that is this field. */
function readAttributes(reader: FieldReader, into: Record<string, JsonValue>): void {
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.field === 1 && reader.type === delimited) readKeyValue(reader, into)
    else reader.skip()
  }
  reader.leave(outer)
}

/** The key with its value that is this field; attributes without a key are dropped, as in the JSON encoding. */
export function readKeyValue(reader: FieldReader, into: Record<string, JsonValue>, level = 0): void {
  let key = ''
  let value: JsonValue = null
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.field === 1 && reader.type === delimited) key = reader.name()
    else if (reader.field === 2 && reader.type === delimited) value = readAnyValue(reader, level)
    else reader.skip()
  }
  reader.leave(outer)
  if (key !== '' || level > 0) into[key] = value
}

const deepestValue = 64

/** The `AnyValue` that is this field. Deeper than 64 levels becomes null. */
export function readAnyValue(reader: FieldReader, level = 0): JsonValue {
  let value: JsonValue = null
  const outer = reader.enter()
  while (reader.next()) {
    const { field, type } = reader
    if (field === 1 && type === delimited) value = reader.text()
    else if (field === 2 && type === varint) value = reader.uint() !== 0
    else if (field === 3 && type === varint) value = reader.int64()
    else if (field === 4 && type === fixed64) value = numberOrName(reader.double())
    else if (level > deepestValue) reader.skip()
    else if (field === 5 && type === delimited) value = readList(reader, level + 1)
    else if (field === 6 && type === delimited) value = readMembers(reader, level + 1)
    else if (field === 7 && type === delimited) value = reader.base64()
    else reader.skip()
  }
  reader.leave(outer)
  return value
}

/** JSON has no NaN and no infinity: those become their names. */
function numberOrName(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value)
}

function readList(reader: FieldReader, level: number): JsonValue {
  const items: JsonValue[] = []
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.field === 1 && reader.type === delimited) items.push(readAnyValue(reader, level))
    else reader.skip()
  }
  reader.leave(outer)
  return items
}

function readMembers(reader: FieldReader, level: number): JsonValue {
  const members = emptyAttributes()
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.field === 1 && reader.type === delimited) readKeyValue(reader, members, level)
    else reader.skip()
  }
  reader.leave(outer)
  return members
}
