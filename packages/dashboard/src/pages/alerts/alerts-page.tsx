import { Button } from '@mantine/core'
import { type Alert, AlertSeverity } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { defined, oneOf } from '../../address/search.ts'
import { alertQueries } from '../../api/alerts.ts'
import { plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { LabelSet, SeverityMark, StateMark } from './faces.tsx'
import { inboxStates } from './search.ts'
import { AlertTabs } from './tabs.tsx'

/** What fires, since when and why; what was taken into somebody's hands; what is over. */
export function AlertsPage() {
  const search = useSearch({ from: '/inside/alerts' })
  const navigate = useNavigate()
  const list = useInfiniteQuery(alertQueries.list({ state: 'active', ...search }))
  const items = list.data?.pages.flatMap((page) => page.items)
  const counts = list.data?.pages[0]?.counts
  const open = useCallback(
    ({ alertId }: Alert) => void navigate({ to: '/alerts/$alertId', params: { alertId } }),
    [navigate],
  )
  const choose = (change: { readonly state?: string | undefined; readonly severity?: string | undefined }) => {
    const next = { ...search, ...change }
    const state = oneOf(next.state, inboxStates)
    const severity = oneOf(next.severity, AlertSeverity.options)
    void navigate({ to: '/alerts', search: defined({ state, severity }), replace: true })
  }
  const lead =
    counts === undefined
      ? 'What needs a person, with its reason.'
      : `${counts.firing} firing, ${counts.acknowledged} acknowledged, ${counts.pending} pending.`
  return (
    <>
      <PageHead title="Alerts" tab="Alerts" lead={lead}>
        <Choice
          label="State"
          all="Open"
          value={search.state}
          options={inboxStates.filter((state) => state !== 'active')}
          onChange={(state) => choose({ state })}
        />
        <Choice
          label="Severity"
          all="All severities"
          value={search.severity}
          options={AlertSeverity.options}
          onChange={(severity) => choose({ severity })}
        />
        <Button variant="default" leftSection={<Icon name="refresh" size={14} />} onClick={() => void list.refetch()}>
          Read again
        </Button>
      </PageHead>
      <AlertTabs />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : items === undefined ? (
        <Placeholder height={320} />
      ) : items.length === 0 ? (
        <Empty title="Nothing here" actions={<LinkButton to="/alerts/rules">To the rules</LinkButton>}>
          {search.state === undefined ? 'No alert is open. Rules say what would be one.' : 'No alert is in this state.'}
        </Empty>
      ) : (
        <Panel flush title={plural(items.length, 'alert')}>
          <DataTable
            label="Alerts"
            testId="alert-table"
            columns={columns}
            rows={items}
            rowId={({ alertId }) => alertId}
            rowHeight={52}
            onOpen={open}
            onEnd={() => list.hasNextPage && void list.fetchNextPage()}
          />
        </Panel>
      )}
    </>
  )
}

const columns: readonly DataColumn<Alert>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => <StateMark state={original.state} />,
    meta: { width: '9rem' },
  },
  {
    id: 'severity',
    header: 'Severity',
    cell: ({ row: { original } }) => <SeverityMark severity={original.severity} />,
    meta: { width: '7rem', priority: 3 },
  },
  {
    id: 'rule',
    header: 'Alert',
    cell: ({ row: { original } }) => (
      <>
        <strong className="truncate">{original.annotations['summary'] ?? original.rule}</strong>
        <LabelSet labels={original.labels} />
      </>
    ),
    meta: { width: '32%' },
  },
  {
    id: 'because',
    header: 'Because',
    cell: ({ row: { original } }) => (
      <span className="truncate" title={original.because.text}>
        {original.because.text}
      </span>
    ),
    meta: { priority: 2 },
  },
  {
    id: 'since',
    header: 'Since',
    cell: ({ row: { original } }) => <Ago at={original.firedAt ?? original.pendingAt} />,
    meta: { width: '7rem', priority: 2 },
  },
  {
    id: 'muted',
    header: 'Muted by',
    cell: ({ row: { original } }) => original.mutedBy ?? '',
    meta: { width: '7rem', priority: 4 },
  },
]
