import type { ArbitrationPolicy, ArbitrationStanding } from '@metaagent/contract'
import { IntervalPlot } from '../../charts/interval-plot.tsx'
import { formatShare } from '../../format/number.ts'

/** How right each policy was on audited items that it had not seen: the estimate, and down to where it surely is. */
export function Standings({
  standings,
  inUse,
}: {
  readonly standings: readonly ArbitrationStanding[]
  readonly inUse: ArbitrationPolicy | null
}) {
  if (standings.length === 0)
    return <p className="soft">Fewer than 20 items are labelled, so nobody knows which policy is right more often.</p>
  const rows = standings.map(({ policy, estimate, lowerBound }) => ({
    label: policy === inUse ? <b>{policy}</b> : policy,
    value: estimate,
    low: lowerBound,
    high: estimate,
    text: (
      <>
        <b>{formatShare(lowerBound)}</b> at least
        <br />
        {formatShare(estimate)} estimated
      </>
    ),
    colour: policy === inUse ? 'candidate' : 'control',
  }))
  const own = standings.find(({ policy }) => policy === inUse)
  const lowest = Math.min(...standings.map(({ lowerBound }) => lowerBound))
  const from = Math.max(0, Math.floor(lowest * 10 - 0.5) / 10)
  const ticks = [from, from + (1 - from) / 2, 1].map((tick) => Math.round(tick * 100) / 100)
  return (
    <IntervalPlot
      label={standings.map(({ policy, lowerBound }) => `${policy} at least ${formatShare(lowerBound)}`).join(', ')}
      rows={rows}
      domain={[from, 1]}
      ticks={ticks}
      format={(share) => `${Math.round(share * 100)}%`}
      lines={own === undefined ? [] : [{ at: own.lowerBound, label: `at least, ${own.policy} (in use)` }]}
    />
  )
}
