import { AlertSeverity, AmendmentState } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'
import type { DiffShape } from '../../ui/diff-view.tsx'

export const origins = ['drift', 'person'] as const
const shapes = ['unified', 'split'] as const

/** What the address of the list of amendments holds. */
export interface AmendmentsSearch {
  readonly state?: AmendmentState
  readonly severity?: AlertSeverity
  readonly origin?: (typeof origins)[number]
  readonly document?: string
}

export function amendmentsSearch(raw: Record<string, unknown>): AmendmentsSearch {
  return defined({
    state: oneOf(raw['state'], AmendmentState.options),
    severity: oneOf(raw['severity'], AlertSeverity.options),
    origin: oneOf(raw['origin'], origins),
    document: textOf(raw['document'], 100),
  })
}

/** How one amendment is looked at. */
export interface AmendmentSearch {
  readonly view?: DiffShape
}

export function amendmentSearch(raw: Record<string, unknown>): AmendmentSearch {
  return defined({ view: oneOf(raw['view'], shapes) })
}

/** Which versions of a document are compared; without them its text in force is shown. */
export interface DocumentSearch extends AmendmentSearch {
  readonly from?: number
  readonly to?: number
}

export function documentSearch(raw: Record<string, unknown>): DocumentSearch {
  return defined({ ...amendmentSearch(raw), from: versionOf(raw['from']), to: versionOf(raw['to']) })
}

function versionOf(value: unknown): number | undefined {
  return /^\d{1,9}$/.test(String(value)) ? Number(value) : undefined
}
