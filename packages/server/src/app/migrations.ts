import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Migration } from '../adapters/schema/migrate.ts'
import { sliceOrder } from './slice-order.ts'

const slicesFolder = fileURLToPath(new URL('../slices/', import.meta.url))
const schemaFile = /^schema(\.\d{4})?\.sql$/

/**
 * The SQL files of all slices in the order in which they are applied: slices as in `sliceOrder`, within one `schema.sql`,
 * `schema.0002.sql`, … A slice without a folder or without tables has none.
 */
export function collectMigrations(folder: string = slicesFolder): readonly Migration[] {
  return sliceOrder.flatMap(({ floor, name }) => {
    const slice = join(folder, floor, name)
    if (!existsSync(slice)) return []
    const files = readdirSync(slice).filter((file) => schemaFile.test(file))
    return files.sort(bySequence).map((file) => ({ slice: name, file, sql: readFileSync(join(slice, file), 'utf8') }))
  })
}

function bySequence(a: string, b: string): number {
  return sequenceOf(a) - sequenceOf(b)
}

/** `schema.sql` is 1, `schema.0002.sql` is 2. */
function sequenceOf(file: string): number {
  return Number(file.match(/\d{4}/)?.[0] ?? 1)
}
