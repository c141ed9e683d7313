import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { type ECharts, init, use as register } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import type { ZoneChoice } from '../format/time.ts'
import { chartOption, type TimeMark, type TimeSeries } from './chart-option.ts'

register([BarChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer])

export interface TimeChartProps {
  /** What the chart shows, for those who cannot see it. */
  readonly label: string
  readonly series: readonly TimeSeries[]
  readonly marks?: readonly TimeMark[]
  readonly fromMs: number
  readonly toMs: number
  readonly zone: ZoneChoice
  /** Writes a value for the axis and the tooltip. */
  readonly format: (value: number) => string
  /** The top of the axis, when the scale is fixed. */
  readonly max?: number
  /** True where a point is a whole day. */
  readonly daily?: boolean
  readonly height?: number
  /** Redraws when light turns to dark: the colours are read from the page. */
  readonly scheme: 'light' | 'dark'
}

/** Lines, bands and bars over time, drawn as SVG in the page's own colours. */
export function TimePlot({ label, height = 190, scheme, ...input }: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<ECharts | null>(null)
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const made = init(element, null, { renderer: 'svg' })
    chart.current = made
    const watch = new ResizeObserver(() => made.resize())
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.dispose()
      chart.current = null
    }
  }, [])
  useEffect(() => {
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
    chart.current?.setOption(chartOption({ ...input, colour, still }), { notMerge: true })
    // `scheme` is read through the page's style, not by name.
  }, [input, scheme])
  return <div ref={box} role="img" aria-label={label} style={{ height, width: '100%' }} data-testid="time-chart" />
}
