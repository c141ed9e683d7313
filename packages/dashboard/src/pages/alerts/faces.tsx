import type { Alert, Labels } from '@metaagent/contract'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import classes from './alerts.module.css'

const severityTones: Readonly<Record<Alert['severity'], Tone>> = {
  critical: 'failing',
  warning: 'degraded',
  info: 'unknown',
}
const stateTones: Readonly<Record<Alert['state'], Tone>> = {
  firing: 'failing',
  pending: 'degraded',
  acknowledged: 'silent',
  resolved: 'healthy',
}

export function SeverityMark({ severity }: { readonly severity: Alert['severity'] }) {
  return <MarkedWord tone={severityTones[severity]} word={severity} />
}

export function StateMark({ state, filled }: { readonly state: Alert['state']; readonly filled?: boolean }) {
  return <MarkedWord tone={stateTones[state]} word={state} filled={filled ?? false} />
}

/** A label set; the name and the severity stand elsewhere. */
export function LabelSet({ labels }: { readonly labels: Labels }) {
  const shown = Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity')
  return (
    <span className={classes['labels']}>
      {shown.map(([name, value]) => (
        <code key={name}>
          {name}={value}
        </code>
      ))}
    </span>
  )
}
