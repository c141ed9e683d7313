import type {
  Agent,
  AgentHealth,
  Because,
  FleetHealth,
  HealthFigures,
  HealthWindow,
  Release,
} from '@metaagent/contract'
import { wilsonInterval } from '../charts/wilson.ts'
import { type AgentSeed, agentSeeds } from './agent-seeds.ts'
import { iso, seeded, uuid } from './random.ts'

const shareOfWindow: Readonly<Record<HealthWindow, number>> = {
  '5m': 0.01,
  '1h': 0.06,
  '24h': 1,
  '7d': 6.4,
  '30d': 26,
  all: 41,
}

/** Figures of an agent in a window, from its seed. */
export function figuresOf(seed: AgentSeed, share: number): HealthFigures {
  const executions = Math.round(seed.executions * share)
  const finished = Math.max(0, executions - (executions > 20 ? 3 : 0))
  const successes = Math.round(finished * seed.rate)
  const interval = wilsonInterval(successes, finished)
  const cost = seed.costUsd === null || executions === 0 ? null : Math.round(seed.costUsd * share * 1e9)
  const ms = (factor: number) => (finished === 0 ? null : Math.round(seed.p95Ms * factor))
  return {
    executions,
    successes,
    failures: finished - successes,
    running: executions - finished > 0 ? 2 : 0,
    waiting: executions - finished > 0 ? 1 : 0,
    cancelled: 0,
    successRate: interval?.rate ?? null,
    successRateLow: interval?.low ?? null,
    successRateHigh: interval?.high ?? null,
    latencyP50Ms: ms(0.41),
    latencyP95Ms: ms(1),
    latencyP99Ms: ms(1.6),
    actions: executions * 14,
    actionErrors: Math.round(executions * 0.11),
    inputTokens: executions * 21_400,
    outputTokens: executions * 740,
    costNanoUsd: cost,
    unpricedCalls: Math.round(seed.unpriced * share),
    costPerSuccessNanoUsd: cost === null || successes === 0 ? null : Math.round(cost / successes),
  }
}

/** The agent of a seed. */
export function agentOf(index: number, nowMs: number): Agent {
  const seed = seedAt(index)
  return {
    agentId: uuid(index + 1),
    name: seed.name,
    domain: seed.domain,
    owner: seed.owner,
    description: index === 0 ? 'Solves mobile data, roaming and billing problems with customers on the phone.' : null,
    firstSeenAt: iso(nowMs - 41 * 86_400_000),
    lastSeenAt: seenAt(seed, nowMs),
    archivedAt: null,
    pausedAt: null,
    pausedBecause: null,
  }
}

/** The health of an agent in a window. */
export function healthOf(index: number, window: HealthWindow, environment: string | null, nowMs: number): AgentHealth {
  const seed = seedAt(index)
  const figures = figuresOf(seed, shareOfWindow[window] * (environment === 'staging' ? 0.1 : 1))
  const score =
    figures.successRate === null
      ? null
      : Math.round(
          Math.max(0, 100 * (1 - (0.98 - seed.rate) * 3.2 - Math.max(0, Math.log10(seed.p95Ms / 3000)) * 0.18)) * 10,
        ) / 10
  return {
    agentId: uuid(index + 1),
    agent: seed.name,
    domain: seed.domain,
    environment,
    window,
    state: figures.executions === 0 ? 'unknown' : seed.state,
    score: score === null ? null : Math.min(100, score),
    because: becauseOf(seed, figures),
    figures,
    lastExecutionAt: seenAt(seed, nowMs),
  }
}

/** The whole fleet with its totals. */
export function fleetOf(
  window: HealthWindow,
  environment: string | null,
  domain: string | null,
  nowMs: number,
): FleetHealth {
  const agents = agentSeeds
    .map((_, index) => healthOf(index, window, environment, nowMs))
    .filter((health) => domain === null || health.domain === domain)
  const all = agents.map(({ figures }) => figures)
  const sum = (of: (figures: HealthFigures) => number) => all.reduce((total, figures) => total + of(figures), 0)
  const interval = wilsonInterval(
    sum((f) => f.successes),
    sum((f) => f.successes + f.failures),
  )
  const base = figuresOf(seedAt(0), 1)
  const states = { healthy: 0, degraded: 0, failing: 0, silent: 0, unknown: 0 }
  for (const { state } of agents) states[state] += 1
  return {
    window,
    asOf: iso(nowMs),
    agents,
    states,
    totals: {
      ...base,
      executions: sum((f) => f.executions),
      successes: sum((f) => f.successes),
      failures: sum((f) => f.failures),
      running: sum((f) => f.running),
      waiting: sum((f) => f.waiting),
      successRate: interval?.rate ?? null,
      successRateLow: interval?.low ?? null,
      successRateHigh: interval?.high ?? null,
      latencyP50Ms: 1840,
      latencyP95Ms: 14_300,
      latencyP99Ms: 41_000,
      actions: sum((f) => f.actions),
      actionErrors: sum((f) => f.actionErrors),
      inputTokens: sum((f) => f.inputTokens),
      outputTokens: sum((f) => f.outputTokens),
      costNanoUsd: sum((f) => f.costNanoUsd ?? 0),
      unpricedCalls: sum((f) => f.unpricedCalls),
      costPerSuccessNanoUsd: 11_200_000,
    },
  }
}

