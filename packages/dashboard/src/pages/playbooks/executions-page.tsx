import { type MacroExecution, MacroExecutionStatus } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { playbookQueries } from '../../api/playbooks.ts'
import { useNow } from '../../app/clock.ts'
import { Actor } from '../../ui/actor.tsx'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Duration } from '../../ui/value.tsx'
import { useLiveExecutions } from './live-executions.ts'
import { type ExecutionsSearch, runKinds } from './search.ts'
import { PlaybookTabs } from './tabs.tsx'
import { durationMs, ExecutionMark, runWords } from './words.tsx'

/** Every execution of a macro, the newest first, followed live. */
export function ExecutionsPage() {
  const search = useSearch({ from: '/inside/playbooks/executions' })
  const navigate = useNavigate()
  const macros = useQuery(playbookQueries.macros())
  const { runs, ...filters } = search
  const list = useInfiniteQuery(
    playbookQueries.executions({ ...filters, synthetic: runs === undefined ? undefined : runs === 'simulated' }),
  )
  useLiveExecutions()
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const change = (values: { [Key in keyof ExecutionsSearch]?: ExecutionsSearch[Key] | undefined }) =>
    void navigate({ to: '/playbooks/executions', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <PageHead
        title="Executions of macros"
        tab="Executions of macros"
        lead="What was done to recover, and how it went."
      >
        <Choice
          label="Macro"
          all="Every macro"
          value={search.macro}
          options={macros.data?.map(({ name }) => name) ?? []}
          onChange={(macro) => change({ macro })}
          width={180}
        />
        <Choice
          label="Status"
          all="Every status"
          value={search.status}
          options={MacroExecutionStatus.options}
          onChange={(status) => change({ status: MacroExecutionStatus.options.find((known) => known === status) })}
        />
        <Choice
          label="Runs"
          all="Real and simulated"
          value={runs}
          options={runKinds}
          onChange={(kind) => change({ runs: runKinds.find((known) => known === kind) })}
          width={170}
        />
      </PageHead>
      <PlaybookTabs />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <Empty
              title={Object.keys(search).length === 0 ? 'No macro was run yet' : 'No execution is like that'}
              actions={
                <LinkButton to="/playbooks" variant="default">
                  To the macros
                </LinkButton>
              }
            >
              Executions are kept with every step for 400 days unless you keep them for another time.
            </Empty>
          ) : (
            <DataTable
              label="Executions of macros"
              testId="macro-execution-table"
              columns={columns}
              rows={rows}
              rowId={({ macroExecutionId }) => macroExecutionId}
              onOpen={({ macroExecutionId: id }) => void navigate({ to: '/playbooks/executions/$id', params: { id } })}
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

function Took({ execution }: { readonly execution: MacroExecution }) {
  const now = useNow()
  return <Duration ms={durationMs(execution, now)} />
}

const columns: readonly DataColumn<MacroExecution>[] = [
  {
    id: 'status',
    header: 'Status',
    cell: ({ row }) => <ExecutionMark status={row.original.status} filled />,
    meta: { width: '9.5rem' },
  },
  {
    id: 'macro',
    header: 'Macro',
    cell: ({ row: { original } }) => (
      <Link to="/playbooks/executions/$id" params={{ id: original.macroExecutionId }} title={original.macro}>
        {original.macro}
      </Link>
    ),
  },
  {
    id: 'because',
    header: 'Why',
    cell: ({ row: { original } }) => <span title={original.because.text}>{original.because.text}</span>,
    meta: { width: '24%', priority: 2 },
  },
  {
    id: 'step',
    header: 'Step',
    cell: ({ row: { original } }) =>
      `${original.stepsDone} of ${original.stepsTotal}${original.currentStep === null ? '' : `, ${original.currentStep}`}`,
    meta: { width: '11rem', priority: 3 },
  },
  {
    id: 'environment',
    header: 'In',
    cell: ({ row: { original } }) => [original.environment, runWords(original)].filter(Boolean).join(', '),
    meta: { width: '11rem', priority: 4 },
  },
  {
    id: 'by',
    header: 'By',
    cell: ({ row: { original } }) => <Actor name={`${original.startedBy.kind}:${original.startedBy.id}`} />,
    meta: { width: '9rem', priority: 5 },
  },
  {
    id: 'took',
    header: 'Took',
    cell: ({ row }) => <Took execution={row.original} />,
    meta: { width: '6rem', align: 'right', priority: 2 },
  },
  {
    id: 'started',
    header: 'Started',
    cell: ({ row }) => <Ago at={row.original.startedAt} />,
    meta: { width: '7rem', priority: 2 },
  },
]
