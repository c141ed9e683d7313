import type { ViewFilters } from '@metaagent/contract'

/** Filters in one line, for a list of views. */
export function describeFilters(filters: ViewFilters): string {
  const parts = Object.entries(filters).map(([name, value]) => `${name.replace(/^attribute\./, '')} ${value}`)
  return parts.length === 0 ? 'everything' : parts.join(' · ')
}

/** Whether two sets of filters ask for the same. */
export function sameFilters(one: ViewFilters, other: ViewFilters): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
