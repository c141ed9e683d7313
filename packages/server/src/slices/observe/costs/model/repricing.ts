import type { Instant } from '../../../../kernel/instant.ts'

/** How far a re-pricing is, and what it has changed so far. */
export interface Progress {
  readonly positionDay: string | null
  readonly positionExecutionId: string | null
  readonly calls: number
  readonly changedCalls: number
  readonly newlyPricedCalls: number
  readonly noLongerPricedCalls: number
  readonly beforeNanoUsd: number
  readonly afterNanoUsd: number
}

/** What one step did, and where the next one begins; null: there is none. */
export interface Step extends Omit<Progress, 'positionDay' | 'positionExecutionId'> {
  readonly next: { readonly day: string; readonly executionId: string | null } | null
}

type Ended<Row> = Omit<Row, 'state' | 'finishedAt' | keyof Progress> &
  Progress & { readonly state: 'done'; readonly finishedAt: Instant }
type Going<Row> = Omit<Row, 'state' | keyof Progress> & Progress & { readonly state: 'running' }

/** A running re-pricing after one more step: its sums grow, and it is done where no step follows. */
export function advanced<Row extends Progress>(row: Row, step: Step, now: Instant): Ended<Row> | Going<Row> {
  const sums = {
    calls: row.calls + step.calls,
    changedCalls: row.changedCalls + step.changedCalls,
    newlyPricedCalls: row.newlyPricedCalls + step.newlyPricedCalls,
    noLongerPricedCalls: row.noLongerPricedCalls + step.noLongerPricedCalls,
    beforeNanoUsd: row.beforeNanoUsd + step.beforeNanoUsd,
    afterNanoUsd: row.afterNanoUsd + step.afterNanoUsd,
  }
  const { next } = step
  if (next === null) return { ...row, ...sums, state: 'done', finishedAt: now }
  return { ...row, ...sums, state: 'running', positionDay: next.day, positionExecutionId: next.executionId }
}
