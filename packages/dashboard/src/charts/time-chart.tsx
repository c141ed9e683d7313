import { useComputedColorScheme } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Placeholder } from '../ui/page.tsx'
import type { TimeChartProps } from './time-plot.tsx'

const TimePlot = lazy(async () => ({ default: (await import('./time-plot.tsx')).TimePlot }))

/** A chart over time. The drawing library is fetched when the first chart is shown; its room is kept free until then. */
export function TimeChart(props: Omit<TimeChartProps, 'scheme'>) {
  const scheme = useComputedColorScheme('light')
  return (
    <Suspense fallback={<Placeholder height={props.height ?? 190} label={`Loading the chart ${props.label}`} />}>
      <TimePlot {...props} scheme={scheme} />
    </Suspense>
  )
}
