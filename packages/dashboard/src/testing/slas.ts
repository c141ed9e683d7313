import type { AgentPerformance, DayFigures, Sla, SlaBurnSeries, SlaCompliance, SlaReport } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

const DAY = 864e5

const figures = (successes: number, failures: number): DayFigures => ({
  executions: successes + failures,
  successes,
  failures,
  cancelled: 0,
  successRate: successes / (successes + failures),
  successRateLow: 0.8,
  successRateHigh: 0.99,
  latencyP50Ms: 900,
  latencyP95Ms: 2_400,
  latencyP99Ms: 4_000,
  costNanoUsd: 4e8,
  costPerSuccessNanoUsd: 4e6,
  inputTokens: 90_000,
  outputTokens: 9_000,
  actions: 500,
  actionErrors: 3,
  llmCalls: 300,
  toolCalls: 200,
  toolErrors: 3,
  pricedCalls: 300,
  unpricedCalls: 0,
})

/** Three days of an agent, the last one worse than usual. */
export function performanceOf(agentId: string, nowMs: number): AgentPerformance {
  const dayAt = (days: number) => iso(nowMs - days * DAY).slice(0, 10)
  const because = {
    rule: 'success-under-usual',
    observed: 0.8,
    limit: 0.97,
    text: '80.0 % succeeded, usually 97.0 % do.',
  }
  const steady = { rule: 'as-fast-as-usual', observed: 2_400, limit: 2_400, text: 'As fast as usual.' }
  const unknown = {
    rule: 'nothing-to-compare',
    observed: null,
    limit: null,
    text: 'The cost is not known on both sides.',
  }
  return {
    agentId,
    timeZone: 'UTC',
    days: [2, 1, 0].map((days) => ({
      day: dayAt(days),
      startsAt: `${dayAt(days)}T00:00:00.000Z`,
      isOver: days > 0,
      figures: days === 1 ? figures(80, 20) : figures(97, 3),
    })),
    latest: dayAt(1),
    baselines: [7, 28].map((days) => ({
      days: days === 7 ? (7 as const) : (28 as const),
      from: dayAt(1 + days),
      to: dayAt(2),
      figures: figures(97, 3),
    })),
    trend: [
      { figure: 'successRate', verdict: 'worse', because },
      { figure: 'latencyP95Ms', verdict: 'steady', because: steady },
      { figure: 'costPerSuccessNanoUsd', verdict: 'unknown', because: unknown },
    ],
  }
}

const stateOf = (bad: number): SlaCompliance['state'] => (bad > 20 ? 'breached' : bad > 10 ? 'burning' : 'met')

function complianceOf(bad: number, nowMs: number, daysAgo: number): SlaCompliance {
  const state = stateOf(bad)
  return {
    periodStart: iso(nowMs - daysAgo * DAY).slice(0, 10),
    from: iso(nowMs - (30 + daysAgo) * DAY),
    until: iso(nowMs - daysAgo * DAY),
    state,
    version: 1,
    objective: 0.98,
    good: 1_000 - bad,
    bad,
    unknown: 0,
    attainment: (1_000 - bad) / 1_000,
    budget: {
      total: 20,
      spent: bad,
      remaining: 20 - bad,
      remainingShare: (20 - bad) / 20,
      exhaustionAt: state === 'burning' ? iso(nowMs + 2 * DAY) : null,
    },
    isClosed: daysAgo > 0,
    judgedAt: iso(nowMs - 4_000),
    because: {
      rule: state === 'breached' ? 'budget-overspent' : 'within-objective',
      observed: (1_000 - bad) / 1_000,
      limit: 0.98,
      text: `${bad} of 1000 events were bad; 20.0 may be.`,
    },
  }
}

function slaOf(number: number, nowMs: number): Sla {
  const bad = [30, 15, 4][number] ?? 0
  const alert = { severity: 'page' as const, longMinutes: 60, shortMinutes: 5, threshold: 14.4 }
  const firing = stateOf(bad) === 'burning'
  return {
    slaId: uuid(700 + number),
    version: 1,
    name: ['Answers are right', 'Answers are quick', 'Answers are cheap'][number] ?? 'Service level',
    description: null,
    indicator: (
      [{ kind: 'success' }, { kind: 'latency', thresholdMs: 3_000 }, { kind: 'cost', limitNanoUsd: 5e7 }] as const
    )[number] ?? { kind: 'success' },
    scope: { agentId: null, domain: null, environment: number === 0 ? 'production' : null },
    agent: null,
    objective: 0.98,
    window: number === 2 ? { kind: 'calendar', period: 'month' } : { kind: 'rolling', days: 30 },
    burnAlerts: [alert],
    minimumBadEvents: 5,
    exclusions: [],
    enabled: true,
    createdAt: iso(nowMs - 40 * DAY),
    changedAt: iso(nowMs - 40 * DAY),
    changedBy: `user:${uuid(1)}`,
    archivedAt: null,
    compliance: complianceOf(bad, nowMs, 0),
    burn: [
      {
        ...alert,
        longRate: firing ? 15.2 : 0.4,
        shortRate: firing ? 20 : 0,
        longBad: bad,
        firing,
        because: {
          rule: 'burning',
          observed: 15.2,
          limit: 14.4,
          text: 'The budget burns 15.2 over 1 h and 20 over 5 min.',
        },
      },
    ],
  }
}

