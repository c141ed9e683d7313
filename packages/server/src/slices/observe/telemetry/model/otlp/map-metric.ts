import type { Instant } from '../../../../../kernel/instant.ts'
import { jsonFault } from '../json-text.ts'
import { timeFault } from '../times.ts'
import type { MetricPoint } from './metrics.ts'

/** A point that is kept: it has a time, and its figures are numbers. */
export type KeptPoint = MetricPoint & { readonly at: Instant }

export type MappedPoint =
  | { readonly point: KeptPoint; readonly fault: null }
  | { readonly point: null; readonly fault: string }

/** Metrics of agents and models are kept; those of a web server or a runtime belong into a system for metrics. */
export function mapPoint(point: MetricPoint, now: Instant): MappedPoint {
  const refused = (fault: string): MappedPoint => ({ point: null, fault })
  if (!point.name.startsWith('gen_ai.'))
    return refused(`${JSON.stringify(point.name.slice(0, 100))} is no metric of an agent`)
  if (point.name.length > 200 || point.unit.length > 63) return refused('a name has at most 200 characters, a unit 63')
  const { at } = point
  if (at === null) return refused(`${point.name} has no time`)
  const time = timeFault(at, now)
  if (time !== null) return refused(`timeUnixNano of ${point.name} ${time}`)
  const attributes = jsonFault(point.attributes)
  if (attributes !== null) return refused(`${point.name}: ${attributes}`)
  if (point.value === null && point.count === null) return refused(`${point.name} has a point without a figure`)
  return { point: { ...point, at }, fault: null }
}
