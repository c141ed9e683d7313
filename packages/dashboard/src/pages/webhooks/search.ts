import { textOf } from '../../address/search.ts'

/** What the address of the webhooks page holds: the id of the source that is open; without one the first is. */
export interface WebhooksSearch {
  readonly source?: string
}

/** Reads the address. */
export function webhooksSearch(raw: Record<string, unknown>): WebhooksSearch {
  const source = textOf(raw['source'], 100)
  return source === undefined ? {} : { source }
}
