import { SegmentedControl } from '@mantine/core'
import { HealthState, type Overview, OverviewWindow } from '@metaagent/contract'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { plural } from '../../format/number.ts'
import { HealthMark } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { windowWords } from '../health/search.ts'
import { Tiles } from '../health/tiles.tsx'
import { BurningPanel } from './burning.tsx'
import { ChangesPanel } from './changes.tsx'
import classes from './overview.module.css'
import { useLiveOverview } from './use-live-overview.ts'
import { Waiting } from './waiting.tsx'
import { WorstAgents } from './worst-agents.tsx'

/** The home page: which agent fails, what it costs and why, what burns, and what changed before. */
export function OverviewPage() {
  const { window = '24h' } = useSearch({ from: '/inside/' })
  const navigate = useNavigate()
  const { overview, state, error, unreadable, reopen } = useLiveOverview(window)
  const choose = (chosen: string) => {
    const next = OverviewWindow.catch('24h').parse(chosen)
    void navigate({ to: '/', search: next === '24h' ? {} : { window: next }, replace: true })
  }
  return (
    <>
      <PageHead
        title="Overview"
        tab="Overview"
        lead={overview === null ? 'What needs you now, and why.' : lead(overview)}
      >
        <SegmentedControl
          size="xs"
          aria-label="Time window"
          data-testid="overview-window"
          value={window}
          onChange={choose}
          data={OverviewWindow.options.map((value) => ({ value, label: value }))}
        />
      </PageHead>
      {error === null || state === 'connecting' ? null : (
        <div className={classes['trouble']}>
          <ProblemPanel error={error} compact onRetry={state === 'refused' ? reopen : undefined} />
        </div>
      )}
      {unreadable ? (
        <p className={classes['trouble']} role="alert">
          What the server sent could not be read: the dashboard and the server may be of two versions. Reload the page.
        </p>
      ) : null}
      {overview !== null ? (
        <Parts overview={overview} />
      ) : state === 'refused' || unreadable ? null : (
        <div className={classes['stack']}>
          <Placeholder height={92} />
          <Placeholder height={220} />
          <Placeholder height={320} />
        </div>
      )}
    </>
  )
}

function lead({ fleet, window }: Overview): string {
  const agents = Object.values(fleet.states).reduce<number>((sum, count) => sum + (count ?? 0), 0)
  return `${plural(agents, 'agent')}, ${windowWords[window]}`
}

function Parts({ overview }: { readonly overview: Overview }) {
  const { fleet, window } = overview
  if (Object.values(fleet.states).every((count) => (count ?? 0) === 0)) return <NoAgents />
  return (
    <div className={classes['stack']}>
      <States overview={overview} />
      <Tiles totals={fleet.totals} window={window} />
      <div className={classes['pair']}>
        <WorstAgents agents={fleet.worst} states={fleet.states} window={window} />
        <BurningPanel overview={overview} />
      </div>
      <div className={classes['pair']} data-wide="true">
        <ChangesPanel overview={overview} />
        <Waiting totals={fleet.totals} />
      </div>
    </div>
  )
}

/** How many agents are in each state; each number leads to them. */
function States({ overview: { fleet, window } }: { readonly overview: Overview }) {
  return (
    <ul className={classes['states']} aria-label="Agents by state" data-testid="states">
      {HealthState.options.map((state) => {
        const count = fleet.states[state] ?? 0
        const search = { state, ...(window === '24h' ? {} : { window }) }
        return (
          <li key={state} data-none={count === 0}>
            <Link to="/fleet" search={search}>
              <b>{count}</b> <HealthMark state={state} />
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

function NoAgents() {
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
        Agents appear here by themselves as soon as they send their first execution.
      </Empty>
    </Panel>
  )
}
