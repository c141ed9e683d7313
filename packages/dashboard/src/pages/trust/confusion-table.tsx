import type { JudgeTrust } from '@metaagent/contract'
import { Empty } from '../../ui/page.tsx'
import classes from './trust.module.css'

/** What was right × what the judge said, as weights: a verdict counts less the more came after it. */
export function ConfusionTable({ confusion }: Pick<JudgeTrust, 'confusion'>) {
  if (confusion === null) return <Empty title="Nothing was audited yet" />
  const { passSaidPass, passSaidFail, failSaidPass, failSaidFail, abstained } = confusion
  return (
    <table className={classes['confusion']}>
      <thead>
        <tr>
          <th scope="col">What is right</th>
          <th scope="col">It said pass</th>
          <th scope="col">It said fail</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">Pass</th>
          <td data-right="true">{weight(passSaidPass)}</td>
          <td data-right="false">{weight(passSaidFail)}</td>
        </tr>
        <tr>
          <th scope="row">Fail</th>
          <td data-right="false">{weight(failSaidPass)}</td>
          <td data-right="true">{weight(failSaidFail)}</td>
        </tr>
        <tr>
          <th scope="row">It abstained</th>
          <td colSpan={2}>{weight(abstained)}</td>
        </tr>
      </tbody>
    </table>
  )
}

const weight = (count: number) => count.toFixed(1)
