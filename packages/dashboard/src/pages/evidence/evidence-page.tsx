import type { ComplianceFramework } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { complianceQueries, type EvidencePeriod, periodOfDays } from '../../api/compliance.ts'
import { useNow } from '../../app/clock.ts'
import { plural } from '../../format/number.ts'
import { PageHead, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './evidence.module.css'
import { PeriodChoice } from './period-choice.tsx'
import { defaultDays } from './search.ts'
import { StateCounts } from './state-counts.tsx'

/** Every framework with how far the ledger shows its controls in a period. */
export function EvidencePage() {
  const search = useSearch({ from: '/inside/evidence' })
  const navigate = useNavigate()
  const days = search.days ?? defaultDays
  const period = periodOfDays(Number(days), useNow())
  const frameworks = useQuery(complianceQueries.frameworks())
  return (
    <>
      <PageHead
        title="Evidence"
        tab="Evidence"
        lead="What the signed ledger shows of the controls an auditor asks for, and what it does not."
      >
        <PeriodChoice
          days={days}
          onChange={(chosen) => void navigate({ to: '/evidence', search: { days: chosen }, replace: true })}
        />
      </PageHead>
      {frameworks.error !== null ? (
        <ProblemPanel error={frameworks.error} onRetry={() => void frameworks.refetch()} />
      ) : frameworks.data === undefined ? (
        <Placeholder height="60vh" />
      ) : (
        <ul className={classes['frameworks']} data-testid="frameworks">
          {frameworks.data.map((framework) => (
            <FrameworkCard key={framework.id} framework={framework} period={period} days={days} />
          ))}
        </ul>
      )}
    </>
  )
}

function FrameworkCard({
  framework,
  period,
  days,
}: {
  readonly framework: ComplianceFramework
  readonly period: EvidencePeriod
  readonly days: typeof import('./search.ts').periods[number]
}) {
  const assessment = useQuery(complianceQueries.assessment(framework.id, period))
  return (
    <li className={classes['card']}>
      <h2>
        <Link to="/evidence/$framework" params={{ framework: framework.id }} search={{ days }}>
          {framework.name}
        </Link>
      </h2>
      <p className="soft">{framework.edition}</p>
      {assessment.error !== null ? (
        <ProblemPanel error={assessment.error} compact onRetry={() => void assessment.refetch()} />
      ) : assessment.data === undefined ? (
        <Placeholder height={44} label={`Looking through the ledger for ${framework.name}`} />
      ) : (
        <StateCounts {...assessment.data} />
      )}
      <p>{framework.note}</p>
      <p className="soft">{plural(framework.controls.length, 'control')}</p>
    </li>
  )
}
