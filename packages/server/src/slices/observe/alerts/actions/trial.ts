import type { Agent, AlertRuleDefinition, AlertRuleTrial, Labels } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type CostPair, costPairs } from '../../costs/index.ts'
import {
  addSums,
  figuresOfSums,
  healthPolicyOf,
  judgeWindow,
  noSums,
  type RollupSums,
  sumsByAgentInSteps,
} from '../../health/index.ts'
import { allAgents } from '../../registry/index.ts'
import { checkRule } from '../model/checks.ts'
import { observe } from '../model/conditions.ts'
import { type Subject, windowMinutes } from '../model/evidence.ts'
import { slidingSums } from '../model/sliding.ts'
import { type TrialStep, tryRule } from '../model/trial.ts'
import { costsOf, eventsSince, isInScope, judgedSlas, subjectsOf, windowsOf } from './evidence.ts'

const stepMs = 300_000
const dayMs = 86_400_000
const agentsMax = 200
const alertsShown = 200

/** Windows up to this are summed from five-minute steps, longer ones from hours. */
const fineWindowMaxMinutes = 1_440

/**
 * Runs a rule over the last 24 hours, in steps of five minutes, with the function that judges the present. Writes nothing.
 * Refuses what a save would refuse.
 */
export async function tryAlertRule(
  deps: Deps,
  caller: Caller,
  definition: AlertRuleDefinition,
): Promise<Result<AlertRuleTrial>> {
  const checked = checkRule(definition)
  if (!checked.ok) return checked
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const until = instantFromEpochMs(Math.floor(deps.clock.now() / stepMs) * stepMs + stepMs)
    const from = addMs(until, -dayMs)
    const steps = Array.from({ length: dayMs / stepMs }, (_, step) => addMs(from, (step + 1) * stepMs))
    const inScope = (await allAgents(deps, tx)).filter(
      (agent) => agent.archivedAt === null && isInScope(definition, agent),
    )
    const agents = inScope.slice(0, agentsMax)
    const observed =
      definition.condition.kind === 'event'
        ? await eventSteps(tx, definition, steps)
        : definition.condition.kind === 'sla'
          ? await slaSteps(tx, definition, steps)
          : await figureSteps(deps, tx, definition, agents, steps)
    const trial = tryRule(definition, observed)
    const shown = trial.alerts.slice(-alertsShown)
    return ok({
      from: toIso(from),
      until: toIso(until),
      stepSeconds: stepMs / 1_000,
      subjects: trial.subjects,
      subjectsLeftOut: definition.condition.kind === 'event' ? 0 : inScope.length - agents.length,
      alerts: shown.map((alert) => ({
        labels: alert.labels,
        pendingAt: toIso(alert.pendingAt),
        firedAt: alert.firedAt === null ? null : toIso(alert.firedAt),
        resolvedAt: alert.resolvedAt === null ? null : toIso(alert.resolvedAt),
        because: alert.because,
      })),
      alertsLeftOut: trial.alerts.length - shown.length,
      unknownSteps: trial.unknownSteps,
    })
  })
}

async function eventSteps(tx: Tx, rule: AlertRuleDefinition, steps: readonly Instant[]): Promise<readonly TrialStep[]> {
  const { condition } = rule
  const [first] = steps
  if (condition.kind !== 'event' || first === undefined) return []
  const windowMs = condition.windowMinutes * 60_000
  const events = await eventsSince(tx, condition.pattern, addMs(first, -windowMs))
  const times = events.map(({ occurredAt }) => Date.parse(occurredAt))
  return steps.map((at) => {
    const inWindow = events.filter((_, index) => {
      const time = times[index] ?? 0
      return time > at - windowMs && time <= at
    })
    return { at, observations: observe(condition, { subjects: [], slas: [], events: inWindow }, at) }
  })
}

/** How SLAs stood in the past is not kept step by step, so only the present is judged and the rest is unknown. */
async function slaSteps(tx: Tx, rule: AlertRuleDefinition, steps: readonly Instant[]): Promise<readonly TrialStep[]> {
  const last = steps.at(-1)
  if (last === undefined) return []
  const now = observe(rule.condition, { subjects: [], slas: await judgedSlas(tx), events: [] }, last)
  const past = now.map((observation) => ({ ...observation, holds: null }))
  return steps.map((at) => ({ at, observations: at === last ? now : past }))
}

