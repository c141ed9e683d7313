import type { Agent, AgentHealth, FleetGroups, FleetHealth, HealthSeries, HealthWindow } from '@metaagent/contract'
import type { z } from 'zod'
import { addMs, type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { tunableValues } from '../../../govern/tunables/index.ts'
import { agentById, allAgents, releaseByName } from '../../registry/index.ts'
import { openCounts } from '../../telemetry/index.ts'
import { addSums, coverOf, figuresOf, noSums, type RollupSums, seriesStep } from '../model/figures.ts'
import { countStates, judgeGroups, type Member } from '../model/groups.ts'
import { byUrgency, type HealthPolicy, judgeHealth } from '../model/score.ts'
import * as store from '../store.ts'

export interface FleetQuestion {
  readonly window: HealthWindow
  readonly environment?: string | undefined
  readonly domain?: string | undefined
}

interface OpenCount {
  readonly running: number
  readonly waiting: number
}

const noneOpen: OpenCount = { running: 0, waiting: 0 }

/** The lines that this organization measures health against, from its tunables. */
export async function healthPolicy(deps: Deps, tx: Tx): Promise<HealthPolicy> {
  const values = await tunableValues(deps, tx, [
    'health.success_target',
    'health.latency_p95_target_ms',
    'health.cost_per_success_target_nano_usd',
    'health.silent_after_minutes',
  ])
  const [successTarget = 0, latencyP95TargetMs = 0, costPerSuccessTargetNanoUsd = 0, silentAfter = 0] =
    values.map(Number)
  return { successTarget, latencyP95TargetMs, costPerSuccessTargetNanoUsd, silentAfterMs: 60_000 * silentAfter }
}

/** The whole fleet in one window: every agent that is not archived, the most urgent first. Reads rollups only. */
export async function fleetHealth(deps: Deps, tx: Tx, question: FleetQuestion): Promise<FleetHealth> {
  return (await fleetPicture(deps, tx, question)).fleet
}

/** The fleet by agent, by domain and by environment, out of the same sums. */
export interface FleetPicture {
  readonly fleet: FleetHealth
  readonly groups: FleetGroups
}

/** The whole fleet in one window, and its domains and environments. */
export async function fleetPicture(deps: Deps, tx: Tx, question: FleetQuestion): Promise<FleetPicture> {
  const now = deps.clock.now()
  const policy = await healthPolicy(deps, tx)
  const filter = { agentId: null, environment: question.environment ?? null, releaseId: null }
  const agents = (await allAgents(deps, tx)).filter(
    (agent) => agent.archivedAt === null && (question.domain === undefined || agent.domain === question.domain),
  )
  const parts = await store.sumsByAgentAndEnvironment(tx, filter, coverOf(question.window, now))
  const byAgent = Map.groupBy(parts, ({ agentId }) => agentId)
  const sums = new Map([...byAgent].map(([agentId, own]) => [agentId, own.map((part) => part.sums).reduce(addSums)]))
  const open = await openCounts(deps, tx)
  const heard = await store.lastHeard(tx, null)
  const judge = (agent: Agent, ofAgent: RollupSums, running: OpenCount, environment: string | undefined): Member => {
    const lastExecutionAt = heard.get(agent.agentId) ?? null
    const asked = { ...question, environment }
    const about = { agent, sums: ofAgent, open: running, lastExecutionAt, policy, now, question: asked }
    return { sums: ofAgent, health: agentHealthOf(about) }
  }
  const members = agents.map((agent) =>
    judge(agent, sums.get(agent.agentId) ?? noSums, open.get(agent.agentId) ?? noneOpen, question.environment),
  )
  // Runs that are open are not counted by environment.
  const inEnvironments = agents.flatMap((agent) =>
    (byAgent.get(agent.agentId) ?? []).map((part) => ({
      name: part.environment,
      member: judge(agent, part.sums, noneOpen, part.environment),
    })),
  )
  const context = { window: question.window, policy, now }
  const domains = judgeGroups(
    'domain',
    members.map((member) => ({ name: member.health.domain, member })),
    context,
  )
  const environments = judgeGroups('environment', inEnvironments, context)
  const judged = members.map(({ health }) => health).sort(byUrgency)
  const asked = { window: question.window, asOf: toIso(now) }
  return {
    fleet: { ...asked, agents: judged, totals: totalFigures(agents, sums, open), states: countStates(judged) },
    groups: { ...asked, domains, environments },
  }
}

function totalFigures(
  agents: readonly Agent[],
  sums: ReadonlyMap<string, RollupSums>,
  open: ReadonlyMap<string, OpenCount>,
) {
  const total = agents.reduce((all, agent) => addSums(all, sums.get(agent.agentId) ?? noSums), noSums)
  const waiting = agents.reduce((all, agent) => all + (open.get(agent.agentId)?.waiting ?? 0), 0)
  const running = agents.reduce((all, agent) => all + (open.get(agent.agentId)?.running ?? 0), 0)
  return figuresOf(total, { running, waiting })
}

function agentHealthOf(input: {
  readonly agent: Agent
  readonly sums: RollupSums
  readonly open: OpenCount
  readonly lastExecutionAt: Instant | null
  readonly policy: HealthPolicy
  readonly now: Instant
  readonly question: FleetQuestion
}): AgentHealth {
  const figures = figuresOf(input.sums, input.open)
  const { window } = input.question
  const verdict = judgeHealth({
    figures,
    lastExecutionAt: input.lastExecutionAt,
    policy: input.policy,
    now: input.now,
    silenceCounts: window !== 'all' && window !== '30d',
  })
  return {
    agentId: input.agent.agentId,
    agent: input.agent.name,
    domain: input.agent.domain,
    environment: input.question.environment ?? null,
    window: input.question.window,
    state: verdict.state,
    score: verdict.score,
    because: [...verdict.because],
    figures,
    lastExecutionAt: input.lastExecutionAt === null ? null : toIso(input.lastExecutionAt),
  }
}

/** One agent in one window, optionally one environment or release of it. */
export async function agentHealth(
  deps: Deps,
  tx: Tx,
  agentId: string,
  question: FleetQuestion & { readonly release?: string | undefined },
): Promise<Result<AgentHealth>> {
  const agent = await agentById(deps, tx, agentId)
  if (agent === null) return refuse('not-found', 'There is no agent with this id. GET /api/v1/agents lists them.')
  const release = await releaseFilter(deps, tx, agentId, question.release)
  if (!release.ok) return release
  const now = deps.clock.now()
  const filter = { agentId, environment: question.environment ?? null, releaseId: release.value }
  const sums = (await store.sumsByAgent(tx, filter, coverOf(question.window, now))).get(agentId) ?? noSums
  const open = (await openCounts(deps, tx)).get(agentId) ?? noneOpen
  const lastExecutionAt = (await store.lastHeard(tx, agentId)).get(agentId) ?? null
  const policy = await healthPolicy(deps, tx)
  return ok(agentHealthOf({ agent, sums, open, lastExecutionAt, policy, now, question }))
}

async function releaseFilter(
  deps: Deps,
  tx: Tx,
  agentId: string,
  name: string | undefined,
): Promise<Result<string | null>> {
  if (name === undefined) return ok(null)
  const release = await releaseByName(deps, tx, agentId, name)
  return release === null
    ? refuse('not-found', `The agent has no release "${name}". GET /api/v1/agents/${agentId}/releases lists them.`)
    : ok(release.releaseId)
}

export interface SeriesQuestion {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly environment?: string | undefined
  readonly release?: string | undefined
}

/**
 * Figures over time for charts, gaps included as steps without executions. Without bounds: all that the agent has, so
 * that imported history shows at once.
 */
export async function healthSeries(
  deps: Deps,
  tx: Tx,
  agentId: string,
  question: SeriesQuestion,
): Promise<Result<z.infer<typeof HealthSeries>>> {
  if ((await agentById(deps, tx, agentId)) === null)
    return refuse('not-found', 'There is no agent with this id. GET /api/v1/agents lists them.')
  const release = await releaseFilter(deps, tx, agentId, question.release)
  if (!release.ok) return release
  const known = await store.rollupRange(tx, agentId)
  const until = instantOf(question.to) ?? known?.until ?? deps.clock.now()
  const from = instantOf(question.from) ?? known?.from ?? addMs(until, -86_400_000)
  if (from >= until) return refuse('invalid-query', '`from` must lie before `to`.')
  const { grain, stepSeconds } = seriesStep(from, until)
  const stepMs = stepSeconds * 1000
  const first = instantFromEpochMs(Math.floor(from / stepMs) * stepMs)
  const filter = { agentId, environment: question.environment ?? null, releaseId: release.value }
  const sums = await store.sumsByStep(tx, filter, { from: first, until, grain, stepSeconds })
  return ok({ agentId, stepSeconds, points: pointsOf(sums, first, until, stepMs) })
}

const pointsMax = 1_000

function pointsOf(sums: ReadonlyMap<number, RollupSums>, from: Instant, until: Instant, stepMs: number) {
  const known = [...sums.keys()].sort((a, b) => a - b)
  // Years of silence would be thousands of empty steps: then only the steps with executions are told.
  const steps = (until - from) / stepMs > pointsMax ? known : stepsBetween(from, until, stepMs)
  return steps.map((at) => ({
    at: toIso(instantFromEpochMs(at)),
    figures: figuresOf(sums.get(at) ?? noSums, noneOpen),
  }))
}

function stepsBetween(from: Instant, until: Instant, stepMs: number): readonly number[] {
  const steps: number[] = []
  for (let at: number = from; at < until; at += stepMs) steps.push(at)
  return steps
}

function instantOf(iso: string | undefined): Instant | null {
  return iso === undefined ? null : instantFromEpochMs(Date.parse(iso))
}
