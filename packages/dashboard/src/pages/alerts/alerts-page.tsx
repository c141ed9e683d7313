import { Button, Checkbox } from '@mantine/core'
import { type Alert, AlertSeverity } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { createContext, use, useCallback, useMemo, useState } from 'react'
import { defined, oneOf } from '../../address/search.ts'
import { alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { ExportMenu } from '../../export/export-menu.tsx'
import { plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { LabelSet, SeverityMark, StateMark } from './faces.tsx'
import { titleOf, useLiveInbox } from './live-inbox.ts'
import { type Deed, RespondDialog } from './respond-dialog.tsx'
import { inboxStates } from './search.ts'
import { AlertTabs } from './tabs.tsx'

/** What fires, since when and why; what was taken into somebody's hands; what is over. It lives on the server's stream. */
export function AlertsPage() {
  const search = useSearch({ from: '/inside/alerts' })
  const { state, error, reopen, news } = useLiveInbox()
  const list = useInfiniteQuery(alertQueries.list({ state: 'active', ...search }))
  const items = list.data?.pages.flatMap((page) => page.items)
  const counts = list.data?.pages[0]?.counts
  const lead =
    counts === undefined
      ? 'What needs a person, with its reason.'
      : `${counts.firing} firing, ${counts.acknowledged} acknowledged, ${counts.pending} pending.`
  return (
    <>
      <PageHead title="Alerts" tab="Alerts" lead={lead}>
        <Filters />
        <ExportMenu
          list={{ path: '/alerts', query: { state: 'active', ...search } }}
          shown={items?.length ?? 0}
          more={list.hasNextPage}
        />
      </PageHead>
      <AlertTabs />
      {error === null || state === 'connecting' ? null : (
        <ProblemPanel error={error} compact onRetry={state === 'refused' ? reopen : undefined} />
      )}
      <p className={classes['news']} role="status" data-testid="inbox-news">
        {news?.text}
      </p>
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : items === undefined ? (
        <Placeholder height={320} />
      ) : items.length === 0 ? (
        <Empty title="Nothing here" actions={<LinkButton to="/alerts/rules">To the rules</LinkButton>}>
          {Object.keys(search).length === 0
            ? 'No alert is open. Rules say what would be one.'
            : search.state === undefined
              ? 'No open alert fits these filters.'
              : 'No alert is in this state.'}
        </Empty>
      ) : (
        <Inbox items={items} onEnd={() => list.hasNextPage && void list.fetchNextPage()} />
      )}
    </>
  )
}

function Filters() {
  const search = useSearch({ from: '/inside/alerts' })
  const navigate = useNavigate()
  const agents = useQuery(queries.agents({}))
  const choose = (change: Readonly<Record<string, string | undefined>>) => {
    const next = { ...search, ...change }
    const state = oneOf(next.state, inboxStates)
    const severity = oneOf(next.severity, AlertSeverity.options)
    void navigate({ to: '/alerts', search: defined({ state, severity, agent: next.agent }), replace: true })
  }
  return (
    <>
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
      <Choice
        label="Agent"
        all="All agents"
        value={search.agent}
        options={agents.data?.items.map(({ name }) => name) ?? []}
        onChange={(agent) => choose({ agent })}
        width={170}
      />
    </>
  )
}

interface Chosen {
  readonly ids: ReadonlySet<string>
  readonly toggle: (alertId: string) => void
}

// Cells read it from here: as an input of the columns it would build every cell anew.
const ChosenContext = createContext<Chosen>({ ids: new Set(), toggle: () => undefined })

function Inbox({ items, onEnd }: { readonly items: readonly Alert[]; readonly onEnd: () => void }) {
  const navigate = useNavigate()
  const me = useQuery(queries.me())
  const mayRespond = me.data?.scopes.includes('alerts:respond') === true
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<{ readonly deed: Deed; readonly alerts: readonly Alert[] } | null>(null)
  const [told, setTold] = useState<string | null>(null)
  const toggle = useCallback(
    (alertId: string) =>
      setIds((before) =>
        before.has(alertId) ? new Set([...before].filter((id) => id !== alertId)) : new Set([...before, alertId]),
      ),
    [],
  )
  const open = useCallback(
    ({ alertId }: Alert) => void navigate({ to: '/alerts/$alertId', params: { alertId } }),
    [navigate],
  )
  const chosen = items.filter(({ alertId, state }) => ids.has(alertId) && state !== 'resolved')
  const context = useMemo(() => ({ ids, toggle }), [ids, toggle])
  const ask = (deed: Deed, row: Alert | null) => {
    const alerts = chosen.length > 0 ? chosen : row === null ? [] : [row]
    const able = alerts.filter(({ state }) => state !== 'resolved' && (deed === 'silence' || state === 'firing'))
    if (able.length > 0) setAsked({ deed, alerts: able })
    else setTold(deed === 'acknowledge' ? 'Only a firing alert can be acknowledged.' : 'This alert is over already.')
  }
  const rowKeys = [
    { keys: 'x', label: 'Choose the row', run: (row: Alert) => toggle(row.alertId) },
    { keys: 'a', label: 'Acknowledge the chosen, or the row', run: (row: Alert) => ask('acknowledge', row) },
    { keys: 's', label: 'Silence the chosen, or the row', run: (row: Alert) => ask('silence', row) },
  ]
  const firing = items.filter(({ state }) => state === 'firing')
  return (
    <Panel
      flush
      title={plural(items.length, 'alert')}
      note={mayRespond ? 'j and k walk, x chooses, a acknowledges, s silences, Enter opens' : undefined}
      actions={
        mayRespond ? (
          <div className={classes['buttons']}>
            <span className="soft" role="status" data-testid="inbox-told">
              {chosen.length > 0 ? `${chosen.length} chosen` : told}
            </span>
            {chosen.length > 0 ? (
              <>
                <Button variant="default" onClick={() => setIds(new Set())}>
                  Choose none
                </Button>
                <Button variant="default" onClick={() => ask('silence', null)} data-testid="silence-chosen">
                  Silence
                </Button>
                <Button onClick={() => ask('acknowledge', null)} data-testid="acknowledge-chosen">
                  Acknowledge
                </Button>
              </>
            ) : firing.length > 0 ? (
              <Button
                variant="default"
                onClick={() => setIds(new Set(firing.map(({ alertId }) => alertId)))}
                data-testid="choose-firing"
              >
                Choose all that fire
              </Button>
            ) : null}
          </div>
        ) : undefined
      }
    >
      <ChosenContext value={context}>
        <DataTable
          label="Alerts"
          testId="alert-table"
          columns={mayRespond ? columnsWithChoice : columns}
          rows={items}
          rowId={({ alertId }) => alertId}
          rowHeight={52}
          onOpen={open}
          onEnd={onEnd}
          {...(mayRespond ? { rowKeys } : {})}
        />
      </ChosenContext>
      {asked === null ? null : (
        <RespondDialog
          {...asked}
          onDone={(done) => {
            setAsked(null)
            if (done === null) return
            setTold(done)
            setIds(new Set())
          }}
        />
      )}
    </Panel>
  )
}

function Choose({ alert }: { readonly alert: Alert }) {
  const { ids, toggle } = use(ChosenContext)
  return (
    <Checkbox
      aria-label={`Choose ${titleOf(alert)}`}
      checked={ids.has(alert.alertId)}
      disabled={alert.state === 'resolved'}
      onChange={() => toggle(alert.alertId)}
    />
  )
}

const columns: readonly DataColumn<Alert>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => <StateMark state={original.state} />,
    meta: { width: '8.5rem' },
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
      <div className={classes['told']}>
        <strong className="truncate">{titleOf(original)}</strong>
        <LabelSet labels={original.labels} />
      </div>
    ),
    meta: {},
  },
  {
    id: 'because',
    header: 'Because',
    cell: ({ row: { original } }) => (
      <span className="truncate" title={original.because.text}>
        {original.because.text}
      </span>
    ),
    meta: { width: '34%', priority: 2 },
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

const columnsWithChoice: readonly DataColumn<Alert>[] = [
  {
    id: 'choose',
    header: () => <span className="visually-hidden">Chosen</span>,
    cell: ({ row: { original } }) => <Choose alert={original} />,
    meta: { width: '2.75rem' },
  },
  ...columns,
]
