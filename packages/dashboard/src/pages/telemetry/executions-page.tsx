import type { Execution } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { formatCount } from '../../format/number.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { executionColumns } from './execution-columns.tsx'
import { ExecutionFilters } from './execution-filters.tsx'
import classes from './executions-page.module.css'
import { ExportMenu } from './export-menu.tsx'
import type { ExecutionsSearch } from './search.ts'

/** Every execution, newest first, under filters that live in the address; more is fetched as one scrolls. */
export function ExecutionsPage() {
  const search = useSearch({ from: '/inside/executions' })
  const navigate = useNavigate({ from: '/executions' })
  const change = (values: { [Key in keyof ExecutionsSearch]?: ExecutionsSearch[Key] | undefined }) =>
    void navigate({ search: (before) => defined({ ...before, ...values }), replace: true })
  const { zone } = usePreferences()
  const list = useInfiniteQuery(queries.executions({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <>
      <PageHead title="Executions" tab="Executions" lead="One row for each run of an agent.">
        <ExportMenu rows={rows ?? []} zone={zone} />
      </PageHead>
      <ExecutionFilters search={search} onChange={change} />
      {list.error !== null && rows === undefined ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height="70vh" />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <NoExecutions filtered={Object.keys(search).length > 0} />
          ) : (
            <ExecutionTable rows={rows} onEnd={more} />
          )}
          <Foot shown={rows.length} list={list} onMore={more} />
        </Panel>
      )}
    </>
  )
}

function ExecutionTable({ rows, onEnd }: { readonly rows: readonly Execution[]; readonly onEnd: () => void }) {
  const navigate = useNavigate()
  const { zone } = usePreferences()
  const columns = useMemo(() => executionColumns(zone), [zone])
  return (
    <DataTable
      label="Executions"
      testId="execution-table"
      columns={columns}
      rows={rows}
      rowId={({ executionId }) => executionId}
      onOpen={({ executionId }) => void navigate({ to: '/executions/$executionId', params: { executionId } })}
      onEnd={onEnd}
    />
  )
}

function Foot({
  shown,
  list,
  onMore,
}: {
  readonly shown: number
  readonly list: { readonly hasNextPage: boolean; readonly isFetchingNextPage: boolean; readonly error: Error | null }
  readonly onMore: () => void
}) {
  if (list.error !== null) return <ProblemPanel error={list.error} compact onRetry={onMore} />
  if (shown === 0) return null
  return (
    <div className={classes['foot']} data-testid="execution-count">
      <span>
        {formatCount(shown)} shown{list.hasNextPage ? '' : ', that is all'}
      </span>
      {list.hasNextPage ? (
        <button type="button" onClick={onMore} disabled={list.isFetchingNextPage}>
          {list.isFetchingNextPage ? 'Loading …' : 'Load more'}
        </button>
      ) : null}
    </div>
  )
}

function NoExecutions({ filtered }: { readonly filtered: boolean }) {
  const navigate = useNavigate()
  if (!filtered) {
    return (
      <Empty title="No execution has been reported yet">Connect an agent, run it once, and its run shows here.</Empty>
    )
  }
  return (
    <Empty title="No execution fits these filters">
      <button
        type="button"
        className={classes['link']}
        onClick={() => void navigate({ to: '/executions', search: {} })}
      >
        Remove all filters
      </button>
    </Empty>
  )
}
