import type { Agent, AlertCondition, AlertRuleDefinition, JournalEvent, Labels } from '@metaagent/contract'
import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listEvents, typePattern } from '../../../govern/journal/index.ts'
import { type CostPair, costPairs } from '../../costs/index.ts'
import {
  addSums,
  figuresOfSums,
  healthPolicyOf,
  heardAt,
  judgeWindow,
  noSums,
  type RollupSums,
  sumsByAgent,
} from '../../health/index.ts'
import { allAgents } from '../../registry/index.ts'
import { activeSlas } from '../../slas/index.ts'
import { type Evidence, type Subject, windowMinutes } from '../model/evidence.ts'

/** Loads what rules look at, each window once however many rules ask for it. One per evaluation. */
export interface EvidenceLoader {
  load(rule: AlertRuleDefinition): Promise<Evidence>
}

export function createEvidenceLoader(deps: Deps, tx: Tx, now: Instant): EvidenceLoader {
  const once = remembering()
  const agents = () =>
    once('agents', async () => (await allAgents(deps, tx)).filter((agent) => agent.archivedAt === null))
  const sums = (minutes: number, environment: string | null) =>
    once(`sums ${minutes} ${environment}`, () => sumsByAgent(deps, tx, { minutes, environment }))
  const heard = () => once('heard', () => heardAt(deps, tx))
  const policy = () => once('policy', () => healthPolicyOf(deps, tx))
  const costs = (minutes: number, environment: string | null) =>
    once(`costs ${minutes} ${environment}`, () =>
      costPairs(deps, tx, { from: addMs(now, -minutes * 60_000), until: addMs(now, 1), environment }),
    )
  return {
    load: async (rule) => {
      const { condition } = rule
      if (condition.kind === 'event') return { ...none, events: await eventsOf(tx, condition, now) }
      if (condition.kind === 'sla') return { ...none, slas: await once('slas', () => judgedSlas(tx)) }
      const { environment } = rule.scope
      const windows = windowsOf(condition)
      const loaded = new Map<number, ReadonlyMap<string, RollupSums>>()
      for (const minutes of windows) loaded.set(minutes, await sums(minutes, environment))
      const lastHeard = await heard()
      const healthPolicy = await policy()
      const pairs =
        condition.kind === 'cost_difference' ? await costs(windowMinutes[condition.window], environment) : []
      const inScope = (await agents()).filter((agent) => isInScope(rule, agent))
      const subjects = subjectsOf(condition, inScope, environment).map(({ labels, agentIds }): Subject => {
        const figures = (minutes: number) => {
          const ofWindow = loaded.get(minutes)
          return ofWindow === undefined ? null : figuresOfSums(sumOf(ofWindow, agentIds))
        }
        const lastHeardAt = latest(agentIds.map((agentId) => lastHeard.get(agentId) ?? null))
        return {
          labels,
          figures,
          lastHeardAt,
          health: (minutes) => {
            const ofWindow = figures(minutes)
            return ofWindow === null
              ? null
              : judgeWindow({ figures: ofWindow, lastExecutionAt: lastHeardAt, policy: healthPolicy, now })
          },
          costs: () => costsOf(pairs, new Set(agentIds)),
        }
      })
      return { ...none, subjects }
    },
  }
}

const none: Evidence = { subjects: [], slas: [], events: [] }

/** The active SLAs as they were judged last. */
export async function judgedSlas(tx: Tx): Promise<Evidence['slas']> {
  return (await activeSlas(tx)).map(({ definition, state, burn }) => ({
    name: definition.name,
    state,
    burning: burn.find(({ firing }) => firing)?.because.text ?? null,
  }))
}

function remembering() {
  const known = new Map<string, Promise<unknown>>()
  return <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const found = known.get(key) ?? make()
    known.set(key, found)
    return found as Promise<T>
  }
}

