import type { Deps } from './slice.ts'
import type { Tx } from './store.ts'

/**
 * A table that holds something of the person whose runs they are. The slice that owns it declares it in its `Slice` record
 * (`personal`); the slice `privacy` carries it out when somebody asks for their data to be deleted. Data, not code.
 */
export interface PersonalTable {
  readonly table: string
  /** What of the person stands there, for people. */
  readonly holds: string
  /**
   * The rows of an execution go, or these columns of them are given another value: null, or a text that may be SQL over
   * the row (`'erased:' || outcome_id`). The rest of the row is figures, which name nobody.
   */
  readonly erase:
    | 'delete'
    | { readonly blank: Readonly<Record<string, string | null>> }
    // For what no statement over rows of executions can do, such as an index of words: answers how many rows hold, or held,
    // something of them.
    | {
        readonly by: (
          tx: Tx,
          executionIds: readonly string[],
          days: readonly string[],
          isErasing: boolean,
        ) => Promise<number>
      }
  /** Has a partition a day: then `started_on` is given with the executions. */
  readonly byDay?: boolean
  /** A column that may hold the subject itself, in rows that have no execution yet. */
  readonly subjectColumn?: string
}

/** Payloads that SQL cannot look into, since they are sealed. */
export interface PersonalPayloads {
  readonly table: string
  readonly holds: string
  /**
   * Looks at the next payloads behind a place and tells how many name one of the values; with `erase` these are taken
   * away. `after` null: there are no more. With `collect` their texts are handed out, for whoever may see them.
   */
  scan(
    deps: Deps,
    tx: Tx,
    asked: {
      readonly values: readonly string[]
      readonly after: string | null
      readonly erase: boolean
      readonly collect?: boolean
    },
  ): Promise<{ readonly named: number; readonly after: string | null; readonly texts?: readonly string[] }>
}
