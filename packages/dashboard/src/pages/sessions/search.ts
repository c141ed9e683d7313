import { defined, textOf } from '../../address/search.ts'
import { instantOf, uuidOf } from '../telemetry/search.ts'

/** What the address of the sessions page holds; every field but `view` is a filter of the API. */
export interface SessionsSearch {
  readonly agentId?: string
  readonly environment?: string
  readonly from?: string
  readonly to?: string
  /** The saved view that was opened. */
  readonly view?: string
}

/** Reads the address; what the API would refuse is left out instead. */
export function sessionsSearch(raw: Record<string, unknown>): SessionsSearch {
  return defined({
    agentId: uuidOf(raw['agentId']),
    environment: textOf(raw['environment']),
    from: instantOf(raw['from']),
    to: instantOf(raw['to']),
    view: uuidOf(raw['view']),
  })
}

/** The filters of the address as the API takes them. */
export function sessionFiltersOf({ view: _view, ...filters }: SessionsSearch): Record<string, string> {
  return defined(filters) as Record<string, string>
}
