import type { JudgeTrust } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { trustQueries } from '../../api/trust.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { TimeChart } from '../../charts/time-chart.tsx'
import { formatShare, plural } from '../../format/number.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Money, Unknown } from '../../ui/value.tsx'
import { AuditsPanel } from './audits-panel.tsx'
import { ConfusionTable } from './confusion-table.tsx'
import { DependencePanel } from './dependence-panel.tsx'
import { MetricChoice } from './metric-choice.tsx'
import classes from './trust.module.css'
import { Authority, ReliabilityBar, StandingMark, standingWords } from './words.tsx'

/** One judge on one metric: how far it can be believed and why, how that went, and on whom it depends. */
export function JudgePage() {
  useJudgingNews('trust')
  const { judge } = useParams({ from: '/inside/judges/$judge' })
  const { metric } = useSearch({ from: '/inside/judges/$judge' })
  const navigate = useNavigate()
  const list = useInfiniteQuery(trustQueries.judges({ judge }))
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (list.data === undefined) return <Placeholder height="70vh" />
  const known = list.data.pages.flatMap(({ items }) => items)
  const shown = metric === undefined ? known[0] : known.find((one) => one.metric === metric)
  const choose = (chosen: string) =>
    void navigate({ to: '/judges/$judge', params: { judge }, search: { metric: chosen }, replace: true })
  return (
    <>
      <PageHead
        title={<span className={classes['name']}>{judge}</span>}
        tab={judge}
        lead={
          shown === undefined ? undefined : (
            <>
              Judges {shown.metric}. {standingWords[shown.standing]}
            </>
          )
        }
      >
        <MetricChoice metrics={known.map((one) => one.metric)} value={shown?.metric ?? metric} onChange={choose} />
      </PageHead>
      {shown === undefined ? (
        <Panel>
          <Empty
            title={`It gave no verdict on ${metric ?? 'anything'}`}
            actions={<LinkButton to="/judges">To all judges</LinkButton>}
          />
        </Panel>
      ) : (
        <div className={classes['parts']}>
          <div className={classes['columns']}>
            <State judge={shown} />
            <History judge={shown.judge} metric={shown.metric} />
          </div>
          <div className={classes['columns']}>
            <Panel
              title="What was right, what it said"
              note="after forgetting; the latest weigh most"
              testId="confusion"
            >
              <ConfusionTable confusion={shown.confusion} />
            </Panel>
            <DependencePanel judge={shown.judge} metric={shown.metric} />
          </div>
          <AuditsPanel judge={shown.judge} metric={shown.metric} />
        </div>
      )}
    </>
  )
}

function State({ judge }: { readonly judge: JudgeTrust }) {
  const { passesFound, failsFound, costNanoUsdPerCorrectVerdict: cost } = judge
  return (
    <Panel title="Trust" actions={<StandingMark standing={judge.standing} />} testId="judge-state">
      <Facts
        items={[
          ['Reliability', <ReliabilityBar key="reliability" {...judge} />],
          ['Authority', <Authority key="authority" authority={judge.authority} />],
          [
            'Finds passes',
            passesFound === null ? <Unknown key="p" why="No audited subject was a pass." /> : formatShare(passesFound),
          ],
          [
            'Finds fails',
            failsFound === null ? <Unknown key="f" why="No audited subject was a fail." /> : formatShare(failsFound),
          ],
          ['Verdicts', <Count key="given" count={judge.verdicts} />],
          ['Audited', <Count key="audited" count={judge.auditedVerdicts} />],
          ['Still count', judge.effectiveCount.toFixed(1)],
          [
            'Per correct verdict',
            cost === null ? (
              <Unknown
                key="cost"
                why="No agent of this name reports its calls, one has no price, or nothing is audited."
              />
            ) : (
              <Money key="cost" nanoUsd={cost} />
            ),
          ],
          ['Kind', judge.judgeKind],
          ['Last verdict', <Ago key="at" at={judge.lastVerdictAt} />],
        ]}
      />
    </Panel>
  )
}

function History({ judge, metric }: { readonly judge: string; readonly metric: string }) {
  const { zone } = usePreferences()
  const history = useQuery(trustQueries.history(judge, metric))
  if (history.error !== null) return <ProblemPanel error={history.error} onRetry={() => void history.refetch()} />
  if (history.data === undefined) return <Placeholder height={276} />
  const { points, entries } = history.data
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined)
    return (
      <Panel title="Trust over time" testId="judge-history">
        <Empty title="Nothing was audited yet">
          A verdict is audited when a label or an outcome says what is right of its subject.
        </Empty>
      </Panel>
    )
  const line = (of: (point: (typeof points)[number]) => number | null) =>
    points.map((point) => [Date.parse(point.at), of(point)] as const)
  return (
    <Panel
      title="Trust over time"
      note={`${plural(entries, 'entry', 'entries')} of the trust journal; the band goes down to the lower bound`}
      testId="judge-history"
    >
      <TimeChart
        label={`Reliability and authority of ${judge} on ${metric}, ${plural(points.length, 'point')}`}
        // One point alone has no stretch of time.
        fromMs={Date.parse(first.at) - (first === last ? 3_600_000 : 0)}
        toMs={Date.parse(last.at)}
        zone={zone}
        max={1}
        format={(share) => `${Math.round(share * 100)}%`}
        series={[
          {
            name: 'Reliability',
            kind: 'line',
            colour: 'accent',
            points: line(({ reliability }) => reliability),
            band: points.map(({ at, lowerBound, reliability }) => [Date.parse(at), lowerBound, reliability] as const),
          },
          {
            name: 'Authority',
            kind: 'line',
            colour: 'kind-evaluation',
            dashed: true,
            points: line(({ authority }) => authority),
          },
        ]}
      />
    </Panel>
  )
}