async function figureSteps(
  deps: Deps,
  tx: Tx,
  rule: AlertRuleDefinition,
  agents: readonly Agent[],
  steps: readonly Instant[],
): Promise<readonly TrialStep[]> {
  const { condition, scope } = rule
  const [first] = steps
  const until = steps.at(-1)
  if (condition.kind === 'event' || condition.kind === 'sla' || first === undefined || until === undefined) return []
  const windows = [...new Set(windowsOf(condition))]
  const fineMs = Math.max(0, ...windows.filter((minutes) => minutes <= fineWindowMaxMinutes)) * 60_000
  const coarseMs = Math.max(0, ...windows.filter((minutes) => minutes > fineWindowMaxMinutes)) * 60_000
  const load = (grain: 'minute' | 'hour', lengthMs: number, stepSeconds: number) =>
    sumsByAgentInSteps(deps, tx, scope.environment, { from: addMs(first, -lengthMs), until, grain, stepSeconds })
  const fine = await load('minute', fineMs, stepMs / 1_000)
  const coarse =
    coarseMs === 0 ? new Map<string, ReadonlyMap<number, RollupSums>>() : await load('hour', coarseMs, 3_600)
  const pairs =
    condition.kind === 'cost_difference'
      ? await costPairs(deps, tx, {
          from: addMs(first, -windowMinutes[condition.window] * 60_000),
          until,
          environment: scope.environment,
        })
      : []
  const policy = await healthPolicyOf(deps, tx)
  const timelines = subjectsOf(condition, agents, scope.environment).map(({ labels, agentIds }): Timeline => {
    const slotsOf = (all: typeof fine) => mergedSlots(agentIds.map((agentId) => all.get(agentId) ?? new Map()))
    const [fineSlots, coarseSlots] = [slotsOf(fine), slotsOf(coarse)]
    const sums = new Map(
      windows.map((minutes) => {
        const slots = minutes <= fineWindowMaxMinutes ? fineSlots : coarseSlots
        const window = { lengthMs: minutes * 60_000, empty: noSums, merge: mergeSums }
        return [minutes, slidingSums(slots, steps, window)] as const
      }),
    )
    return { labels, own: new Set(agentIds), sums, heard: fineSlots.map(([at]) => at) }
  })
  return steps.map((at, step) => {
    const subjects = timelines.map((timeline) => subjectAt(timeline, { at, step, pairs, policy }))
    return { at, observations: observe(condition, { subjects, slas: [], events: [] }, at) }
  })
}

/** A subject's sums at each step, by the minutes of the window. */
interface Timeline {
  readonly labels: Labels
  readonly own: ReadonlySet<string>
  readonly sums: ReadonlyMap<number, readonly RollupSums[]>
  /** Starts of the five minutes in which it was heard, ascending. */
  readonly heard: readonly number[]
}

interface Moment {
  readonly at: Instant
  readonly step: number
  readonly pairs: readonly CostPair[]
  readonly policy: Awaited<ReturnType<typeof healthPolicyOf>>
}

/** What was known of a subject at one step. */
function subjectAt({ labels, own, sums, heard }: Timeline, { at, step, pairs, policy }: Moment): Subject {
  const figures = (minutes: number) => {
    const ofStep = sums.get(minutes)?.[step]
    return ofStep === undefined ? null : figuresOfSums(ofStep)
  }
  const last = heard.findLast((slot) => slot < at)
  const lastHeardAt = last === undefined ? null : instantFromEpochMs(last)
  return {
    labels,
    figures,
    lastHeardAt,
    health: (minutes) => {
      const ofWindow = figures(minutes)
      return ofWindow === null
        ? null
        : judgeWindow({ figures: ofWindow, lastExecutionAt: lastHeardAt, policy, now: at })
    },
    costs: (minutes) => {
      const inWindow = pairs.filter((pair) => pair.at >= at - minutes * 60_000 && pair.at <= at)
      return costsOf(inWindow, own)
    },
  }
}

/** The slots of some agents together, ascending. */
function mergedSlots(
  timelines: readonly ReadonlyMap<number, RollupSums>[],
): readonly (readonly [number, RollupSums])[] {
  const merged = new Map<number, RollupSums>()
  for (const timeline of timelines)
    for (const [at, sums] of timeline) merged.set(at, addSums(merged.get(at) ?? noSums, sums))
  return [...merged].sort(([a], [b]) => a - b)
}

function mergeSums(all: RollupSums, slot: RollupSums, sign: 1 | -1): RollupSums {
  return addSums(all, sign === 1 ? slot : negated(slot))
}

function negated(sums: RollupSums): RollupSums {
  const { executionsByBucket, ...counts } = sums
  const negatives = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, -count])) as typeof counts
  return {
    ...negatives,
    executionsByBucket: new Map([...executionsByBucket].map(([bucket, count]) => [bucket, -count])),
  }
}
