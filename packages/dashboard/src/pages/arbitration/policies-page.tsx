import { Select } from '@mantine/core'
import { type ArbitrationMetric, ArbitrationPolicyChoice } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { arbitrationApi, arbitrationQueries } from '../../api/arbitration.ts'
import { queries } from '../../api/queries.ts'
import { formatBytes, formatCount, plural } from '../../format/number.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Unknown } from '../../ui/value.tsx'
import classes from './arbitration.module.css'
import { Standings } from './standings.tsx'
import { ArbitrationTabs, PolicyName, signed } from './words.tsx'

/** How each metric is decided, what audits showed of every policy, and how the file of all verdicts does. */
export function PoliciesPage() {
  const metrics = useQuery(arbitrationQueries.metrics())
  const me = useQuery(queries.me())
  const mayChange = me.data?.scopes.includes('tunables:write') === true
  const { data } = metrics
  return (
    <>
      <PageHead
        title="Policies"
        tab="Arbitration policies"
        lead="Which rule turns votes into a verdict, metric by metric, and how right each was on items it had not seen."
      />
      <ArbitrationTabs />
      {metrics.error !== null ? (
        <ProblemPanel error={metrics.error} onRetry={() => void metrics.refetch()} />
      ) : data === undefined ? (
        <Placeholder height={420} />
      ) : (
        <div className={classes['column']}>
          {data.items.length === 0 ? (
            <Empty title="No metric is judged yet">Each metric that a judge speaks of appears here.</Empty>
          ) : (
            data.items.map((metric) => (
              <Metric key={`${metric.metric} ${metric.choiceVersion}`} metric={metric} mayChange={mayChange} />
            ))
          )}
          <LogFile log={data.log} due={data.due} />
        </div>
      )}
    </>
  )
}

function Metric({ metric, mayChange }: { readonly metric: ArbitrationMetric; readonly mayChange: boolean }) {
  const { because, gapBecause, policy, standings, audits, items, openAudits } = metric
  return (
    <Panel
      title={metric.metric}
      note={
        metric.fittedAt === null ? (
          'Nothing is fitted yet: each vote counts once.'
        ) : (
          <>
            Fit {metric.fitVersion}, <Instant at={metric.fittedAt} precision="minute" />
          </>
        )
      }
      actions={policy === null ? null : <PolicyName policy={policy} />}
      testId="metric"
    >
      <div className={classes['metric']}>
        <div className={classes['stack']}>
          <BecauseList lines={[because, gapBecause].filter((line) => line !== null)} />
          <Facts
            items={[
              ['Learnt from', `${plural(audits, 'label')} on ${plural(items, 'item')}`],
              ['A human is asked', `below a gap of ${signed(metric.gapMin)}`],
              [
                'Open audits',
                <Link key="open" to="/audits" search={{ metric: metric.metric }}>
                  {formatCount(openAudits)}
                </Link>,
              ],
            ]}
          />
          {mayChange ? <ChangePolicy metric={metric} /> : null}
        </div>
        <Standings standings={standings} inUse={policy} />
      </div>
    </Panel>
  )
}

function ChangePolicy({ metric }: { readonly metric: ArbitrationMetric }) {
  const [choice, setChoice] = useState(metric.choice)
  return (
    <details className={classes['change']}>
      <summary>Change the policy ({metric.choice})</summary>
      <Select
        label="Policy"
        description="“auto” uses the one that audits show to be best. It is fitted within seconds of the change."
        data={[...ArbitrationPolicyChoice.options]}
        value={choice}
        onChange={(value) => setChoice(ArbitrationPolicyChoice.options.find((known) => known === value) ?? choice)}
        allowDeselect={false}
        mb="sm"
      />
      <GovernedSave
        about="arbitration"
        isChanged={choice !== metric.choice}
        save={(particulars) =>
          arbitrationApi.changePolicy(metric.metric, {
            policy: choice,
            expectedVersion: metric.choiceVersion,
            ...particulars,
          })
        }
      />
    </details>
  )
}

function LogFile({
  log,
  due,
}: {
  readonly log: { path: string; bytes: number | null; totalBytes: number | null; behind: number } & {
    failingSince: string | null
    error: string | null
  }
  readonly due: number
}) {
  const { path, totalBytes, behind, failingSince, error } = log
  return (
    <Panel
      title="File of all verdicts"
      note={<code className={classes['path']}>{path}</code>}
      actions={
        error === null ? (
          <MarkedWord tone="healthy" word="written" filled />
        ) : (
          <MarkedWord tone="failing" word="failing" filled />
        )
      }
      testId="log-file"
    >
      {error === null ? null : (
        <p role="alert">
          It cannot be written since <Instant at={failingSince} />: {error}. Verdicts wait in the database, and the file
          catches up when the disk is back.
        </p>
      )}
      <Facts
        items={[
          [
            'Size with rotated ones',
            totalBytes === null ? <Unknown key="size" why="The folder cannot be read." /> : formatBytes(totalBytes),
          ],
          ['Not written yet', plural(behind, 'verdict')],
          ['Waiting for a verdict', plural(due, 'item')],
        ]}
      />
    </Panel>
  )
}
