import type { HealthFigures } from '@metaagent/contract'
import { plural } from '../format/number.ts'
import classes from './charts.module.css'

/** What one step of a sparkline shows. */
export interface SparkStep {
  readonly successes: number
  readonly failures: number
  readonly others: number
}

/** The points of a series merged into `steps` bars of equal time between two times; empty time is an empty bar. */
export function sparkSteps(
  points: readonly { readonly at: string; readonly figures: HealthFigures }[],
  fromMs: number,
  toMs: number,
  steps: number,
): readonly SparkStep[] {
  const bars = Array.from({ length: steps }, () => ({ successes: 0, failures: 0, others: 0 }))
  for (const { at, figures } of points) {
    const place = Math.floor(((Date.parse(at) - fromMs) / (toMs - fromMs)) * steps)
    const bar = bars[Math.min(place, steps - 1)]
    if (place < 0 || bar === undefined) continue
    bar.successes += figures.successes
    bar.failures += figures.failures
    bar.others += Math.max(0, figures.executions - figures.successes - figures.failures)
  }
  return bars
}

/** Small bars of how many executions succeeded and failed over the window; failures stand on top, in their own colour. */
export function SparkBars({
  steps,
  width = 120,
  height = 22,
}: {
  readonly steps: readonly SparkStep[]
  readonly width?: number
  readonly height?: number
}) {
  const most = Math.max(1, ...steps.map(({ successes, failures, others }) => successes + failures + others))
  const total = steps.reduce((sum, { successes, failures, others }) => sum + successes + failures + others, 0)
  const failed = steps.reduce((sum, { failures }) => sum + failures, 0)
  const pitch = width / Math.max(1, steps.length)
  const tall = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / most) * (height - 2)))
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={`${plural(total, 'execution')}, ${failed} failed`}
      className={classes['spark']}
    >
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} className={classes['scale']} />
      {steps.map((step, place) => {
        const calm = tall(step.successes + step.others)
        const bad = tall(step.failures)
        const x = place * pitch + 0.5
        return (
          // A bar has no identity besides its place on the time axis.
          <g key={x}>
            <rect
              x={x}
              width={Math.max(1, pitch - 1)}
              y={height - 1 - calm}
              height={calm}
              className={classes['calm']}
            />
            <rect
              x={x}
              width={Math.max(1, pitch - 1)}
              y={height - 1 - calm - bad}
              height={bad}
              className={classes['bad']}
            />
          </g>
        )
      })}
    </svg>
  )
}
