import { type OverviewWindow, overviewWindows } from '@metaagent/contract'
import { defined, oneOf } from '../../address/search.ts'

/** What the address of the home page holds. */
export interface OverviewSearch {
  readonly window?: OverviewWindow
}

/** Reads the address. */
export function overviewSearch(raw: Record<string, unknown>): OverviewSearch {
  return defined({ window: oneOf(raw['window'], overviewWindows) })
}