/** Points of an agent between two times; a few are empty, and so unknown. */
export function seriesOf(index: number, fromMs: number, toMs: number) {
  const seed = seedAt(index)
  const steps = 48
  const stepMs = Math.max(60_000, Math.round((toMs - fromMs) / steps / 60_000) * 60_000)
  const random = seeded(index + 7)
  const points = []
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at < toMs; at += stepMs) {
    const load = 0.5 + 0.5 * Math.sin((at / 86_400_000) * 2 * Math.PI) + random() * 0.6
    const quiet = (seed.state === 'silent' && at > toMs - 412 * 60_000) || random() < 0.02
    const share = quiet ? 0 : (load / steps) * 0.9
    const rate = Math.min(
      1,
      Math.max(
        0.2,
        seed.rate + (random() - 0.5) * 0.08 - (seed.state === 'failing' && at > toMs - stepMs * 9 ? 0.2 : 0),
      ),
    )
    points.push({
      at: iso(at),
      figures: figuresOf({ ...seed, rate, p95Ms: seed.p95Ms * (0.8 + random() * 0.4) }, share),
    })
  }
  return { agentId: uuid(index + 1), stepSeconds: stepMs / 1000, points: seed.executions === 0 ? [] : points }
}

/** The releases of an agent, newest first. */
export function releasesOf(index: number, nowMs: number): readonly Release[] {
  const seed = seedAt(index)
  return seed.releases.map((name, age) => ({
    releaseId: uuid(1000 + index * 10 + age),
    agentId: uuid(index + 1),
    name,
    models: seed.name === 'contract-reviewer' ? ['ft:clauses-2'] : ['gpt-4.1-2025-04-14'],
    firstSeenAt: iso(nowMs - (age * 12 + 3) * 86_400_000),
    lastSeenAt: iso(nowMs - age * 11 * 86_400_000 - 60_000),
    executionCount: Math.round(seed.executions / (age + 1)),
  }))
}

function becauseOf(seed: AgentSeed, figures: HealthFigures): Because[] {
  if (figures.successRate === null || figures.successRateHigh === null) {
    return [
      {
        rule: 'nothing-finished',
        observed: 0,
        limit: 3,
        text: 'No execution finished in this window, so there is nothing to judge.',
      },
    ]
  }
  const high = `${(figures.successRateHigh * 100).toFixed(1)} %`
  const seconds = `${(seed.p95Ms / 1000).toFixed(1)} s`
  const first: Because =
    seed.state === 'silent'
      ? { rule: 'silent', observed: 412, limit: 60, text: 'Nothing was heard for 6.9 h; 1 h is the limit.' }
      : seed.state === 'failing'
        ? {
            rule: 'success-under-floor',
            observed: figures.successRateHigh,
            limit: 0.8,
            text: `Success is at most ${high} (95 % interval), under the floor of 80.0 %.`,
          }
        : seed.state === 'degraded'
          ? {
              rule: 'success-under-target',
              observed: figures.successRateHigh,
              limit: 0.98,
              text: `Success is at most ${high} (95 % interval), under the target of 98.0 %.`,
            }
          : {
              rule: 'nothing-proven',
              observed: figures.successRateHigh,
              limit: 0.98,
              text: `Success may be as high as ${high} (95 % interval): the target of 98.0 % is within reach.`,
            }
  return [
    first,
    {
      rule: 'success',
      observed: figures.successRate,
      limit: 0.98,
      text: `${(figures.successRate * 100).toFixed(1)} % of the finished executions succeeded; the target is 98.0 %.`,
    },
    {
      rule: 'latency-p95',
      observed: seed.p95Ms,
      limit: 3000,
      text: `The p95 duration is ${seconds}; the target is 3.0 s.`,
    },
    seed.costUsd === null
      ? {
          rule: 'cost-unknown',
          observed: null,
          limit: null,
          text: 'The cost is unknown, so it is left out of the score.',
        }
      : {
          rule: 'cost-per-success',
          observed: figures.costPerSuccessNanoUsd,
          limit: 50_000_000,
          text: 'The cost per success is within its target of $0.05.',
        },
  ]
}

function seedAt(index: number): AgentSeed {
  const seed = agentSeeds[index]
  if (seed === undefined) throw new RangeError(`the fixture has no agent ${index}`)
  return seed
}

function seenAt(seed: AgentSeed, nowMs: number): string | null {
  return seed.seenMinutesAgo === null ? null : iso(nowMs - seed.seenMinutesAgo * 60_000)
}
