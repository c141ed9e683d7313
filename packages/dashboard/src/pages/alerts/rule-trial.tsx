import type { AlertRuleTrial } from '@metaagent/contract'
import { plural } from '../../format/number.ts'
import { Panel } from '../../ui/page.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { LabelSet } from './faces.tsx'

const SHOWN = 20

/** What a rule would have done: the alerts of the last day, newest first, and how much of it nobody knows. */
export function RuleTrial({ trial }: { readonly trial: AlertRuleTrial }) {
  const fired = trial.alerts.filter(({ firedAt }) => firedAt !== null)
  const shown = fired.toReversed().slice(0, SHOWN)
  return (
    <Panel
      title={`It would have fired ${fired.length === 1 ? 'once' : `${fired.length} times`}`}
      note={`${plural(trial.subjects, 'label set')} looked at every ${trial.stepSeconds / 60} minutes; at ${plural(trial.unknownSteps, 'step')} nothing could be measured.`}
      testId="trial"
    >
      {shown.length === 0 ? (
        <p className="soft">Nothing of the last 24 hours would have been an alert.</p>
      ) : (
        <ul className={classes['list']}>
          {shown.map((alert) => (
            <li key={`${alert.pendingAt} ${JSON.stringify(alert.labels)}`} className={classes['row']}>
              <span className={classes['line']}>
                <Instant at={alert.firedAt} precision="minute" /> until{' '}
                <Instant at={alert.resolvedAt} precision="minute" why="It would still fire." />
                <LabelSet labels={alert.labels} />
              </span>
              <span className="soft">{alert.because.text}</span>
            </li>
          ))}
        </ul>
      )}
      {fired.length > SHOWN ? <p className="soft">… and {fired.length - SHOWN} earlier ones.</p> : null}
    </Panel>
  )
}
