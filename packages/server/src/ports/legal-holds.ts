import type { Tx } from './store.ts'

/** UTC days of which nothing is let go; null: without a beginning, or without an end. Both ends are held. */
export interface HeldDays {
  readonly from: string | null
  readonly to: string | null
}

/** The days that legal holds of the organization keep. `app/` fills it with the slice privacy; retention stands before it. */
export type ReadHeldDays = (tx: Tx) => Promise<readonly HeldDays[]>

/** The hold that keeps the data of whoever has an e-mail address; null: there is none. Filled by `app/`, too. */
export type FindHoldOfAddress = (tx: Tx, email: string) => Promise<string | null>
