import type { Execution } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { queries } from '../../api/queries.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { ExportMenu } from '../../export/export-menu.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ViewsMenu } from '../views/views-menu.tsx'
import { executionColumns } from './execution-columns.tsx'
import { ExecutionFilters } from './execution-filters.tsx'
import classes from './executions-page.module.css'
import { ListFoot } from './list-foot.tsx'
import { type ExecutionsSearch, executionsSearch, filtersOf } from './search.ts'

/** Every execution, newest first, under filters that live in the address; more is fetched as one scrolls. */
export function ExecutionsPage() {
  const search = useSearch({ from: '/inside/executions' })
  const navigate = useNavigate({ from: '/executions' })
  const change = (values: { [Key in keyof ExecutionsSearch]?: ExecutionsSearch[Key] | undefined }) =>
    void navigate({ search: (before) => executionsSearch({ ...before, ...values }), replace: true })
  const filters = filtersOf(search)
  const list = useInfiniteQuery(queries.executions(filters))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <>
      <PageHead title="Executions" tab="Executions" lead="One row for each run of an agent.">
        <ViewsMenu
          page="executions"
          filters={filters}
          viewId={search.view}
          onOpen={(view) => void navigate({ search: executionsSearch({ ...view.filters, view: view.viewId }) })}
        />
        <ExportMenu list={{ path: '/executions', query: filters }} shown={rows?.length ?? 0} more={hasNextPage} />
      </PageHead>
      <ExecutionFilters search={search} onChange={change} />
      {list.error !== null && rows === undefined ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height="70vh" />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <NoExecutions filtered={Object.keys(filters).length > 0} words={search.q} />
          ) : (
            <ExecutionTable rows={rows} onEnd={more} />
          )}
          <ListFoot shown={rows.length} list={list} onMore={more} />
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

function NoExecutions({ filtered, words }: { readonly filtered: boolean; readonly words: string | undefined }) {
  const navigate = useNavigate()
  if (!filtered) {
    return (
      <Empty title="No execution has been reported yet">Connect an agent, run it once, and its run shows here.</Empty>
    )
  }
  return (
    <Empty title="No execution fits these filters">
      {words === undefined ? null : (
        <p>
          Words are looked for in what has ended, as they were stored: masked values are not found. <code>begin*</code>{' '}
          finds more than <code>begin</code>.
        </p>
      )}
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
