import type { ApprovalNeed, GovernanceRulesTrialResult, RulesTrialChange } from '@metaagent/contract'
import { plural } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './governance.module.css'

const effectTones: Readonly<Record<RulesTrialChange['effect'], Tone>> = {
  stricter: 'healthy',
  looser: 'failing',
  otherwise: 'degraded',
}

/** What other rules would have asked, beside what the present ones ask. */
export function TrialResult({ result }: { readonly result: GovernanceRulesTrialResult }) {
  const { faults, actions, changed, stricter, looser, openRequests, changes } = result
  return (
    <div className={classes['parts']} data-testid="trial-result">
      {faults.length === 0 ? null : (
        <div role="alert">
          <p>These rules would be refused:</p>
          <ul>
            {faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </div>
      )}
      <p>
        {actions === 0
          ? 'Nothing was asked for or ran in that time.'
          : changed === 0
            ? `All ${plural(actions, 'action')} would have been treated as they were.`
            : `${changed} of ${plural(actions, 'action')} would have been treated otherwise: ${stricter} stricter, ${looser} looser.`}{' '}
        {openRequests === 0 ? '' : `Saving ends ${plural(openRequests, 'open request')}.`}
      </p>
      {changes.length === 0 ? null : (
        <table className={classes['changes']}>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Effect</th>
              <th scope="col">Now</th>
              <th scope="col">Then</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ operation, environment, impact, effect, from, to, actions: count, lastAt }) => (
              <tr key={`${operation} ${environment} ${impact}`}>
                <td>
                  <code>{operation}</code>
                  <div className="soft">
                    {impact.toLowerCase()} in {environment}, {plural(count, 'time')}
                  </div>
                </td>
                <td>
                  <MarkedWord tone={effectTones[effect]} word={effect} />
                </td>
                <td>{needWords(from)}</td>
                <td>{needWords(to)}</td>
                <td>
                  <Ago at={lastAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

/** A need in a few words. */
export function needWords({ outcome, approvers, approverRole, requireReview }: ApprovalNeed): string {
  if (outcome === 'allow') return 'runs by itself'
  if (outcome === 'allow_and_notify') return 'runs and is told'
  return `${plural(approvers, approverRole)}${requireReview ? ', with review' : ''}`
}
