import type { HealthSeries } from '@metaagent/contract'
import { useMemo } from 'react'
import type { z } from 'zod'
import { usePreferences } from '../app/preferences.tsx'
import { formatDuration } from '../format/duration.ts'
import { formatUsd } from '../format/money.ts'
import { plural } from '../format/number.ts'
import { formatInstant, zoneLabel } from '../format/time.ts'
import { Panel } from '../ui/page.tsx'
import classes from './health-charts.module.css'
import { TimeChart } from './time-chart.tsx'

type Series = z.infer<typeof HealthSeries>
type Points = Series['points']

/** Success rate, duration and cost of an agent over time, side by side. */
export function HealthCharts({
  series,
  fromMs,
  toMs,
}: {
  readonly series: Series
  readonly fromMs: number
  readonly toMs: number
}) {
  const { zone } = usePreferences()
  const shown = useMemo(() => seriesOf(series.points), [series.points])
  const time = { fromMs, toMs, zone }
  const known = plural(series.points.length, 'point')
  const [from, to] = [fromMs, toMs].map((at) => formatInstant(new Date(at).toISOString(), zone, 'minute'))
  return (
    <section className={classes['section']} aria-label="Over time">
      <p className={classes['range']}>
        {from} to {to} ({zoneLabel(zone, toMs)}), one point per {formatDuration(series.stepSeconds * 1000)}
      </p>
      <div className={classes['charts']}>
        <Panel title="Success rate" note="with its 95% interval">
          <TimeChart label={`Success rate over time, ${known}`} {...time} {...shown.success} />
        </Panel>
        <Panel title="Duration" note="p95, and the median dashed">
          <TimeChart label={`Duration over time, ${known}`} {...time} {...shown.latency} />
        </Panel>
        <Panel title="Cost" note="of what has a price">
          <TimeChart label={`Cost over time, ${known}`} {...time} {...shown.cost} />
        </Panel>
      </div>
    </section>
  )
}

function seriesOf(points: Points) {
  const at = (point: Points[number]) => Date.parse(point.at)
  return {
    success: {
      max: 100,
      format: (percent: number) => `${Math.round(percent * 10) / 10}%`,
      series: [
        {
          name: 'Success rate',
          kind: 'line' as const,
          colour: 'accent',
          points: points.map((p) => [at(p), percentOf(p.figures.successRate)] as const),
          band: points.map(
            (p) => [at(p), percentOf(p.figures.successRateLow), percentOf(p.figures.successRateHigh)] as const,
          ),
        },
      ],
    },
    latency: {
      format: formatDuration,
      series: [
        {
          name: 'p95',
          kind: 'line' as const,
          colour: 'accent',
          points: points.map((p) => [at(p), p.figures.latencyP95Ms] as const),
        },
        {
          name: 'median',
          kind: 'line' as const,
          colour: 'control',
          dashed: true,
          points: points.map((p) => [at(p), p.figures.latencyP50Ms] as const),
        },
      ],
    },
    cost: {
      format: formatUsd,
      series: [
        {
          name: 'Cost',
          kind: 'bar' as const,
          colour: 'accent',
          points: points.map((p) => [at(p), p.figures.costNanoUsd] as const),
        },
      ],
    },
  }
}

function percentOf(share: number | null): number | null {
  return share === null ? null : share * 100
}