function burnOf(slaId: string, nowMs: number): SlaBurnSeries {
  const points = Array.from({ length: 30 }, (_, step) => ({
    at: iso(nowMs - (30 - step) * DAY),
    good: 30,
    bad: 1,
    burnRate: 1.6,
    spentShare: (step + 1) / 20,
  }))
  return { slaId, from: iso(nowMs - 30 * DAY), until: iso(nowMs), stepSeconds: 86_400, points }
}

function reportOf(slaId: string, month: string, nowMs: number): SlaReport {
  const sla = slaOf(0, nowMs)
  const isOver = month < iso(nowMs).slice(0, 7)
  return {
    facts: {
      slaId,
      name: sla.name,
      month,
      timeZone: 'UTC',
      from: `${month}-01T00:00:00.000Z`,
      until: `${month}-28T00:00:00.000Z`,
      definition: { version: 1, indicator: sla.indicator, scope: sla.scope, objective: 0.98, exclusions: [] },
      good: 970,
      bad: 30,
      unknown: 0,
      attainment: 0.97,
      verdict: 'missed',
      budget: { total: 20, spent: 30, remaining: -10 },
      days: [{ day: `${month}-03`, good: 970, bad: 30, unknown: 0 }],
      changes: [],
    },
    digest: 'ab'.repeat(32),
    issued: isOver
      ? { eventId: uuid(800), issuedAt: iso(nowMs), edition: 1, entryIndex: 3, checkpoint: 'metaagent/log\n4\nroot\n' }
      : null,
  }
}

const notReachable =
  'With an objective of 90 % the burn rate is at most 10, even if everything fails, so a threshold of 14.4 can never fire. The highest that can is 9.99.'

function saved({ body }: Question, { nowMs }: ServerState): Response {
  const { objective, burnAlerts } = Object(body)
  const unreachable = burnAlerts?.some((alert: { threshold: number }) => alert.threshold >= 1 / (1 - objective))
  return unreachable === true ? refusal('sla-threshold-unreachable', notReachable) : json(slaOf(0, nowMs), 201)
}

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response

/** What the fixture server answers about service levels. */
export const slaAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  [
    'GET',
    /^\/slas$/,
    ({ query }, { nowMs }) => {
      const all = [0, 1, 2].map((number) => slaOf(number, nowMs))
      const state = query.get('state')
      return json({ items: all.filter((sla) => state === null || sla.compliance?.state === state), nextCursor: null })
    },
  ],
  ['POST', /^\/slas$/, saved],
  ['PUT', /^\/slas\/([^/]+)$/, saved],
  ['DELETE', /^\/slas\/([^/]+)$/, (_, { nowMs }) => json({ ...slaOf(0, nowMs), archivedAt: iso(nowMs) })],
  [
    'GET',
    /^\/slas\/([^/]+)$/,
    (_, { nowMs }, [id]) => {
      const sla = [0, 1, 2].map((number) => slaOf(number, nowMs)).find(({ slaId }) => slaId === id)
      return sla === undefined ? refusal('not-found', 'There is no SLA with this id.') : json(sla)
    },
  ],
  ['GET', /^\/slas\/([^/]+)\/burn$/, (_, { nowMs }, [id]) => json(burnOf(id ?? '', nowMs))],
  [
    'GET',
    /^\/slas\/([^/]+)\/compliance$/,
    (_, { nowMs }) => json({ items: [0, 1].map((days) => complianceOf(15, nowMs, days)), nextCursor: null }),
  ],
  [
    'GET',
    /^\/slas\/([^/]+)\/reports\/([^/]+)$/,
    (_, { nowMs }, [id, month]) => json(reportOf(id ?? '', month ?? '', nowMs)),
  ],
]
