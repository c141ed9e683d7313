import type { HealthFigures, HealthWindow } from '@metaagent/contract'
import type { ReactNode } from 'react'
import { formatCompact, formatCount, formatShareInterval, plural } from '../../format/number.ts'
import { Count, Duration, Money, Share } from '../../ui/value.tsx'
import classes from './fleet-page.module.css'
import { windowWords } from './search.ts'

const NOTHING_YET = 'Nothing has finished in this window.'

/** The figures of a whole fleet or of one agent in five numbers, each with the line that puts it in place. */
export function Tiles({ totals, window }: { readonly totals: HealthFigures; readonly window: HealthWindow }) {
  const { successes, failures } = totals
  return (
    <dl className={classes['tiles']} aria-label={`Totals, ${windowWords[window]}`} data-testid="tiles">
      <Tile
        label="Success rate"
        note={
          totals.successRate === null
            ? NOTHING_YET
            : `95% interval ${formatShareInterval(totals.successRateLow, totals.successRateHigh)}`
        }
      >
        <Share share={totals.successRate} low={totals.successRateLow} high={totals.successRateHigh} />
      </Tile>
      <Tile
        label="Executions"
        note={`${formatCompact(successes)} succeeded, ${formatCompact(failures)} failed, ${formatCompact(totals.running)} running`}
      >
        <Count count={totals.executions} />
      </Tile>
      <Tile label="Duration, p95" note={<MedianNote totals={totals} />}>
        <Duration ms={totals.latencyP95Ms} why={NOTHING_YET} />
      </Tile>
      <Tile label="Cost" note={<CostNote totals={totals} />}>
        <Money nanoUsd={totals.costNanoUsd} unpricedCalls={totals.unpricedCalls} />
      </Tile>
      <Tile
        label="Tokens"
        note={`${formatCompact(totals.inputTokens)} in, ${formatCompact(totals.outputTokens)} out, ${formatCount(totals.actions)} actions`}
      >
        <Count count={totals.inputTokens + totals.outputTokens} />
      </Tile>
    </dl>
  )
}

function MedianNote({ totals }: { readonly totals: HealthFigures }) {
  return (
    <>
      median <Duration ms={totals.latencyP50Ms} why={NOTHING_YET} />, p99{' '}
      <Duration ms={totals.latencyP99Ms} why={NOTHING_YET} />
    </>
  )
}

function CostNote({ totals }: { readonly totals: HealthFigures }) {
  if (totals.unpricedCalls > 0) return `${plural(totals.unpricedCalls, 'call')} without a price, not counted`
  return (
    <>
      <Money nanoUsd={totals.costPerSuccessNanoUsd} /> per success
    </>
  )
}

function Tile({
  label,
  note,
  children,
}: {
  readonly label: string
  readonly note: ReactNode
  readonly children: ReactNode
}) {
  return (
    <div className={classes['tile']}>
      <dt>{label}</dt>
      <dd>{children}</dd>
      <p>{note}</p>
    </div>
  )
}
