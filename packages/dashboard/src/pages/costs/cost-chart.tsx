import type { CostSeries } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { costQueries } from '../../api/costs.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { TimeChart } from '../../charts/time-chart.tsx'
import { formatUsd } from '../../format/money.ts'
import { plural } from '../../format/number.ts'
import type { ZoneChoice } from '../../format/time.ts'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './costs-page.module.css'

/** Tokens of colours, in the order in which lines get them; the rest has its own. */
const colours = [
  'kind-llm',
  'kind-tool',
  'kind-retrieval',
  'kind-agent',
  'kind-embedding',
  'kind-guardrail',
  'kind-evaluation',
  'failing-mark',
] as const
const colourOf = (line: CostSeries['series'][number], at: number) =>
  line.rest ? 'unknown' : (colours[at] ?? 'unknown')

/** Cost per day as bars that are stacked by agent, model or release. */
export function CostChart({
  filter,
  splitBy,
}: {
  readonly filter: Readonly<Record<string, string>>
  readonly splitBy: 'agent' | 'model' | 'release'
}) {
  const { zone } = usePreferences()
  const series = useQuery(costQueries.series({ ...filter, splitBy }))
  const drawn = useMemo(() => (series.data === undefined ? null : drawnOf(series.data, zone)), [series.data, zone])
  return (
    <Panel title="Cost per day" note={`by ${splitBy}; calls without a price are not in it`} testId="cost-chart">
      {series.error !== null ? (
        <ProblemPanel error={series.error} compact onRetry={() => void series.refetch()} />
      ) : series.data === undefined || drawn === null ? (
        <Placeholder height={240} />
      ) : (
        <>
          <TimeChart
            label={`Cost per day by ${splitBy}, ${plural(series.data.days.length, 'day')}`}
            zone={zone}
            format={formatUsd}
            height={220}
            daily
            {...drawn}
          />
          <ul className={classes['legend']} aria-label="Colours">
            {series.data.series.map((line, at) => (
              <li key={`${line.rest} ${line.label}`}>
                <i aria-hidden="true" style={{ background: `var(--${colourOf(line, at)})` }} />
                {line.label}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}

function drawnOf({ days, series }: CostSeries, zone: ZoneChoice) {
  // The middle of each day, so that its bar stands over it.
  const at = days.map((day) => Date.parse(zone === 'utc' ? `${day}T12:00:00Z` : `${day}T12:00:00`))
  const halfDayMs = 43_200_000
  return {
    fromMs: (at[0] ?? 0) - halfDayMs,
    toMs: (at.at(-1) ?? 0) + halfDayMs,
    series: series.map((line, place) => ({
      name: line.label,
      kind: 'bar' as const,
      colour: colourOf(line, place),
      stack: 'cost',
      points: at.map((time, day) => [time, line.costNanoUsd[day] ?? null] as const),
    })),
  }
}
