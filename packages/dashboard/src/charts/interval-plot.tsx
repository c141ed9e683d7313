import type { ReactNode } from 'react'
import classes from './interval-plot.module.css'

/** A value with its interval; null is unknown and is said so. */
export interface PlotRow {
  readonly label: ReactNode
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  /** The reading beside the track. */
  readonly text: ReactNode
  /** Name of a token in tokens.css. */
  readonly colour: string
}

/** A line across all rows: a limit, or no difference. */
export interface PlotLine {
  readonly at: number
  readonly label: string
  readonly strong?: boolean
}

/** Values with their intervals on one scale, with lines to compare them with. `label` says it all for those who cannot see. */
export function IntervalPlot({
  label,
  rows,
  domain,
  lines = [],
  ticks,
  format,
  log = false,
}: {
  readonly label: string
  readonly rows: readonly PlotRow[]
  readonly domain: readonly [low: number, high: number]
  readonly lines?: readonly PlotLine[]
  readonly ticks: readonly number[]
  readonly format: (value: number) => string
  readonly log?: boolean
}) {
  const place = (value: number) => `${(100 * placeOf(value, domain, log)).toFixed(3)}%`
  return (
    <div className={classes['plot']} role="img" aria-label={label}>
      {rows.map((row, index) => (
        // Rows have no identity besides their place.
        <div key={`${index} ${row.colour}`} className={classes['row']} aria-hidden="true">
          <span className={classes['label']}>{row.label}</span>
          <div className={classes['track']}>
            {lines.map(({ at, strong }) => (
              <i key={at} className={classes['line']} data-strong={strong === true} style={{ left: place(at) }} />
            ))}
            <Interval row={row} place={place} />
          </div>
          <span className={classes['text']}>{row.text}</span>
        </div>
      ))}
      <div className={classes['axis']} aria-hidden="true">
        <div>
          {ticks.map((tick) => (
            <span key={tick} style={{ left: place(tick) }} data-edge={edgeOf(placeOf(tick, domain, log))}>
              {format(tick)}
            </span>
          ))}
        </div>
      </div>
      {lines.length === 0 ? null : (
        <p className={classes['lines']} aria-hidden="true">
          {lines.map(({ at, label: name, strong }) => (
            <span key={at} data-strong={strong === true}>
              <i /> {name}
            </span>
          ))}
        </p>
      )}
    </div>
  )
}

// Labels at the ends stand inside of the scale.
function edgeOf(place: number): 'left' | 'right' | undefined {
  return place < 0.03 ? 'left' : place > 0.97 ? 'right' : undefined
}

function Interval({ row, place }: { readonly row: PlotRow; readonly place: (value: number) => string }) {
  const { value, low, high, colour } = row
  if (value === null) return <span className={classes['none']}>unknown</span>
  const paint = { '--paint': `var(--${colour})` }
  return (
    <>
      {low === null || high === null ? null : (
        <i className={classes['band']} style={{ ...paint, left: place(low), right: `calc(100% - ${place(high)})` }} />
      )}
      <i className={classes['dot']} style={{ ...paint, left: place(value) }} />
    </>
  )
}

/** Where a value stands on a scale, 0…1, kept inside; `log` for ratios, where twice and half are equally far from one. */
export function placeOf(value: number, [low, high]: readonly [number, number], log: boolean): number {
  const at = log ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (value - low) / (high - low)
  return Math.min(1, Math.max(0, at))
}

/** Ends of a scale of ratios that hold the interval and the lines, the same distance around one, at least 0.8 to 1.25. */
export function ratioDomain(values: readonly (number | null)[]): readonly [number, number] {
  const known = values.flatMap((value) => (value === null || value <= 0 ? [] : [Math.abs(Math.log(value))]))
  const reach = Math.max(Math.log(1.25), ...known.map((distance) => distance * 1.1))
  return [Math.exp(-reach), Math.exp(reach)]
}
