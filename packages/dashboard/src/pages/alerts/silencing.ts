import type { AlertSilenceOrder, Labels } from '@metaagent/contract'
import type { z } from 'zod'

/** How long one may silence from the inbox, in hours. */
export const silenceLengths = [
  { value: '1', label: 'One hour' },
  { value: '4', label: 'Four hours' },
  { value: '24', label: 'One day' },
  { value: '168', label: 'One week' },
]

/** Matchers that fit exactly this set of labels. */
export function matchersOf(labels: Labels): z.input<typeof AlertSilenceOrder>['matchers'] {
  return Object.entries(labels).map(([name, value]) => ({ name, operator: '=', value }))
}

/** The time so many hours from now. */
export function endsIn(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString()
}
