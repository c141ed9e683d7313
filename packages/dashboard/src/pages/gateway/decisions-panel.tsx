import { GatewayDecision, type GatewayRoute, Sensitivity } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { gatewayQueries } from '../../api/gateway.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './gateway.module.css'
import type { GatewaySearch } from './search.ts'
import { DecisionMark, decisionWords, destinationWords, SensitivityMark } from './words.tsx'

/** What was decided, newest first; the filters stand in the address. */
export function DecisionsPanel() {
  const search = useSearch({ from: '/inside/settings/gateway' })
  const navigate = useNavigate()
  const change = (values: { [Key in keyof GatewaySearch]?: GatewaySearch[Key] | undefined }) =>
    void navigate({ to: '/settings/gateway', search: defined({ ...search, ...values }), replace: true })
  return (
    <div className={classes['decisions']}>
      <Panel
        title="Decisions"
        note="Who asked, what was found, and where it might go."
        actions={
          <div className={classes['filters']}>
            <Choice
              label="Decision"
              all="All decisions"
              value={search.decision}
              options={GatewayDecision.options.map((value) => ({ value, label: decisionWords[value] }))}
              onChange={(value) => change({ decision: GatewayDecision.options.find((one) => one === value) })}
            />
            <Choice
              label="Sensitivity"
              all="Every sensitivity"
              value={search.sensitivity}
              options={Sensitivity.options}
              onChange={(value) => change({ sensitivity: Sensitivity.options.find((one) => one === value) })}
            />
            <CommitInput label="Agent" value={search.agent} onCommit={(agent) => change({ agent })} width={130} />
          </div>
        }
        flush
        testId="gateway-decisions"
      >
        <Decisions search={search} />
      </Panel>
    </div>
  )
}

function Decisions({ search }: { readonly search: GatewaySearch }) {
  const list = useInfiniteQuery(gatewayQueries.routes({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={160} />
  if (rows.length === 0)
    return (
      <Empty title={Object.keys(search).length > 0 ? 'None fits these filters' : 'Nothing was routed yet'}>
        {Object.keys(search).length > 0
          ? 'An agent is found by its whole name.'
          : 'Agents ask with POST /api/v1/gateway/route before they send a text to a model.'}
      </Empty>
    )
  return (
    <DataTable
      label="Decisions"
      testId="decision-table"
      columns={columns}
      rows={rows}
      rowId={({ routeId }) => routeId}
      onEnd={() => {
        if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
      }}
      rowHeight={42}
    />
  )
}

const columns: readonly DataColumn<GatewayRoute>[] = [
  {
    id: 'decision',
    header: 'Decision',
    cell: ({ row }) => <DecisionMark decision={row.original.decision} />,
    meta: { width: '9.5rem' },
  },
  {
    id: 'sensitivity',
    header: 'Sensitivity',
    cell: ({ row }) => <SensitivityMark sensitivity={row.original.sensitivity} />,
    meta: { width: '8rem', priority: 2 },
  },
  { id: 'agent', header: 'Agent', cell: ({ row }) => row.original.agent, meta: { width: '10rem' } },
  {
    id: 'asked',
    header: 'Asked for',
    cell: ({ row }) => <span className="mono">{destinationWords(row.original.asked)}</span>,
    meta: { priority: 3 },
  },
  {
    id: 'because',
    header: 'Because',
    cell: ({ row: { original } }) => (
      <span title={`${original.because.text} ${original.raisedBecause.text}`}>{original.because.rule}</span>
    ),
    meta: { priority: 2 },
  },
  {
    id: 'found',
    header: 'Found',
    cell: ({ row }) =>
      Object.entries(row.original.found)
        .map(([kind, count]) => `${count} × ${kind.replaceAll('_', ' ')}`)
        .join(', ') || <span className="soft">nothing</span>,
    meta: { priority: 4 },
  },
  {
    id: 'at',
    header: 'When',
    cell: ({ row }) => <Ago at={row.original.routedAt} />,
    meta: { width: '7rem', priority: 3 },
  },
]
