/**
 * One table of decoders for both stores, so that a query gives the same JavaScript types everywhere:
 *
 * | SQL | JavaScript |
 * |---|---|
 * | int2, int4, oid, float4, float8 | number |
 * | int8 (so `count(*)`, `sum(int4)`) | number when it is a safe integer, else bigint |
 * | numeric (so `sum(int8)`) | string |
 * | bool | boolean |
 * | timestamptz | Date |
 * | date, timestamp, time, interval, uuid, xid8, pg_lsn, enums, vector | string, as PostgreSQL writes it (`YYYY-MM-DD`) |
 * | json, jsonb | parsed |
 * | bytea | Uint8Array |
 * | arrays of these | (nested) arrays of these |
 *
 * Both stores run with ISO dates in UTC.
 */
export type Decoder = (text: string) => unknown

const asNumber: Decoder = (text) => Number(text)
const asText: Decoder = (text) => text

function int8(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

function timestamptz(text: string): Date | string {
  // `infinity` and years beyond 9999 or before Christ have no ISO form that Date reads: they stay as text.
  const at = new Date(isoFromPostgres(text))
  return Number.isNaN(at.getTime()) ? text : at
}

function isoFromPostgres(text: string): string {
  const iso = text.replace(' ', 'T')
  return /[+-]\d\d$/.test(iso) ? `${iso}:00` : iso
}

function bytea(text: string): Uint8Array {
  const bytes = Buffer.from(text.slice(2), 'hex')
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** [type, its array type, decoder]; object ids are fixed in PostgreSQL's pg_type.dat. */
const scalars: readonly (readonly [oid: number, arrayOid: number, decode: Decoder])[] = [
  [16, 1000, (text) => text === 't'],
  [17, 1001, bytea],
  [18, 1002, asText], // "char"
  [19, 1003, asText], // name
  [20, 1016, int8],
  [21, 1005, asNumber],
  [23, 1007, asNumber],
  [25, 1009, asText],
  [26, 1028, asNumber], // oid
  [114, 199, (text) => JSON.parse(text)],
  [700, 1021, asNumber],
  [701, 1022, asNumber],
  [1042, 1014, asText], // char(n)
  [1043, 1015, asText], // varchar
  [1082, 1182, asText], // date
  [1083, 1183, asText], // time
  [1114, 1115, asText], // timestamp
  [1184, 1185, timestamptz],
  [1186, 1187, asText], // interval
  [1266, 1270, asText], // timetz
  [1700, 1231, asText], // numeric
  [2950, 2951, asText], // uuid
  [3220, 3221, asText], // pg_lsn
  [3802, 3807, (text) => JSON.parse(text)],
  [5069, 271, asText], // xid8
]

/** Decoders by the type's object id; a type that is not here stays text. */
export const decoders: ReadonlyMap<number, Decoder> = new Map(
  scalars.flatMap(([oid, arrayOid, decode]): [number, Decoder][] => [
    [oid, decode],
    [arrayOid, (text) => decodeArray(text, decode)],
  ]),
)

/** Reads PostgreSQL's array text (`{1,NULL,"a b"}`, nested, with optional `[1:2]=` bounds). */
export function decodeArray(text: string, decode: Decoder): unknown[] {
  let at = text.indexOf('{')
  const readElement = (): unknown => {
    if (text[at] === '{') return readArray()
    if (text[at] === '"') return decode(readQuoted())
    const from = at
    while (text[at] !== ',' && text[at] !== '}') at++
    const bare = text.slice(from, at)
    return bare === 'NULL' ? null : decode(bare)
  }
  const readQuoted = (): string => {
    let value = ''
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      value += text[at]
    }
    at++
    return value
  }
  const readArray = (): unknown[] => {
    const items: unknown[] = []
    for (at++; text[at] !== '}'; ) {
      items.push(readElement())
      if (text[at] === ',') at++
    }
    at++
    return items
  }
  if (at < 0) throw new TypeError('not an SQL array')
  return readArray()
}
