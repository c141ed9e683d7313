import { Button } from '@mantine/core'
import type { SlaReport } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { formatShare } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Count, Instant } from '../../ui/value.tsx'
import classes from './slas.module.css'
import { indicatorWords, objectiveText, SlaMark } from './words.tsx'

const tones: Readonly<Record<SlaReport['facts']['verdict'], Tone>> = {
  met: 'healthy',
  missed: 'failing',
  unknown: 'unknown',
}

/** The report of one month, made to be printed: the facts, and where they stand in the signed ledger. */
export function SlaReportPage() {
  const { slaId, month } = useParams({ from: '/inside/slas/$slaId/reports/$month' })
  const report = useQuery(queries.slaReport(slaId, month))
  return (
    <>
      <Head slaId={slaId} month={month} name={report.data?.facts.name} />
      {report.error !== null ? (
        <ProblemPanel error={report.error} onRetry={() => void report.refetch()} />
      ) : report.data === undefined ? (
        <Placeholder height="60vh" />
      ) : (
        <div className={classes['parts']} data-testid="sla-report">
          <Summary facts={report.data.facts} />
          <Proof report={report.data} />
          <Changes facts={report.data.facts} />
          <Days facts={report.data.facts} />
        </div>
      )}
    </>
  )
}

const monthAfter = (month: string, by: number) => {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}

function Head({
  slaId,
  month,
  name,
}: {
  readonly slaId: string
  readonly month: string
  readonly name?: string | undefined
}) {
  const navigate = useNavigate()
  const go = (by: number) =>
    void navigate({ to: '/slas/$slaId/reports/$month', params: { slaId, month: monthAfter(month, by) } })
  return (
    <PageHead
      title={`Report of ${month}`}
      tab={`Report of ${month}`}
      lead={
        <Link to="/slas/$slaId" params={{ slaId }}>
          {name ?? 'The service level'}
        </Link>
      }
    >
      <div className={classes['buttons']}>
        <Button variant="default" onClick={() => go(-1)}>
          Month before
        </Button>
        <Button variant="default" onClick={() => go(1)}>
          Month after
        </Button>
        <Button onClick={() => window.print()}>Print</Button>
      </div>
    </PageHead>
  )
}

type Facts_ = SlaReport['facts']

function Summary({ facts }: { readonly facts: Facts_ }) {
  const { definition } = facts
  return (
    <Panel title="Result" actions={<MarkedWord tone={tones[facts.verdict]} word={facts.verdict} filled />}>
      <Facts
        items={[
          ['Promise', `${objectiveText(definition.objective)} ${indicatorWords(definition.indicator)}`, 'wide'],
          ['Good of all', formatShare(facts.attainment)],
          ['Good', <Count key="good" count={facts.good} />],
          ['Bad', <Count key="bad" count={facts.bad} />],
          ['Not judgeable', <Count key="unknown" count={facts.unknown} />],
          ['Budget', `${facts.budget.spent} of ${facts.budget.total.toFixed(1)} bad events`],
          ['From', <Instant key="from" at={facts.from} precision="minute" />],
          ['Until', <Instant key="until" at={facts.until} precision="minute" />],
          ['Days of', facts.timeZone],
          ['Definition', `version ${definition.version}`],
        ]}
      />
      {definition.exclusions.map(({ from, until, reason }) => (
        <p key={`${from} ${until}`} className="soft">
          Left out: {from} to {until}, {reason}
        </p>
      ))}
    </Panel>
  )
}

function Proof({ report }: { readonly report: SlaReport }) {
  const { issued, digest } = report
  if (issued === null)
    return (
      <Panel title="Provisional" testId="report-proof">
        <p className="soft">
          The month is not over. When it is, the report is issued and its digest enters the ledger.
        </p>
        <p className={classes['note']}>SHA-256 of the facts so far: {digest}</p>
      </Panel>
    )
  return (
    <Panel title="Proof" note={`edition ${issued.edition}`} testId="report-proof">
      <p>
        Issued <Instant at={issued.issuedAt} precision="minute" />; the digest stands in the ledger as{' '}
        {issued.entryIndex === null ? (
          'an entry that is being sequenced'
        ) : (
          <Link to="/ledger/entries/$index" params={{ index: String(issued.entryIndex) }} search={{}}>
            entry {issued.entryIndex}
          </Link>
        )}
        .
      </p>
      <p className={classes['note']}>SHA-256 of the facts: {digest}</p>
      {issued.checkpoint === null ? null : <pre className={classes['note']}>{issued.checkpoint}</pre>}
    </Panel>
  )
}

function Changes({ facts }: { readonly facts: Facts_ }) {
  return (
    <Panel title="What changed in the month">
      {facts.changes.length === 0 ? (
        <Empty title="Nothing changed">The state stayed as it was all month.</Empty>
      ) : (
        <ul className={classes['burn']}>
          {facts.changes.map((change) => (
            <li key={change.eventId}>
              <Instant at={change.at} precision="minute" /> <SlaMark state={change.from} /> →{' '}
              <SlaMark state={change.to} />{' '}
              <Link to="/ledger/events/$eventId" params={{ eventId: change.eventId }}>
                proof
              </Link>
              <p>{change.because.text}</p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Days({ facts }: { readonly facts: Facts_ }) {
  const known = facts.days.filter(({ good, bad, unknown }) => good + bad + unknown > 0)
  return (
    <Panel title="Days" note="those with events">
      {known.length === 0 ? (
        <Empty title="No event came in this month">There is nothing to count.</Empty>
      ) : (
        <table className={classes['days']}>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Good</th>
              <th scope="col">Bad</th>
              <th scope="col">Not judgeable</th>
              <th scope="col">Good of all</th>
            </tr>
          </thead>
          <tbody>
            {known.map(({ day, good, bad, unknown }) => (
              <tr key={day}>
                <td>{day}</td>
                <td>{good}</td>
                <td>{bad}</td>
                <td>{unknown}</td>
                <td>{formatShare(good + bad === 0 ? null : good / (good + bad))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
