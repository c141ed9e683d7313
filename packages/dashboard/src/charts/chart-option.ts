import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts'
import type { GridComponentOption, MarkLineComponentOption, TooltipComponentOption } from 'echarts/components'
import type { ComposeOption } from 'echarts/core'
import { formatClock, formatDay, formatInstant, type ZoneChoice } from '../format/time.ts'

/** One line, bar or band of a chart. A null value is unknown and leaves a gap: it is not drawn as 0. */
export interface TimeSeries {
  readonly name: string
  readonly kind: 'line' | 'bar'
  /** Name of a token in tokens.css. */
  readonly colour: string
  readonly dashed?: boolean
  /** True: without dots at its points. */
  readonly plain?: boolean
  /** Bars of one stack stand on each other. */
  readonly stack?: string
  readonly points: readonly (readonly [atMs: number, value: number | null])[]
  /** The interval around the line, point by point. */
  readonly band?: readonly (readonly [atMs: number, low: number | null, high: number | null])[]
}

/** A moment that is marked by a line from top to bottom; the colour is the name of a token. */
export interface TimeMark {
  readonly atMs: number
  readonly colour: string
}

type Option = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | MarkLineComponentOption | TooltipComponentOption
>

export interface ChartInput {
  readonly series: readonly TimeSeries[]
  readonly marks?: readonly TimeMark[]
  readonly fromMs: number
  readonly toMs: number
  readonly zone: ZoneChoice
  readonly format: (value: number) => string
  readonly max?: number
  /** True where a point is a whole day: the tooltip then names the day alone. */
  readonly daily?: boolean
  /** Looks a token's colour up. */
  readonly colour: (token: string) => string
  /** True for readers who want no motion. */
  readonly still: boolean
}

const DAY_MS = 86_400_000

/** The whole description of a chart for ECharts. */
export function chartOption(input: ChartInput): Option {
  const { fromMs, toMs, zone, format, max, colour, still } = input
  const quiet = { color: colour('text-faint'), fontSize: 11, fontFamily: 'IBM Plex Sans, sans-serif' }
  const long = toMs - fromMs > 2 * DAY_MS
  return {
    animation: false,
    grid: { left: 8, right: 12, top: 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: still ? 0 : 0.15,
      backgroundColor: colour('raised'),
      borderColor: colour('line-strong'),
      padding: [6, 10],
      textStyle: { color: colour('text'), fontSize: 12, fontFamily: 'IBM Plex Sans, sans-serif' },
      axisPointer: { lineStyle: { color: colour('line-strong') } },
      formatter: (hovered: unknown) => tooltip(hovered, input),
    },
    xAxis: {
      type: 'time',
      min: fromMs,
      max: toMs,
      axisLine: { lineStyle: { color: colour('line') } },
      axisTick: { show: false },
      axisLabel: {
        ...quiet,
        hideOverlap: true,
        formatter: (at: number) => (long ? formatDay(at, zone) : formatClock(at, zone)),
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(max === undefined ? {} : { max, interval: max / 4 }),
      splitNumber: 3,
      axisLabel: { ...quiet, formatter: (value: number) => format(value) },
      splitLine: { lineStyle: { color: colour('line') } },
    },
    series: [
      ...input.series.flatMap((series) => [...bandOf(series, colour), drawnOf(series, colour)]),
      ...marksOf(input),
    ],
  }
}

/** A series without points that holds the marks: they belong to no line. */
function marksOf({ marks = [], colour }: ChartInput): LineSeriesOption[] {
  if (marks.length === 0) return []
  const data = marks.map(({ atMs, colour: token }) => ({ xAxis: atMs, lineStyle: { color: colour(token) } }))
  const lineStyle = { width: 1, type: 'dashed', opacity: 0.8 } as const
  const markLine = { silent: true, symbol: 'none', label: { show: false }, lineStyle, data, animation: false }
  return [{ type: 'line', name: 'Marks', data: [], silent: true, markLine }]
}

function drawnOf(series: TimeSeries, colour: (token: string) => string): LineSeriesOption | BarSeriesOption {
  const paint = colour(series.colour)
  const data = series.points.map(([at, value]) => [at, value ?? '-'])
  if (series.kind === 'bar') {
    return {
      type: 'bar',
      name: series.name,
      data,
      ...(series.stack === undefined ? {} : { stack: series.stack }),
      itemStyle: { color: paint, borderRadius: series.stack === undefined ? [2, 2, 0, 0] : 0 },
      barMaxWidth: 14,
    }
  }
  return {
    type: 'line',
    name: series.name,
    data,
    connectNulls: false,
    // A point between two gaps would be invisible without a symbol.
    showSymbol: series.plain !== true,
    symbol: 'circle',
    symbolSize: series.points.length > 120 ? 2 : 4,
    itemStyle: { color: paint },
    lineStyle: { color: paint, width: 1.75, type: series.dashed === true ? 'dashed' : 'solid' },
  }
}

// A band is the lower end, drawn invisibly, with the height of the interval stacked on it.
function bandOf(series: TimeSeries, colour: (token: string) => string): LineSeriesOption[] {
  const { band } = series
  if (band === undefined) return []
  const stack = `${series.name} interval`
  const invisible = {
    lineStyle: { opacity: 0 },
    itemStyle: { opacity: 0 },
    symbol: 'none',
    silent: true,
    stack,
  } as const
  const paint = { color: colour(series.colour), opacity: 0.16 }
  return [
    {
      type: 'line',
      ...invisible,
      data: band.map(([at, low, high]) => [at, low === null || high === null ? '-' : low]),
    },
    {
      type: 'line',
      ...invisible,
      data: band.map(([at, low, high]) => [at, low === null || high === null ? '-' : high - low]),
      areaStyle: paint,
    },
  ]
}

function tooltip(hovered: unknown, { series, zone, format, daily = false }: ChartInput): string {
  const first = Array.isArray(hovered) ? (hovered[0] as { readonly value?: readonly unknown[] } | undefined) : undefined
  const at = Number(first?.value?.[0])
  if (Number.isNaN(at)) return ''
  const lines = series.flatMap((one) => {
    const value = one.points.find(([pointAt]) => pointAt === at)?.[1]
    const interval = one.band?.find(([pointAt]) => pointAt === at)
    const around =
      interval === undefined || interval[1] === null || interval[2] === null
        ? ''
        : ` (${escaped(format(interval[1]))}–${escaped(format(interval[2]))})`
    return [
      `${escaped(one.name)}: <b>${value === null || value === undefined ? 'unknown' : escaped(format(value))}</b>${around}`,
    ]
  })
  const time = daily ? formatDay(at, zone) : formatInstant(new Date(at).toISOString(), zone, 'minute')
  return [escaped(`${time} ${zone === 'utc' ? 'UTC' : ''}`), ...lines].join('<br/>')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
