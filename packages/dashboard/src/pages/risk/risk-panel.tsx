import type { ExecutionRisk, RiskReason } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { formatScore } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Unknown } from '../../ui/value.tsx'
import classes from './risk.module.css'

/** How likely a run failed by its trace alone, with every number behind it; closed until somebody asks. */
export function RiskPanel({ executionId, ended }: { readonly executionId: string; readonly ended: boolean }) {
  const risk = useQuery({ ...queries.executionRisk(executionId), enabled: ended })
  const score = risk.data?.score ?? null
  return (
    <details className={classes['risk']} data-testid="risk">
      <summary>
        <span className="soft">Failure risk</span>
        {risk.error !== null ? (
          <Unknown why={risk.error.message} word />
        ) : score === null ? (
          <Unknown why={ended ? 'Its trace is being read.' : 'It is scored when it ends.'} />
        ) : (
          <MarkedWord tone={toneOf(score)} word={`${formatScore(score)} of 100`} />
        )}
        <span className="faint">by its trace alone, never by its outcome</span>
      </summary>
      {risk.data === undefined || score === null ? null : <Reasons risk={risk.data} />}
    </details>
  )
}

/** Above one in two a failure is likelier than not; above one in four it is worth a look. */
function toneOf(score: number): Tone {
  return score >= 50 ? 'failing' : score >= 25 ? 'degraded' : 'healthy'
}

function Reasons({ risk }: { readonly risk: ExecutionRisk }) {
  const told = risk.because.filter(({ contribution }) => contribution !== 0)
  const silent = risk.because.length - told.length
  return (
    <div className={classes['body']}>
      <p className="soft">
        {risk.peers === null || risk.peers === 0
          ? 'No other run of the same unit is known.'
          : `Held against ${risk.peers} other runs of the same unit.`}{' '}
        Formula <code>{risk.formula}</code>: the contributions sum to the log-odds.
      </p>
      <table className={classes['reasons']} aria-label="What the risk is made of">
        <thead>
          <tr>
            <th scope="col">Why</th>
            <th scope="col" data-align="right">
              Observed
            </th>
            <th scope="col" data-align="right">
              Reference
            </th>
            <th scope="col" data-align="right">
              Log-odds
            </th>
          </tr>
        </thead>
        <tbody>
          {told.map((reason) => (
            <Reason key={reason.rule} reason={reason} />
          ))}
        </tbody>
      </table>
      {silent === 0 ? null : <p className="faint">{silent} more numbers were looked at and add nothing.</p>}
    </div>
  )
}

function Reason({ reason }: { readonly reason: RiskReason }) {
  const { rule, text, observed, limit, contribution } = reason
  return (
    <tr>
      <td>
        {text}
        <div>
          <code>{rule}</code>
        </div>
      </td>
      <td data-align="right">{observed ?? '–'}</td>
      <td data-align="right">{limit ?? '–'}</td>
      <td data-align="right">
        <b>{contribution > 0 ? `+${contribution.toFixed(2)}` : contribution.toFixed(2)}</b>
      </td>
    </tr>
  )
}
