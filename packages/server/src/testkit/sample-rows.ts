import type { OwnerSql } from '../ports/store.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly baseType: string
  readonly modifier: number
  readonly category: string
  readonly firstLabel: string | null
  readonly needed: boolean
}

const readColumns = `
  select a.attname::text as "name", format_type(a.atttypid, a.atttypmod) as "type", t.typname::text as "baseType",
    a.atttypmod as "modifier", t.typcategory::text as "category",
    (select enumlabel::text from pg_enum where enumtypid = t.oid order by enumsortorder limit 1) as "firstLabel",
    (a.attnotnull and not a.atthasdef) or coalesce(a.attnum = any (i.indkey), false) as "needed"
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
  where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
    and a.attgenerated = '' and a.attidentity = ''
  order by a.attnum`

/** The day of every generated date, for which day partitions must exist. */
export const sampleDay = '2026-01-01'

/**
 * An INSERT of the smallest row that the types of a table allow, with the given `organization_id` where it has one.
 * Checks and foreign keys are not regarded: for databases where they have been dropped.
 */
export async function sampleInsert(owner: OwnerSql, table: string, organizationId: string): Promise<string> {
  const columns = (await owner.query<Column>(readColumns, [table])).filter((column) => column.needed)
  const value = (column: Column) =>
    column.name === 'organization_id' ? `'${organizationId}'` : `'${sampleText(column)}'::${column.type}`
  const names = columns.map((column) => `"${column.name}"`).join(', ')
  return `insert into "${table}" (${names}) values (${columns.map(value).join(', ')})`
}

const samples: Readonly<Record<string, string>> = {
  uuid: '01890b8e-7b3a-7cc3-98c4-dc0c0c07398f',
  xid8: '1',
  json: '{}',
  jsonb: '{}',
  bytea: '\\x00',
  tsvector: 'x',
  date: sampleDay,
  inet: '::1',
}

/** By type, else by the type's category in pg_type. Throws for a type that it has not met: add it. */
function sampleText(column: Column): string {
  const known = samples[column.baseType]
  if (known !== undefined) return known
  if (column.baseType === 'vector') return `[${Array(Math.max(column.modifier, 1)).fill(0).join(',')}]`
  switch (column.category) {
    case 'N':
      return '1'
    case 'S':
      return 'x'
    case 'B':
      return 'true'
    case 'D':
      return sampleDay
    case 'T':
      return '1 s'
    case 'A':
      return '{}'
    case 'E':
      return column.firstLabel ?? ''
    default:
      throw new Error(`no sample is known for ${column.name} of type ${column.type}; add one to sample-rows.ts`)
  }
}
