import type { Session } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { queries } from '../../api/queries.ts'
import { sessionQueries } from '../../api/sessions.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { ExportMenu } from '../../export/export-menu.tsx'
import { Choice } from '../../ui/choice.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ListFoot } from '../telemetry/list-foot.tsx'
import { TimeInput } from '../telemetry/time-input.tsx'
import { ViewsMenu } from '../views/views-menu.tsx'
import { type SessionsSearch, sessionFiltersOf, sessionsSearch } from './search.ts'
import { sessionColumns } from './session-columns.tsx'
import classes from './sessions.module.css'

/** Executions by conversation, the one that ran last first, under filters that live in the address. */
export function SessionsPage() {
  const search = useSearch({ from: '/inside/sessions' })
  const navigate = useNavigate({ from: '/sessions' })
  const filters = sessionFiltersOf(search)
  const list = useInfiniteQuery(sessionQueries.list(filters))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <>
      <PageHead title="Sessions" tab="Sessions" lead="Runs that belong to one conversation.">
        <ViewsMenu
          page="sessions"
          filters={filters}
          viewId={search.view}
          onOpen={(view) => void navigate({ search: sessionsSearch({ ...view.filters, view: view.viewId }) })}
        />
        <ExportMenu list={{ path: '/sessions', query: filters }} shown={rows?.length ?? 0} more={hasNextPage} />
      </PageHead>
      <SessionFilters
        search={search}
        onChange={(values) =>
          void navigate({ search: (before) => sessionsSearch({ ...before, ...values }), replace: true })
        }
      />
      {list.error !== null && rows === undefined ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height="70vh" />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <NoSessions filtered={Object.keys(filters).length > 0} />
          ) : (
            <SessionTable rows={rows} onEnd={more} />
          )}
          <ListFoot shown={rows.length} list={list} onMore={more} />
        </Panel>
      )}
    </>
  )
}

type Change = (values: { readonly [Key in keyof SessionsSearch]?: SessionsSearch[Key] | undefined }) => void

function SessionFilters({ search, onChange }: { readonly search: SessionsSearch; readonly onChange: Change }) {
  const agents = useQuery(queries.agents({}))
  const environments = useQuery(queries.environments())
  return (
    <div role="search" className={classes['filters']}>
      <Choice
        label="Agent"
        all="All agents"
        value={search.agentId}
        options={agents.data?.items.map(({ agentId, name }) => ({ value: agentId, label: name })) ?? []}
        onChange={(agentId) => onChange({ agentId })}
        width={180}
      />
      <Choice
        label="Environment"
        all="All environments"
        value={search.environment}
        options={environments.data?.items.map(({ name }) => name) ?? []}
        onChange={(environment) => onChange({ environment })}
      />
      <TimeInput label="From" value={search.from} onCommit={(from) => onChange({ from })} />
      <TimeInput label="To" value={search.to} onCommit={(to) => onChange({ to })} />
    </div>
  )
}

function SessionTable({ rows, onEnd }: { readonly rows: readonly Session[]; readonly onEnd: () => void }) {
  const navigate = useNavigate()
  const { zone } = usePreferences()
  const columns = useMemo(() => sessionColumns(zone), [zone])
  return (
    <DataTable
      label="Sessions"
      testId="session-table"
      columns={columns}
      rows={rows}
      rowId={({ conversationId }) => conversationId}
      onOpen={({ conversationId }) => void navigate({ to: '/sessions/$conversationId', params: { conversationId } })}
      onEnd={onEnd}
    />
  )
}

function NoSessions({ filtered }: { readonly filtered: boolean }) {
  if (filtered)
    return (
      <Empty title="No session fits these filters">
        <Link to="/sessions" search={{}}>
          Remove all filters
        </Link>
      </Empty>
    )
  return (
    <Empty title="No run has named its conversation yet">
      Agents that report a conversation id (<code>conversationId</code>, or <code>gen_ai.conversation.id</code> in
      OpenTelemetry) have their runs shown here together.
    </Empty>
  )
}
