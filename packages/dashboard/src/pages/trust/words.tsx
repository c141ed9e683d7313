import type { JudgeTrust, MetricTrust, TrustModelName, TrustStanding } from '@metaagent/contract'
import { formatShare } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Explained, Unknown } from '../../ui/value.tsx'
import classes from './trust.module.css'

const tones: Readonly<Record<TrustStanding, Tone>> = {
  trusted: 'healthy',
  suspended: 'failing',
  unproven: 'unknown',
}

/** What a judge's standing means, in a sentence. */
export const standingWords: Readonly<Record<TrustStanding, string>> = {
  trusted: 'It is surely right more often than a coin.',
  suspended: 'It had authority and lost it; it is back as soon as its verdicts are right again.',
  unproven: 'Too few of its verdicts were held against a label to give it authority.',
}

export function StandingMark({ standing }: { readonly standing: TrustStanding }) {
  return (
    <Explained tip={standingWords[standing]}>
      <MarkedWord tone={tones[standing]} word={standing} filled />
    </Explained>
  )
}

/** What the model in use makes of evidence, for the head of a page. */
export const modelWords: Readonly<Record<TrustModelName, string>> = {
  confusion: 'the mean of how often passes and fails are found',
  accuracy: 'the share of right verdicts',
  mean: 'the share of right verdicts, without a margin',
}

const width = 60

/** How reliable a judge is: a band for one standard deviation to both sides, and a line at a coin's half. */
export function ReliabilityBar({ reliability, lowerBound }: Pick<JudgeTrust, 'reliability' | 'lowerBound'>) {
  if (reliability === null || lowerBound === null) return <Unknown why="None of its verdicts was audited." />
  const at = (value: number) => 1 + value * (width - 2)
  const high = Math.min(1, 2 * reliability - lowerBound)
  return (
    <Explained tip={`At least ${formatShare(lowerBound)}, one standard deviation below. The line is a coin’s half.`}>
      <span className={classes['reliability']}>
        <svg width={width} height={12} aria-hidden="true">
          <line x1={1} x2={width - 1} y1={6} y2={6} className={classes['scale']} />
          <rect
            x={at(lowerBound)}
            width={Math.max(2, at(high) - at(lowerBound))}
            y={3}
            height={6}
            rx={2}
            className={classes['band']}
          />
          <line x1={at(0.5)} x2={at(0.5)} y1={2} y2={10} className={classes['coin']} />
          <line x1={at(reliability)} x2={at(reliability)} y1={1} y2={11} className={classes['tick']} />
        </svg>
        {formatShare(reliability)}
      </span>
    </Explained>
  )
}

/** How much a judge may decide. */
export function Authority({ authority }: Pick<JudgeTrust, 'authority'>) {
  return (
    <span className={classes['authority']} data-none={authority === 0}>
      <span className={classes['bar']} aria-hidden="true">
        <i style={{ width: `${authority * 100}%` }} />
      </span>
      {authority.toFixed(2)}
    </span>
  )
}

/** How many independent votes judges are worth, and how that is known. */
export function EffectiveVotes({ independence, judges }: Pick<MetricTrust, 'independence' | 'judges'>) {
  if (independence === null)
    return <Unknown why="No two judges share ten subjects on which either of them varies yet." />
  const correlation = independence.meanCorrelation.toFixed(2)
  const tip =
    independence.basis === 'audited-errors'
      ? `From where they are wrong together: errors correlate by ${correlation}.`
      : `At least: from agreement, without labels, where being right together counts as dependence (${correlation}).`
  return (
    <Explained tip={tip}>
      {independence.basis === 'agreement' ? '≥ ' : ''}
      {independence.effectiveVotes.toFixed(1)} of {judges}
    </Explained>
  )
}
