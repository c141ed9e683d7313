import type { Tx } from './store.ts'

/** A table whose rows end after a time that each organization sets. Slices that own such tables offer them. */
export interface RetainedTable {
  /** The table's name; its time is the tunable `retention.<name>_days`. */
  readonly name: string
  /** What the rows are, for people. */
  readonly holds: string
  /** The first UTC day with rows of the organization, `YYYY-MM-DD`; null when there are none. */
  oldestDay(tx: Tx): Promise<string | null>
  /** Deletes at most `limit` rows of the organization from before a day, the oldest first; returns how many. */
  deleteBefore(tx: Tx, day: string, limit: number): Promise<number>
  /** How many rows of the organization lie before a day; null for tables whose days cannot be dropped whole. */
  countBefore: ((tx: Tx, day: string) => Promise<number>) | null
  /** Drops whole days before one, of every organization, in the deployment scope; returns how many days. */
  dropBefore: ((tx: Tx, day: string) => Promise<number>) | null
}