/** The windows, in minutes, whose figures a condition asks for. */
export function windowsOf(condition: Exclude<AlertCondition, { kind: 'event' | 'sla' }>): readonly number[] {
  switch (condition.kind) {
    case 'figure':
    case 'health_state':
    case 'health_score':
      return [windowMinutes[condition.window]]
    case 'baseline':
      return [windowMinutes[condition.window], windowMinutes[condition.baselineWindow]]
    case 'burn_rate':
      return condition.windows.flatMap(({ longMinutes, shortMinutes }) => [longMinutes, shortMinutes])
    case 'silent':
    case 'cost_difference':
      return []
  }
}

export function isInScope({ scope }: AlertRuleDefinition, agent: Agent): boolean {
  return (
    (scope.agents.length === 0 || scope.agents.includes(agent.name)) &&
    (scope.domains.length === 0 || scope.domains.includes(agent.domain))
  )
}

export interface SubjectAgents {
  readonly labels: Labels
  readonly agentIds: readonly string[]
}

/** What a condition is judged about: each agent, or agents taken together. */
export function subjectsOf(
  condition: AlertCondition,
  agents: readonly Agent[],
  environment: string | null,
): readonly SubjectAgents[] {
  const place: Labels = environment === null ? {} : { environment }
  const per = condition.kind === 'figure' ? condition.per : 'agent'
  if (per === 'agent')
    return agents.map(({ agentId, name, domain }) => ({
      labels: { agent: name, domain, ...place },
      agentIds: [agentId],
    }))
  if (per === 'fleet') return [{ labels: place, agentIds: agents.map(({ agentId }) => agentId) }]
  return [...new Set(agents.map(({ domain }) => domain))].map((domain) => ({
    labels: { domain, ...place },
    agentIds: agents.filter((agent) => agent.domain === domain).map(({ agentId }) => agentId),
  }))
}

function sumOf(sums: ReadonlyMap<string, RollupSums>, agentIds: readonly string[]): RollupSums {
  const [only] = agentIds
  if (agentIds.length === 1 && only !== undefined) return sums.get(only) ?? noSums
  return agentIds.reduce((all, agentId) => addSums(all, sums.get(agentId) ?? noSums), noSums)
}

export function costsOf(pairs: readonly CostPair[], agentIds: ReadonlySet<string>) {
  const own = pairs.filter(({ agentId }) => agentIds.has(agentId))
  if (own.length === 0) return null
  return {
    reportedNanoUsd: own.reduce((sum, pair) => sum + pair.reportedNanoUsd, 0),
    computedNanoUsd: own.reduce((sum, pair) => sum + pair.computedNanoUsd, 0),
  }
}

function latest(instants: readonly (Instant | null)[]): Instant | null {
  return instants.reduce<Instant | null>((most, at) => (at !== null && (most === null || at > most) ? at : most), null)
}

const eventsPerPage = 1_000
/** More events than these in a window say no more than that there are very many. */
const eventsMax = 20_000

/** The events of a condition's window that fit its pattern, oldest first; alerts' own are left out, or a rule fed itself. */
async function eventsOf(
  tx: Tx,
  condition: Extract<AlertCondition, { kind: 'event' }>,
  now: Instant,
): Promise<readonly JournalEvent[]> {
  return await eventsSince(tx, condition.pattern, addMs(now, -condition.windowMinutes * 60_000))
}

export async function eventsSince(tx: Tx, pattern: string, since: Instant): Promise<readonly JournalEvent[]> {
  const filter = { type: typePattern(pattern), subject: null, correlationId: null }
  const sinceText = toIso(since)
  const found: JournalEvent[] = []
  for (let before: string | null = null; found.length < eventsMax; ) {
    const page: readonly JournalEvent[] = await listEvents(tx, filter, before, eventsPerPage)
    found.push(...page.filter(({ type, occurredAt }) => occurredAt > sinceText && !isOwnEvent(type)))
    const last = page.at(-1)
    if (last === undefined || page.length < eventsPerPage || last.occurredAt <= sinceText) break
    before = last.eventId
  }
  return found.reverse()
}

/** Events that alerts write themselves. */
export function isOwnEvent(type: string): boolean {
  return type.startsWith('alerts.') || type.startsWith('decision.alerts.')
}
