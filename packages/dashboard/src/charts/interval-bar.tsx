import { formatShare, formatShareInterval } from '../format/number.ts'
import classes from './charts.module.css'

/** A share on a scale of 0 to 100 %: a band for the 95 % interval, a tick for the value. Nothing where it is unknown. */
export function IntervalBar({
  share,
  low,
  high,
  width = 72,
}: {
  readonly share: number | null
  readonly low: number | null
  readonly high: number | null
  readonly width?: number
}) {
  if (share === null || low === null || high === null) return <span style={{ display: 'inline-block', width }} />
  const at = (value: number) => 1 + value * (width - 2)
  return (
    <svg
      className={classes['interval']}
      width={width}
      height={12}
      role="img"
      aria-label={`${formatShare(share)}, 95% interval ${formatShareInterval(low, high)}`}
    >
      <line x1={1} x2={width - 1} y1={6} y2={6} className={classes['scale']} />
      <rect x={at(low)} width={Math.max(2, at(high) - at(low))} y={3} height={6} rx={2} className={classes['band']} />
      <line x1={at(share)} x2={at(share)} y1={1} y2={11} className={classes['tick']} />
    </svg>
  )
}
