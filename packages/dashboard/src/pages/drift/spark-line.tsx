import classes from './drift.module.css'

const width = 132
const height = 26

/** The latest readings as one line; the newest has a dot. Fewer than two draw nothing. */
export function SparkLine({
  values,
  label,
  isDrifted,
}: {
  readonly values: readonly number[]
  readonly label: string
  readonly isDrifted: boolean
}) {
  const low = Math.min(0, ...values)
  const high = Math.max(...values, low + 1e-9)
  const at = (value: number, place: number) => [
    2 + (place / Math.max(1, values.length - 1)) * (width - 6),
    height - 3 - ((value - low) / (high - low)) * (height - 6),
  ]
  const points = values.map(at)
  const [x = 0, y = 0] = points.at(-1) ?? []
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={label}
      data-drifted={isDrifted}
      className={classes['spark']}
    >
      <line x1={0} x2={width} y1={height - 2.5} y2={height - 2.5} className={classes['ground']} />
      {points.length < 2 ? null : <polyline points={points.map((point) => point.join(',')).join(' ')} />}
      {points.length === 0 ? null : <circle cx={x} cy={y} r={2.2} />}
    </svg>
  )
}
