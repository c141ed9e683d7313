import { type Sla, SlaState } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { formatShare } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant, Unknown } from '../../ui/value.tsx'
import type { SlasSearch } from './search.ts'
import classes from './slas.module.css'
import { indicatorWords, objectiveText, SlaMark, scopeWords, windowWords } from './words.tsx'

/** Every promise with its state and what is left of its budget, what needs a look first. */
export function SlasPage() {
  const search = useSearch({ from: '/inside/slas' })
  const navigate = useNavigate()
  const agents = useQuery(queries.agents({}))
  const list = useInfiniteQuery(queries.slas({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const change = (values: { [Key in keyof SlasSearch]?: SlasSearch[Key] | undefined }) =>
    void navigate({ to: '/slas', search: defined({ ...search, ...values }), replace: true })
  const start = (
    <LinkButton to="/slas/new" leftSection={<Icon name="plus" size={14} />} data-testid="new-sla">
      Promise a service level
    </LinkButton>
  )
  return (
    <>
      <PageHead
        title="SLAs and error budgets"
        tab="SLAs"
        lead="What was promised of agents, and how much may still go wrong."
      >
        <Choice
          label="State"
          all="Every state"
          value={search.state}
          options={SlaState.options}
          onChange={(state) => change({ state: SlaState.options.find((known) => known === state) })}
        />
        <Choice
          label="Agent"
          all="All agents"
          value={search.agentId}
          options={agents.data?.items.map((agent) => ({ value: agent.agentId, label: agent.name })) ?? []}
          onChange={(agentId) => change({ agentId })}
          width={180}
        />
        {start}
      </PageHead>
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <Empty title="Nothing is promised here yet" actions={start}>
              A service level says which share of executions must be good, and tells early when it will not be kept.
            </Empty>
          ) : (
            <DataTable
              label="Service levels"
              testId="sla-table"
              columns={columns}
              rows={rows}
              rowId={({ slaId }) => slaId}
              onOpen={({ slaId }) => void navigate({ to: '/slas/$slaId', params: { slaId } })}
              onEnd={() => {
                if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
              }}
              rowHeight={42}
            />
          )}
        </Panel>
      )}
    </>
  )
}

/** What is left of a budget, as a bar and a share; below zero it is overspent. */
export function BudgetLeft({ sla }: { readonly sla: Sla }) {
  const share = sla.compliance?.budget.remainingShare ?? null
  if (share === null) return <Unknown why="No event has come in this window." />
  if (share < 0) return <span>overspent</span>
  return (
    <span>
      <span className={classes['bar']} aria-hidden="true">
        <i style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      {formatShare(share)}
    </span>
  )
}

const columns: readonly DataColumn<Sla>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <SlaMark state={row.original.compliance?.state ?? 'unknown'} filled />,
    meta: { width: '8rem' },
  },
  {
    id: 'name',
    header: 'Service level',
    cell: ({ row: { original } }) => (
      <Link to="/slas/$slaId" params={{ slaId: original.slaId }} title={original.name}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'promise',
    header: 'Promise',
    cell: ({ row: { original } }) => {
      const text = `${objectiveText(original.objective)} ${indicatorWords(original.indicator)}`
      return <span title={text}>{text}</span>
    },
    meta: { width: '22%', priority: 2 },
  },
  { id: 'scope', header: 'For', cell: ({ row }) => scopeWords(row.original), meta: { width: '14%', priority: 3 } },
  {
    id: 'window',
    header: 'Window',
    cell: ({ row }) => windowWords(row.original.window),
    meta: { width: '8.5rem', priority: 4 },
  },
  {
    id: 'budget',
    header: 'Budget left',
    cell: ({ row }) => <BudgetLeft sla={row.original} />,
    meta: { width: '10.5rem' },
  },
  {
    id: 'exhaustion',
    header: 'Spent by',
    cell: ({ row: { original } }) => (
      <Instant
        at={original.compliance?.budget.exhaustionAt ?? null}
        precision="minute"
        why="At the present pace the budget lasts, or it is spent already."
      />
    ),
    meta: { width: '10rem', priority: 5 },
  },
  {
    id: 'judged',
    header: 'Judged',
    cell: ({ row }) => <Ago at={row.original.compliance?.judgedAt ?? null} why="Not judged yet." />,
    meta: { width: '7rem', priority: 5 },
  },
]
