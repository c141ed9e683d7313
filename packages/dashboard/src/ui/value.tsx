import { Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { useNow } from '../app/clock.ts'
import { usePreferences } from '../app/preferences.tsx'
import { formatDuration } from '../format/duration.ts'
import { exactUsd, formatPartialUsd, UNKNOWN } from '../format/money.ts'
import { formatCompact, formatCount, formatShare, formatShareInterval, plural } from '../format/number.ts'
import { formatAgo, formatInstant, type TimePrecision, zoneLabel } from '../format/time.ts'
import classes from './value.module.css'

/** A value that nobody knows: a dash that says why. It can be reached by keyboard and is read out as “unknown”. */
export function Unknown({ why, word = false }: { readonly why: string; readonly word?: boolean }) {
  return (
    <Tooltip label={why}>
      <span className={classes['unknown']} aria-label={`unknown: ${why}`} role="note">
        {word ? 'unknown' : UNKNOWN}
      </span>
    </Tooltip>
  )
}

/** A text with its exact value, or whatever else helps, one hover away. */
export function Explained({ tip, children }: { readonly tip: ReactNode; readonly children: ReactNode }) {
  return (
    <Tooltip label={tip}>
      <span className={classes['explained']}>{children}</span>
    </Tooltip>
  )
}

/** A cost in nano-dollars. Calls without a price make it a lower bound, or unknown when nothing has one. */
export function Money({
  nanoUsd,
  unpricedCalls = 0,
}: {
  readonly nanoUsd: number | null
  readonly unpricedCalls?: number
}) {
  const missing = `${plural(unpricedCalls, 'model call')} without a known price`
  if (nanoUsd === null)
    return <Unknown why={unpricedCalls > 0 ? `${missing}.` : 'No cost was reported and none could be computed.'} />
  const tip = unpricedCalls > 0 ? `At least ${exactUsd(nanoUsd)} USD: ${missing}.` : `${exactUsd(nanoUsd)} USD`
  return <Explained tip={tip}>{formatPartialUsd(nanoUsd, unpricedCalls)}</Explained>
}

/** A duration in milliseconds. */
export function Duration({ ms, why = 'It has not ended.' }: { readonly ms: number | null; readonly why?: string }) {
  if (ms === null) return <Unknown why={why} />
  return ms < 1000 ? (
    <span>{formatDuration(ms)}</span>
  ) : (
    <Explained tip={`${formatCount(ms)} ms`}>{formatDuration(ms)}</Explained>
  )
}

/** A count that may be unknown. */
export function Count({
  count,
  why = 'It was not reported.',
}: {
  readonly count: number | null
  readonly why?: string
}) {
  if (count === null) return <Unknown why={why} />
  const short = formatCompact(count)
  const full = formatCount(count)
  return short === full ? <span>{full}</span> : <Explained tip={full}>{short}</Explained>
}

/** A share with its interval in the tooltip. */
export function Share({
  share,
  low,
  high,
  why = 'Nothing has finished in this window.',
}: {
  readonly share: number | null
  readonly low: number | null
  readonly high: number | null
  readonly why?: string
}) {
  if (share === null) return <Unknown why={why} />
  return <Explained tip={`95% interval ${formatShareInterval(low, high)}`}>{formatShare(share)}</Explained>
}

/** A point in time in the reader's zone; the tooltip names the zone. */
export function Instant({
  at,
  precision = 'second',
  why = 'It is not known.',
}: {
  readonly at: string | null
  readonly precision?: TimePrecision
  readonly why?: string
}) {
  const { zone } = usePreferences()
  const now = useNow()
  if (at === null) return <Unknown why={why} />
  return (
    <Explained
      tip={`${formatInstant(at, zone, 'millisecond')} (${zoneLabel(zone, Date.parse(at))}), ${formatAgo(at, now)}`}
    >
      <time dateTime={at}>{formatInstant(at, zone, precision)}</time>
    </Explained>
  )
}

/** How long ago; the tooltip has the time itself and its zone. */
export function Ago({ at, why = 'Never seen.' }: { readonly at: string | null; readonly why?: string }) {
  const { zone } = usePreferences()
  const now = useNow()
  if (at === null) return <Unknown why={why} />
  return (
    <Explained tip={`${formatInstant(at, zone)} (${zoneLabel(zone, Date.parse(at))})`}>
      <time dateTime={at}>{formatAgo(at, now)}</time>
    </Explained>
  )
}
