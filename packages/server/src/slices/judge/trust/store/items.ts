import { createHash } from 'node:crypto'
import { type Item, itemKeyOf } from '../model/facts.ts'

/** The key of an item's rows: the first 16 bytes of the SHA-256 of subject and metric. */
export function itemIdOf(item: Item): string {
  const hex = createHash('sha256').update(itemKeyOf(item)).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
