/**
 * A part of what is kept that ends after a time which each organization sets. The slice that owns the table declares it
 * in its `Slice` record (`retained`); the slice `retention` carries it out. Data, not code: names of columns and one
 * condition, so that every table is let go in the same way.
 */
export interface RetainedTable {
  /** What events and pages call it; its time is the tunable `retention.<name>_days`. */
  readonly name: string
  /** The table; parts of one table may be kept for different times. Default: the name. */
  readonly table?: string
  /** What the rows are, for people. */
  readonly holds: string
  /** What can no longer be answered once they are gone, for people. */
  readonly lost: string
  /**
   * Where a row's age stands. `day`: the table is partitioned by `started_on`, so whole days can be dropped. `time`: a
   * `timestamptz`. `date`: a `date`.
   */
  readonly by:
    | { readonly kind: 'day' }
    | { readonly kind: 'time'; readonly column: string }
    | { readonly kind: 'date'; readonly column: string }
  /** SQL over the row's columns: only these may go. Default: all. */
  readonly only?: string
  /** Tables that go with it at the same age; `column` where theirs has another name, `only` as above or none. */
  readonly goesWith?: readonly { readonly table: string; readonly column?: string; readonly only?: string }[]
  readonly defaultDays: number
  /** Below this something else would break; what it is stands in `lost`. */
  readonly minimumDays: number
}
