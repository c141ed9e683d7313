import type { ChaosExperiment } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { chaosQueries } from '../../api/chaos.ts'
import { queries } from '../../api/queries.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import classes from './chaos.module.css'
import { Runs } from './runs.tsx'
import type { ChaosSearch } from './search.ts'
import { useLiveRuns } from './use-live-runs.ts'
import { injectionWords, RunMark } from './words.tsx'

/** Every experiment with its last run, and the runs of all of them. */
export function ChaosPage() {
  const search = useSearch({ from: '/inside/chaos' })
  const navigate = useNavigate()
  useLiveRuns()
  const environments = useQuery(queries.environments())
  return (
    <>
      <PageHead
        title="Chaos"
        tab="Chaos"
        lead="Failures that are simulated on purpose. They count in no trust, service level, health or cost figure."
      >
        <Choice
          label="Environment"
          all="All environments"
          value={search.environment}
          options={environments.data?.items.map(({ name }) => name) ?? []}
          onChange={(environment) =>
            void navigate({ to: '/chaos', search: defined({ ...search, environment }), replace: true })
          }
          width={170}
        />
        {addButton}
      </PageHead>
      <div className={classes['parts']}>
        <Experiments search={search} />
        <Panel title="Runs" note="the newest first" flush testId="chaos-runs">
          <Runs query={{}} empty="Nothing was run yet." />
        </Panel>
      </div>
    </>
  )
}

const addButton = (
  <LinkButton to="/chaos/new" leftSection={<Icon name="plus" size={14} />} data-testid="new-experiment">
    Plan an experiment
  </LinkButton>
)

function Experiments({ search }: { readonly search: ChaosSearch }) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(chaosQueries.experiments({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={240} />
  return (
    <Panel flush>
      {rows.length === 0 ? (
        <Empty title="No experiment is planned here yet" actions={addButton}>
          An experiment simulates failures and tells whether what must hold did hold, and whether a fallback took over.
        </Empty>
      ) : (
        <DataTable
          label="Experiments"
          testId="experiment-table"
          columns={columns}
          rows={rows}
          rowId={({ experimentId }) => experimentId}
          onOpen={({ experimentId }) => void navigate({ to: '/chaos/$experimentId', params: { experimentId } })}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
          rowHeight={42}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<ChaosExperiment>[] = [
  {
    id: 'state',
    header: 'Last run',
    cell: ({ row: { original } }) => {
      if (!original.enabled) return <MarkedWord tone="silent" word="off" filled />
      return original.lastRun === null ? (
        <MarkedWord tone="unknown" word="never run" filled />
      ) : (
        <RunMark run={original.lastRun} />
      )
    },
    meta: { width: '9rem' },
  },
  {
    id: 'name',
    header: 'Experiment',
    cell: ({ row: { original } }) => (
      <Link to="/chaos/$experimentId" params={{ experimentId: original.experimentId }} title={original.name}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'target',
    header: 'Target',
    cell: ({ row: { original } }) => {
      const text = `${original.target.kind} ${original.targetName}, ${original.environment}`
      return <span title={text}>{text}</span>
    },
    meta: { width: '20%', priority: 2 },
  },
  {
    id: 'injection',
    header: 'Injects',
    cell: ({ row: { original } }) => {
      const text = injectionWords(original)
      return <span title={text}>{text}</span>
    },
    meta: { width: '26%', priority: 3 },
  },
  {
    id: 'next',
    header: 'Next run',
    cell: ({ row: { original } }) => (
      <Instant at={original.nextRunAt} precision="minute" why="It is started by hand." />
    ),
    meta: { width: '9rem', priority: 4 },
  },
  {
    id: 'last',
    header: 'Ran',
    cell: ({ row: { original } }) => <Ago at={original.lastRun?.startedAt ?? null} why="Never yet." />,
    meta: { width: '7rem', priority: 2 },
  },
]
