import type { Comparison } from '@metaagent/contract'
import { IntervalPlot, placeOf, ratioDomain } from '../../charts/interval-plot.tsx'
import { wilsonInterval } from '../../charts/wilson.ts'
import { formatCount, formatPoints, formatShare, formatShareInterval } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import classes from './rollouts.module.css'

interface Part {
  readonly comparison: Comparison
}

/** Success of both releases with their intervals, and the difference against none. */
export function SuccessRates({ comparison: { control, candidate, success } }: Part) {
  const rows = (
    [
      ['control', control],
      ['candidate', candidate],
    ] as const
  ).map(([colour, arm]) => {
    const interval = wilsonInterval(arm.successes, arm.outcomesKnown)
    return {
      label: <span title={arm.release}>{arm.release}</span>,
      value: interval?.rate ?? null,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      text: (
        <>
          <b>{formatShare(interval?.rate ?? null)}</b> of {formatCount(arm.outcomesKnown)}
          <br />
          {interval === null ? '' : formatShareInterval(interval.low, interval.high)}
        </>
      ),
      colour,
    }
  })
  const { difference, differenceLow, differenceHigh } = success
  const points = formatPoints(difference)
  return (
    <Panel title="Success rate" note="Share of the known outcomes, 95% interval (Wilson)">
      <IntervalPlot
        label={`Success rate: control ${formatShare(control.successRate)}, candidate ${formatShare(candidate.successRate)}, difference ${points}`}
        rows={rows}
        domain={[0, 1]}
        ticks={[0, 0.25, 0.5, 0.75, 1]}
        format={(share) => `${share * 100}%`}
      />
      <div className={classes['gap']} />
      <IntervalPlot
        label={`Difference ${points}`}
        rows={[
          {
            label: 'Difference',
            value: difference,
            low: differenceLow,
            high: differenceHigh,
            text: (
              <>
                <b>{points}</b>
                <br />
                {differenceLow === null || differenceHigh === null
                  ? ''
                  : `${formatPoints(differenceLow)} to ${formatPoints(differenceHigh)}`}
              </>
            ),
            colour: 'accent',
          },
        ]}
        domain={[-1, 1]}
        lines={[{ at: 0, label: 'no difference' }]}
        ticks={[-1, -0.5, 0, 0.5, 1]}
        format={(difference) => formatPoints(difference).replace(/\.0 pp$/, '')}
      />
    </Panel>
  )
}

/** Where the two disagree on the same unit: only those pairs tell them apart. */
export function Discordants({ comparison: { success } }: Part) {
  const { pairs, onlyControlSucceeded: control, onlyCandidateSucceeded: candidate } = success
  if (pairs === null || control === null || candidate === null) {
    return (
      <Panel title="Pairs">
        <p className="soft">
          Not paired: every execution counts on its own. With units on both sides, the same work could be compared.
        </p>
      </Panel>
    )
  }
  const most = Math.max(1, control, candidate)
  const bar = (count: number, colour: string) => (
    <i style={{ width: `${(count / most) * 100}%`, background: `var(--${colour})` }} />
  )
  return (
    <Panel
      title="Pairs that disagree"
      note={`${formatCount(pairs)} units were tried by both; ${formatCount(pairs - control - candidate)} came out the same`}
    >
      <div
        className={classes['pairs']}
        role="img"
        aria-label={`Control better on ${control} units, candidate better on ${candidate}, of ${pairs}`}
        data-testid="discordants"
      >
        <div>
          <b>{formatCount(control)}</b>
          <span>control better</span>
        </div>
        <div className={classes['left']}>{bar(control, 'control')}</div>
        <div className={classes['right']}>{bar(candidate, 'candidate')}</div>
        <div>
          <b>{formatCount(candidate)}</b>
          <span>candidate better</span>
        </div>
      </div>
    </Panel>
  )
}

const guardrailTones: Readonly<Record<string, Tone>> = {
  PROVEN_SAFE: 'healthy',
  PROVEN_HARM: 'failing',
  HOLD: 'degraded',
}
const guardrailWords: Readonly<Record<string, string>> = {
  PROVEN_SAFE: 'proven safe',
  PROVEN_HARM: 'proven harm',
  HOLD: 'not proven safe',
}

/** The ratio of durations against the lines of safety and harm. */
export function DurationRatios({ comparison: { guardrails } }: Part) {
  const guardrail = guardrails.find(({ metric }) => metric === 'duration')
  if (guardrail === undefined) {
    return (
      <Panel title="Duration">
        <p className="soft">This policy looks at success alone; duration was no guardrail.</p>
      </Panel>
    )
  }
  const { ratio, ratioLow, ratioHigh, limit, harmLimit, verdict } = guardrail
  const text = (value: number | null) => (value === null ? 'unknown' : `× ${value.toFixed(3)}`)
  const domain = ratioDomain([ratio, ratioLow, ratioHigh, limit])
  return (
    <Panel
      title="Duration, candidate against control"
      note={`Ratio of geometric means, ${guardrail.confidence * 100}% interval, from ${formatCount(guardrail.controlMeasured)} and ${formatCount(guardrail.candidateMeasured)} executions`}
      actions={
        <MarkedWord tone={guardrailTones[verdict] ?? 'unknown'} word={guardrailWords[verdict] ?? verdict} filled />
      }
    >
      <IntervalPlot
        label={`Duration ratio ${text(ratio)}, interval ${text(ratioLow)} to ${text(ratioHigh)}, limit ${limit}: ${guardrailWords[verdict] ?? verdict}`}
        rows={[
          {
            label: 'Ratio',
            value: ratio,
            low: ratioLow,
            high: ratioHigh,
            text: (
              <>
                <b>{text(ratio)}</b>
                <br />
                {ratioLow === null ? '' : `${text(ratioLow)} to ${text(ratioHigh)}`}
              </>
            ),
            colour: 'accent',
          },
        ]}
        domain={domain}
        lines={[
          { at: harmLimit, label: `harm is proven when all of it lies above ${harmLimit}` },
          { at: limit, label: `safety is proven when all of it lies below ${limit}`, strong: true },
        ]}
        ticks={[0.5, 0.8, 0.9, 1, 1.1, 1.25, 2].filter(
          (tick) => placeOf(tick, domain, true) > 0.01 && placeOf(tick, domain, true) < 0.99,
        )}
        format={(value) => `×${value}`}
        log
      />
    </Panel>
  )
}
