import type { Because, EventActor, ViewFilters, ViewPage } from '@metaagent/contract'
import { viewFilters } from '@metaagent/contract'

/** A view as it is kept. */
export interface View {
  readonly viewId: string
  readonly page: ViewPage
  readonly owner: Pick<EventActor, 'kind' | 'id'>
  readonly name: string
  readonly shared: boolean
  readonly filters: ViewFilters
  readonly version: number
}

/** What somebody wants of a view; what is left out stays. */
export interface ViewChange {
  readonly version?: number | undefined
  readonly name?: string | undefined
  readonly shared?: boolean | undefined
  readonly filters?: ViewFilters | undefined
}

/** Views that one owner may keep: a list that a person still reads. */
export const mostViews = 200
const mostAttributes = 5
const attribute = 'attribute.'

/**
 * What a list would refuse of these filters, in a sentence; null: it takes them all. Executions are also asked by
 * attribute (`attribute.KEY`), up to five, as their list says.
 */
export function filterFault(page: ViewPage, filters: ViewFilters): string | null {
  const known = viewFilters[page]
  const names = Object.keys(filters)
  const attributes = page === 'executions' ? names.filter((name) => isAttribute(name)) : []
  if (attributes.length > mostAttributes) return `At most ${mostAttributes} attributes can be asked for at once.`
  const plain = Object.fromEntries(Object.entries(filters).filter(([name]) => !attributes.includes(name)))
  const unknown = Object.keys(plain).filter((name) => !Object.hasOwn(known.shape, name))
  if (unknown.length > 0)
    return `${unknown.join(', ')}: no filter of ${page}. It takes ${Object.keys(known.shape).join(', ')}${page === 'executions' ? ', attribute.KEY' : ''}.`
  const read = known.safeParse(plain)
  if (read.success) return null
  return read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}

function isAttribute(name: string): boolean {
  return name.startsWith(attribute) && name.length > attribute.length
}

export type ViewDecision =
  | { readonly kind: 'keep'; readonly because: Because }
  | { readonly kind: 'change'; readonly view: View; readonly because: Because }
  | { readonly kind: 'refuse'; readonly code: 'not-allowed' | 'precondition-failed'; readonly because: Because }

/** Who asks: whether it is the owner, and whether they manage the organization's people. */
export interface Asker {
  readonly owns: boolean
  readonly managesPeople: boolean
}

/** Whether somebody may change or remove a view that they see. */
export function refusalFor(asker: Asker): Because | null {
  if (asker.owns || asker.managesPeople) return null
  const text = 'Only who made a view, or who manages people, changes it. Save it under a name of your own.'
  return { rule: 'owner-or-manager', observed: 0, limit: 1, text }
}

/** Decides what a change makes of a view. The version rises exactly if the filters are others. */
export function decideChange(view: View, change: ViewChange, asker: Asker): ViewDecision {
  const forbidden = refusalFor(asker)
  if (forbidden !== null) return { kind: 'refuse', code: 'not-allowed', because: forbidden }
  const filtered = change.filters !== undefined && !sameFilters(view.filters, change.filters)
  if (filtered && change.version !== view.version) {
    const text = `The filters have version ${view.version}. Read the view again and send that version with yours.`
    const because = { rule: 'newest-version', observed: change.version ?? null, limit: view.version, text }
    return { kind: 'refuse', code: 'precondition-failed', because }
  }
  const next: View = {
    ...view,
    name: change.name ?? view.name,
    shared: change.shared ?? view.shared,
    filters: change.filters ?? view.filters,
    version: filtered ? view.version + 1 : view.version,
  }
  const changes = Number(filtered) + Number(next.name !== view.name) + Number(next.shared !== view.shared)
  const because = (text: string): Because => ({ rule: 'something-changes', observed: changes, limit: 1, text })
  return changes === 0
    ? { kind: 'keep', because: because('It is as asked already.') }
    : { kind: 'change', view: next, because: because(`${changes} of name, sharing and filters are others.`) }
}

function sameFilters(one: ViewFilters, other: ViewFilters): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
