import { SegmentedControl, TextInput } from '@mantine/core'
import type { FleetHealth, HealthWindow } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useRef } from 'react'
import { defined } from '../../address/search.ts'
import type { LiveFleet } from '../../api/fleet-live.ts'
import { queries } from '../../api/queries.ts'
import { useShortcuts } from '../../app/shortcuts.tsx'
import { useLiveFleet } from '../../app/use-live-fleet.ts'
import { ExportMenu } from '../../export/export-menu.tsx'
import { plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { WindowSwitch } from '../../ui/window-switch.tsx'
import classes from './fleet-page.module.css'
import { fleetRows } from './fleet-rows.ts'
import { FleetTable } from './fleet-table.tsx'
import { GroupTable } from './group-table.tsx'
import { DEFAULT_WINDOW, type FleetSearch, windowWords } from './search.ts'
import { Tiles } from './tiles.tsx'

/** Every agent with its figures, or its domains and environments. It lives on the server's stream. */
export function FleetPage() {
  const search = useSearch({ from: '/inside/fleet' })
  const navigate = useNavigate({ from: '/fleet' })
  const window = search.window ?? DEFAULT_WINDOW
  const change = (values: { [Key in keyof FleetSearch]?: FleetSearch[Key] | undefined }) =>
    void navigate({ search: (before) => defined({ ...before, ...values }), replace: true })
  const { live, state, error, reopen } = useLiveFleet({ window, ...pick(search) })
  const { fleet } = live
  return (
    <>
      <PageHead
        title="Fleet"
        tab="Fleet"
        lead={
          fleet === null
            ? 'Every agent that reports here.'
            : `${plural(fleet.agents.length, 'agent')}, ${windowWords[window]}`
        }
      >
        <FleetFilters
          window={window}
          search={search}
          domains={fleet?.agents.map(({ domain }) => domain) ?? []}
          onChange={change}
        />
        <ExportMenu
          list={{ path: '/agents', query: defined({ q: search.q, domain: search.domain }) }}
          shown={fleet?.agents.length ?? 0}
          more={false}
          note="The registered agents with this name and domain, whatever their state"
        />
      </PageHead>
      {error === null || state === 'connecting' ? null : (
        <div className={classes['trouble']}>
          <ProblemPanel error={error} compact onRetry={state === 'refused' ? reopen : undefined} />
        </div>
      )}
      {live.unreadable === 0 ? null : (
        <p className={classes['trouble']} role="alert">
          {plural(live.unreadable, 'event')} of the live stream could not be read: the dashboard and the server may be
          of two versions. Reload the page.
        </p>
      )}
      {fleet === null ? (
        state === 'refused' ? null : (
          <Loading />
        )
      ) : fleet.agents.length === 0 && search.environment === undefined && search.domain === undefined ? (
        <NoAgents window={window} onWiden={() => change({ window: 'all' })} />
      ) : (
        <>
          <QuietWindow fleet={fleet} onWiden={() => change({ window: 'all' })} />
          <Tiles totals={fleet.totals} window={window} />
          {search.by === undefined ? (
            <AgentsPanel search={search} fleet={fleet} window={window} onChange={change} />
          ) : (
            <GroupsPanel search={search} by={search.by} groups={live.groups} onChange={change} />
          )}
        </>
      )}
    </>
  )
}

type Change = (values: { [Key in keyof FleetSearch]?: FleetSearch[Key] | undefined }) => void

function pick({ environment, domain }: FleetSearch) {
  return defined({ environment, domain })
}

function FleetFilters({
  window,
  search,
  domains,
  onChange,
}: {
  readonly window: HealthWindow
  readonly search: FleetSearch
  readonly domains: readonly string[]
  readonly onChange: Change
}) {
  const environments = useQuery(queries.environments())
  return (
    <>
      <Choice
        label="Environment"
        all="All environments"
        value={search.environment}
        options={environments.data?.items.map(({ name }) => name) ?? []}
        onChange={(environment) => onChange({ environment })}
        width={160}
      />
      <Choice
        label="Domain"
        all="All domains"
        value={search.domain}
        options={[...new Set(domains)].sort()}
        onChange={(domain) => onChange({ domain })}
        width={130}
      />
      <WindowSwitch
        value={window}
        onChange={(chosen) => onChange({ window: chosen === DEFAULT_WINDOW ? undefined : chosen })}
      />
    </>
  )
}

function AgentsPanel({
  search,
  fleet,
  window,
  onChange,
}: {
  readonly search: FleetSearch
  readonly fleet: NonNullable<ReturnType<typeof useLiveFleet>['live']['fleet']>
  readonly window: HealthWindow
  readonly onChange: Change
}) {
  const filter = useRef<HTMLInputElement>(null)
  useShortcuts([{ keys: '/', label: 'Filter the table', group: 'Table', run: () => filter.current?.focus() }])
  const rows = fleetRows(fleet.agents, search)
  return (
    <Panel
      title="Agents"
      note={rows.length === fleet.agents.length ? undefined : `${rows.length} of ${fleet.agents.length} shown`}
      flush
      actions={
        <div className={classes['filters']}>
          <GroupSwitch by={undefined} onChange={onChange} />
          <Choice
            label="State"
            all="All states"
            value={search.state}
            options={['failing', 'degraded', 'silent', 'healthy', 'unknown']}
            onChange={(state) =>
              onChange({
                state: (['failing', 'degraded', 'silent', 'healthy', 'unknown'] as const).find((s) => s === state),
              })
            }
            width={120}
          />
          <TextInput
            ref={filter}
            aria-label="Filter agents by name or domain"
            placeholder="Filter agents"
            leftSection={<Icon name="search" size={14} />}
            rightSection={<kbd>/</kbd>}
            defaultValue={search.q ?? ''}
            onChange={(event) =>
              onChange({ q: event.currentTarget.value === '' ? undefined : event.currentTarget.value })
            }
            onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
            w={200}
            data-testid="fleet-filter"
          />
        </div>
      }
    >
      {rows.length === 0 ? (
        <Empty title="No agent fits these filters">
          <Link to="/fleet" search={{}}>
            Show all agents
          </Link>
        </Empty>
      ) : (
        <FleetTable rows={rows} search={search} window={window} asOf={fleet.asOf} onChange={onChange} />
      )}
    </Panel>
  )
}

/** Whether agents, domains or environments stand in the table. */
function GroupSwitch({ by, onChange }: { readonly by: FleetSearch['by']; readonly onChange: Change }) {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Group by"
      data-testid="group-by"
      value={by ?? 'agent'}
      onChange={(chosen) => onChange({ by: chosen === 'domain' || chosen === 'environment' ? chosen : undefined })}
      data={[
        { value: 'agent', label: 'Agents' },
        { value: 'domain', label: 'Domains' },
        { value: 'environment', label: 'Environments' },
      ]}
    />
  )
}

