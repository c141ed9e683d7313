import type { FallbackPolicy } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { fallbackQueries } from '../../api/fallbacks.ts'
import { queries } from '../../api/queries.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './fallbacks.module.css'
import { Invocations } from './invocations.tsx'
import type { FallbacksSearch } from './search.ts'
import { useLiveFallbacks } from './use-live-fallbacks.ts'
import { lineWords, PolicyMark } from './words.tsx'

/** Every fallback policy with how it stands, and what was invoked lately. */
export function FallbacksPage() {
  const search = useSearch({ from: '/inside/fallbacks' })
  const navigate = useNavigate()
  useLiveFallbacks()
  const environments = useQuery(queries.environments())
  const change = (values: { [Key in keyof FallbacksSearch]?: FallbacksSearch[Key] | undefined }) =>
    void navigate({ to: '/fallbacks', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <PageHead title="Fallbacks" tab="Fallbacks" lead="Which macro takes over when another one, or an agent, fails.">
        <Choice
          label="Watches"
          all="Macros and agents"
          value={search.primary}
          options={[
            { value: 'macro', label: 'Macros' },
            { value: 'agent', label: 'Agents' },
          ]}
          onChange={(primary) => change({ primary: primary === 'macro' || primary === 'agent' ? primary : undefined })}
          width={170}
        />
        <Choice
          label="Environment"
          all="All environments"
          value={search.environment}
          options={environments.data?.items.map(({ name }) => name) ?? []}
          onChange={(environment) => change({ environment })}
          width={170}
        />
        {addButton}
      </PageHead>
      <div className={classes['parts']}>
        <Policies search={search} />
        <Panel title="Last invocations" note="of every policy, the newest first" testId="fallback-invocations">
          <Invocations query={{}} empty="No fallback was invoked yet." />
        </Panel>
      </div>
    </>
  )
}

const addButton = (
  <LinkButton to="/fallbacks/new" leftSection={<Icon name="plus" size={14} />} data-testid="new-fallback">
    Add a fallback
  </LinkButton>
)

function Policies({ search }: { readonly search: FallbacksSearch }) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(fallbackQueries.list({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={280} />
  return (
    <Panel flush>
      {rows.length === 0 ? (
        <Empty title="Nothing takes over here yet" actions={addButton}>
          A fallback starts a macro by itself when a macro or an agent passes a line that you draw.
        </Empty>
      ) : (
        <DataTable
          label="Fallback policies"
          testId="fallback-table"
          columns={columns}
          rows={rows}
          rowId={({ policyId }) => policyId}
          onOpen={({ policyId }) => void navigate({ to: '/fallbacks/$policyId', params: { policyId } })}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
          rowHeight={42}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<FallbackPolicy>[] = [
  { id: 'state', header: 'State', cell: ({ row }) => <PolicyMark policy={row.original} />, meta: { width: '8.5rem' } },
  {
    id: 'name',
    header: 'Policy',
    cell: ({ row: { original } }) => (
      <Link to="/fallbacks/$policyId" params={{ policyId: original.policyId }} title={original.name}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'primary',
    header: 'Watches',
    cell: ({ row: { original } }) => {
      const text = `${original.primary.kind} ${original.primaryName ?? '?'}, ${original.environment}`
      return <span title={text}>{text}</span>
    },
    meta: { width: '20%', priority: 2 },
  },
  {
    id: 'lines',
    header: 'Gives way when it',
    cell: ({ row: { original } }) => {
      const text = lineWords(original.thresholds).join(', or ')
      return <span title={text}>{text}</span>
    },
    meta: { width: '22%', priority: 3 },
  },
  {
    id: 'fallbacks',
    header: 'Then',
    cell: ({ row: { original } }) => {
      const text = original.fallbacks.map(({ macro }) => macro).join(' → ')
      return <span title={text}>{text}</span>
    },
    meta: { width: '18%', priority: 4 },
  },
  {
    id: 'last',
    header: 'Last invoked',
    cell: ({ row: { original } }) => <Ago at={original.lastInvocation?.at ?? null} why="Never yet." />,
    meta: { width: '8rem', priority: 2 },
  },
]
