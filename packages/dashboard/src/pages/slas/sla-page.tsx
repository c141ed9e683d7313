import { Button } from '@mantine/core'
import type { Sla, SlaCompliance } from '@metaagent/contract'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { TimeChart } from '../../charts/time-chart.tsx'
import { formatShare, plural } from '../../format/number.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Instant } from '../../ui/value.tsx'
import classes from './slas.module.css'
import { BudgetLeft } from './slas-page.tsx'
import { indicatorWords, objectiveText, SlaMark, scopeWords, windowWords } from './words.tsx'

/** One promise: how it stands and why, how its budget went, its burn alerts, its windows and reports. */
export function SlaPage() {
  const { slaId } = useParams({ from: '/inside/slas/$slaId' })
  const sla = useQuery(queries.sla(slaId))
  if (sla.error !== null) return <ProblemPanel error={sla.error} onRetry={() => void sla.refetch()} />
  if (sla.data === undefined) return <Placeholder height="70vh" />
  return (
    <>
      <Head sla={sla.data} />
      <div className={classes['parts']}>
        <div className={classes['columns']}>
          <State sla={sla.data} />
          <BurnChart slaId={slaId} />
        </div>
        <BurnAlerts sla={sla.data} />
        <Windows slaId={slaId} />
      </div>
    </>
  )
}

function Head({ sla }: { readonly sla: Sla }) {
  const [month] = useState(() => new Date().toISOString().slice(0, 7))
  return (
    <PageHead
      title={sla.name}
      tab={sla.name}
      lead={
        <>
          {objectiveText(sla.objective)} {indicatorWords(sla.indicator)} · {scopeWords(sla)} · {windowWords(sla.window)}
          {sla.enabled ? null : <strong> · switched off, neither judged nor told</strong>}
          {sla.description === null ? null : <p>{sla.description}</p>}
        </>
      }
    >
      <LinkButton to="/slas/$slaId/reports/$month" params={{ slaId: sla.slaId, month }} variant="default">
        Monthly report
      </LinkButton>
      {sla.archivedAt === null ? (
        <>
          <LinkButton to="/slas/$slaId/edit" params={{ slaId: sla.slaId }} data-testid="edit-sla">
            Change
          </LinkButton>
          <End slaId={sla.slaId} />
        </>
      ) : (
        <span className="soft">ended</span>
      )}
    </PageHead>
  )
}

function End({ slaId }: { readonly slaId: string }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState(false)
  const end = useMutation({
    mutationFn: () => api.removeSla(slaId),
    onSuccess: async () => {
      void client.invalidateQueries({ queryKey: ['slas'] })
      await navigate({ to: '/slas' })
    },
  })
  if (end.error !== null) return <ProblemPanel error={end.error} compact />
  return (
    <Button
      variant="default"
      color="red"
      loading={end.isPending}
      onClick={() => (asked ? end.mutate() : setAsked(true))}
      data-testid="end-sla"
    >
      {asked ? 'End it: sure?' : 'End'}
    </Button>
  )
}

function State({ sla }: { readonly sla: Sla }) {
  const { compliance } = sla
  if (compliance === null)
    return (
      <Panel title="State" testId="sla-state">
        <Empty title="Not judged yet">The first judgement comes within a quarter of a minute.</Empty>
      </Panel>
    )
  return (
    <Panel title="State" actions={<SlaMark state={compliance.state} filled />} testId="sla-state">
      <div className={classes['parts']}>
        <BecauseList lines={[compliance.because]} />
        <Facts
          items={[
            ['Good', <Count key="good" count={compliance.good} />],
            ['Bad', <Count key="bad" count={compliance.bad} />],
            ['Not judgeable', <Count key="unknown" count={compliance.unknown} />],
            ['Good of all', formatShare(compliance.attainment)],
            ['Budget left', <BudgetLeft key="left" sla={sla} />],
            [
              'Spent by',
              <Instant
                key="end"
                at={compliance.budget.exhaustionAt}
                precision="minute"
                why="At the present pace the budget lasts, or it is spent already."
              />,
            ],
            ['Judged', <Ago key="at" at={compliance.judgedAt} />],
            ['Definition', `version ${compliance.version}`],
          ]}
        />
      </div>
    </Panel>
  )
}

function BurnChart({ slaId }: { readonly slaId: string }) {
  const { zone } = usePreferences()
  const series = useQuery(queries.slaBurn(slaId))
  if (series.error !== null) return <ProblemPanel error={series.error} onRetry={() => void series.refetch()} />
  if (series.data === undefined) return <Placeholder height={276} />
  const { points, from, until } = series.data
  const spent = points.map((point) => [Date.parse(point.at), point.spentShare] as const)
  return (
    <Panel title="Budget spent" note="100% is all that may go wrong in this window" testId="sla-burn">
      <TimeChart
        label={`Share of the error budget that is spent, ${plural(points.length, 'point')}`}
        fromMs={Date.parse(from)}
        toMs={Date.parse(until)}
        zone={zone}
        format={(share) => `${Math.round(share * 100)}%`}
        series={[{ name: 'Spent', kind: 'line', colour: 'accent', points: spent }]}
      />
    </Panel>
  )
}

function BurnAlerts({ sla }: { readonly sla: Sla }) {
  return (
    <Panel
      title="Burn alerts"
      note={`each needs ${plural(sla.minimumBadEvents, 'bad event')} in its long window`}
      testId="burn-alerts"
    >
      {sla.burn.length === 0 ? (
        <p className="soft">
          {sla.burnAlerts.length === 0 ? 'None is set: only a breach is told.' : 'Not judged yet.'}
        </p>
      ) : (
        <ul className={classes['burn']}>
          {sla.burn.map((alert) => (
            <li key={`${alert.severity} ${alert.longMinutes} ${alert.threshold}`}>
              <MarkedWord
                tone={alert.firing ? (alert.severity === 'page' ? 'failing' : 'degraded') : 'healthy'}
                word={alert.firing ? `${alert.severity}: burning` : `${alert.severity}: calm`}
                filled
              />
              <p>{alert.because.text}</p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Windows({ slaId }: { readonly slaId: string }) {
  const list = useInfiniteQuery(queries.slaCompliance(slaId))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  return (
    <Panel title="Windows" flush testId="sla-windows">
      {rows === undefined ? (
        <Placeholder height={160} />
      ) : rows.length === 0 ? (
        <Empty title="No window was judged yet">It takes a few seconds.</Empty>
      ) : (
        <DataTable
          label="Windows"
          testId="compliance-table"
          columns={columns}
          rows={rows}
          rowId={({ periodStart }) => periodStart}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<SlaCompliance>[] = [
  { id: 'period', header: 'Period', cell: ({ row }) => row.original.periodStart, meta: { width: '8rem' } },
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <SlaMark state={row.original.state} filled />,
    meta: { width: '8rem' },
  },
  {
    id: 'attainment',
    header: 'Good of all',
    cell: ({ row }) => formatShare(row.original.attainment),
    meta: { width: '7rem', align: 'right' },
  },
  {
    id: 'bad',
    header: 'Bad',
    cell: ({ row }) => <Count count={row.original.bad} />,
    meta: { width: '6rem', align: 'right', priority: 2 },
  },
  {
    id: 'closed',
    header: 'Closed',
    cell: ({ row }) => (row.original.isClosed ? 'yes' : 'still open'),
    meta: { width: '7rem', priority: 3 },
  },
  {
    id: 'because',
    header: 'Because',
    cell: ({ row }) => <span title={row.original.because.text}>{row.original.because.text}</span>,
    meta: { priority: 2 },
  },
]