function GroupsPanel({
  search,
  by,
  groups,
  onChange,
}: {
  readonly search: FleetSearch
  readonly by: 'domain' | 'environment'
  readonly groups: LiveFleet['groups']
  readonly onChange: Change
}) {
  const rows = by === 'domain' ? groups?.domains : groups?.environments
  return (
    <Panel
      title={by === 'domain' ? 'Domains' : 'Environments'}
      note="Figures are the sums of their agents, the state is that of the worst"
      flush
      actions={<GroupSwitch by={by} onChange={onChange} />}
    >
      {rows === undefined ? (
        <Placeholder height={240} />
      ) : rows.length === 0 ? (
        <Empty title="Nothing ran in this window">Choose a longer one above.</Empty>
      ) : (
        <GroupTable groups={rows} search={search} />
      )}
    </Panel>
  )
}

function Loading() {
  return (
    <>
      <Placeholder height={92} />
      <div style={{ height: 'var(--gap-4)' }} />
      <Placeholder height={420} />
    </>
  )
}

/** Old runs that were imported show in no short window; a page of dashes must say where they are. */
function QuietWindow({ fleet, onWiden }: { readonly fleet: FleetHealth; readonly onWiden: () => void }) {
  if (fleet.window === 'all' || fleet.totals.executions > 0) return null
  const last = fleet.agents
    .flatMap(({ lastExecutionAt }) => lastExecutionAt ?? [])
    .sort()
    .at(-1)
  if (last === undefined) return null
  return (
    <p className={classes['quiet']} role="status" data-testid="quiet-window">
      <Icon name="info" size={15} />
      <span>
        Nothing ran in the {windowWords[fleet.window]}. The last execution started <Ago at={last} />.
      </span>
      <button type="button" className={classes['link']} onClick={onWiden}>
        Look at all time
      </button>
    </p>
  )
}

function NoAgents({ window, onWiden }: { readonly window: HealthWindow; readonly onWiden: () => void }) {
  return (
    <Panel>
      <Empty
        title="No agent has reported yet"
        actions={
          <Link to="/settings/connect" className={classes['call']}>
            Connect an agent in 60 seconds
          </Link>
        }
      >
        <p>Agents appear here by themselves as soon as they send their first execution.</p>
        {window === 'all' ? null : (
          <p>
            Nothing was seen in the {windowWords[window]}.{' '}
            <button type="button" className={classes['link']} onClick={onWiden}>
              Look at all time
            </button>
          </p>
        )}
      </Empty>
    </Panel>
  )
}
