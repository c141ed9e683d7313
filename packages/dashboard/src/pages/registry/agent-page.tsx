import type { AgentHealth } from '@metaagent/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { useLiveFleet } from '../../app/use-live-fleet.ts'
import { HealthCharts } from '../../charts/health-charts.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { HealthMark } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { WindowSwitch } from '../../ui/window-switch.tsx'
import { DEFAULT_WINDOW } from '../health/search.ts'
import { drawnRange, seriesQuestion } from '../health/series-range.ts'
import { Tiles } from '../health/tiles.tsx'
import { DailyMetrics } from '../metrics/daily-metrics.tsx'
import { Suspicions } from '../risk/suspicions.tsx'
import classes from './agent-page.module.css'
import { EditAgent } from './edit-agent.tsx'
import { HealthCard } from './health-card.tsx'
import { PauseAgent } from './pause-agent.tsx'
import { RecentExecutions } from './recent-executions.tsx'
import { Releases } from './releases.tsx'
import type { AgentSearch } from './search.ts'

/** One agent: its state with every reason, its figures over time, its releases, its latest executions. */
export function AgentPage() {
  const { agentId } = useParams({ from: '/inside/agents/$agentId' })
  const search = useSearch({ from: '/inside/agents/$agentId' })
  const agent = useQuery(queries.agent(agentId))
  if (agent.error !== null) return <ProblemPanel error={agent.error} onRetry={() => void agent.refetch()} />
  return (
    <>
      <AgentHead agentId={agentId} search={search} />
      <AgentBody agentId={agentId} search={search} />
    </>
  )
}

const CHART_STEPS = 120

interface AgentPart {
  readonly agentId: string
  readonly search: AgentSearch
}

function AgentHead({ agentId, search }: AgentPart) {
  const agent = useQuery(queries.agent(agentId)).data
  const environments = useQuery(queries.environments())
  const releases = useQuery(queries.releases(agentId))
  const navigate = useNavigate({ from: '/agents/$agentId' })
  const change = (values: { [Key in keyof AgentSearch]?: AgentSearch[Key] | undefined }) =>
    void navigate({ search: (before) => defined({ ...before, ...values }), replace: true })
  return (
    <PageHead
      title={agent?.name ?? 'Agent'}
      tab={agent?.name ?? 'Agent'}
      lead={
        agent === undefined ? (
          ' '
        ) : (
          <>
            {agent.domain} · owner {agent.owner ?? 'nobody yet'} · last seen <Ago at={agent.lastSeenAt} />{' '}
            <EditAgent agent={agent} /> <PauseAgent agent={agent} />
            {agent.description === null ? null : <p>{agent.description}</p>}
          </>
        )
      }
    >
      <Choice
        label="Environment"
        all="All environments"
        value={search.environment}
        options={environments.data?.items.map(({ name }) => name) ?? []}
        onChange={(environment) => change({ environment })}
        width={160}
      />
      <Choice
        label="Release"
        all="All releases"
        value={search.release}
        options={releases.data?.items.map(({ name }) => name) ?? []}
        onChange={(release) => change({ release })}
        width={160}
      />
      <WindowSwitch
        value={search.window ?? DEFAULT_WINDOW}
        onChange={(window) => change({ window: window === DEFAULT_WINDOW ? undefined : window })}
      />
      <LinkButton to="/comparisons/new" search={{ agentId }} leftSection={<Icon name="compare" size={14} />}>
        Compare releases
      </LinkButton>
    </PageHead>
  )
}

function AgentBody({ agentId, search }: AgentPart) {
  const { health, error, refetch } = useAgentHealth(agentId, search)
  const window = search.window ?? DEFAULT_WINDOW
  if (error !== null) return <ProblemPanel error={error} onRetry={refetch} />
  if (health === undefined) return <Placeholder height="70vh" />
  return (
    <div className={classes['parts']}>
      <div className={classes['state']}>
        <HealthCard health={health} />
        <Tiles totals={health.figures} window={window} />
      </div>
      <Suspicions agentId={agentId} />
      <Charts health={health} search={search} />
      <DailyMetrics agentId={agentId} environment={search.environment} release={search.release} />
      <div className={classes['lists']}>
        <Releases agentId={agentId} />
        <RecentExecutions agentId={agentId} search={search} />
      </div>
    </div>
  )
}

/** Health from a request, replaced by what the live stream says of this agent; a single release is not in the stream. */
function useAgentHealth(agentId: string, { window = DEFAULT_WINDOW, environment, release }: AgentSearch) {
  const client = useQueryClient()
  const { live } = useLiveFleet({ window, ...(environment && { environment }) })
  const query = useQuery(queries.agentHealth(agentId, { window, environment, release }))
  const told = live.fleet?.agents.find((health) => health.agentId === agentId)
  const news = told === undefined ? null : `${told.lastExecutionAt} ${told.figures.executions} ${told.figures.running}`
  const [known, setKnown] = useState(news)
  useEffect(() => {
    if (news === null || news === known) return
    // One round of questions for all news of the last seconds: charts, releases, executions.
    const timer = setTimeout(
      () => {
        setKnown(news)
        void client.invalidateQueries({
          queryKey: ['agent', agentId],
          // The stream tells the health of all releases together, and only that.
          predicate: ({ queryKey }) => queryKey[2] !== 'health' || release !== undefined,
        })
        void client.invalidateQueries({ queryKey: ['executions'] })
      },
      known === null ? 0 : 5000,
    )
    return () => clearTimeout(timer)
  }, [client, agentId, release, news, known])
  return {
    health: release === undefined ? (told ?? query.data) : query.data,
    error: query.error,
    refetch: () => void query.refetch(),
  }
}

function Charts({ health, search }: { readonly health: AgentHealth; readonly search: AgentSearch }) {
  const window = search.window ?? DEFAULT_WINDOW
  const { environment, release } = search
  const [openedMs] = useState(() => Date.now())
  const latest = Math.max(openedMs, health.lastExecutionAt === null ? 0 : Date.parse(health.lastExecutionAt))
  const question = seriesQuestion(window, latest, CHART_STEPS)
  const series = useQuery(
    queries.agentSeries(health.agentId, { ...question.bounds, environment, release }, question.asOf),
  )
  if (series.error !== null) return <ProblemPanel error={series.error} onRetry={() => void series.refetch()} />
  if (series.data === undefined) return <Placeholder height={276} />
  if (series.data.points.length === 0) {
    return (
      <Panel>
        <Empty title="Nothing to draw in this window">
          <HealthMark state={health.state} /> Choose a longer window above.
        </Empty>
      </Panel>
    )
  }
  return <HealthCharts series={series.data} {...drawnRange(question, series.data)} />
}
