import type { FallbackHealth, HealthFigures, JsonValue } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import {
  addSums,
  figuresOfSums,
  healthPolicyOf,
  heardAt,
  judgeWindow,
  noSums,
  type RollupSums,
  sumsOfRange,
} from '../../../observe/health/index.ts'
import { namesOf } from '../../../observe/registry/index.ts'
import { type MacroRuns, macroRunsSince, macroStates } from '../../playbooks/index.ts'
import type { Macro, SubjectHealth } from '../model/choose.ts'
import type { FallbackDefinition } from '../model/definition.ts'
import { policiesInForce } from '../store/policies.ts'

/** What a chaos run simulated of a primary; it takes the place of everything that really happened to it. */
export interface SimulatedEvidence {
  readonly runId: string
  /** Whether the macros' steps that touch something outside are done, not told. */
  readonly live: boolean
  readonly blocked: boolean
  /** What was simulated after a moment; of the whole run with null. */
  readonly sums: (since: Instant | null) => RollupSums
}

/** Everything that a decision about a policy looks at. */
export interface Observed {
  /** The primary's key among the macros. */
  readonly primary: string
  readonly primaryName: string
  readonly macros: ReadonlyMap<string, Macro>
  /** With which inputs each candidate is started. */
  readonly inputs: ReadonlyMap<string, Readonly<Record<string, JsonValue>>>
  /** The execution of the primary that failed last, of a macro. */
  readonly lastFailure: string | null
  readonly shown: { readonly primary: FallbackHealth; readonly candidates: readonly FallbackHealth[] }
}

const minuteMs = 60_000

/**
 * Reads how the primary and every macro that could take over stand. The primary is judged by its window, or by what came
 * after `since` where that is later: a fallback is measured by what followed it.
 */
export async function observe(
  deps: Deps,
  tx: Tx,
  definition: FallbackDefinition,
  asked: { readonly since: Instant | null; readonly evidence: SimulatedEvidence | null },
): Promise<Observed> {
  const { primary, environment, thresholds } = definition
  const { fallbacksOf, inputs } = await candidatesOf(tx, definition)
  const windowStart = addMs(deps.clock.now(), -thresholds.windowMinutes * minuteMs)
  const names = [...fallbacksOf.keys()]
  const states = await macroStates(tx, primary.kind === 'macro' ? [...names, primary.name] : names)
  const runs = await macroRunsSince(tx, { macros: names, environment, from: windowStart })
  const own = await observePrimary(deps, tx, definition, { ...asked, windowStart })
  const primaryState = primary.kind === 'macro' ? states.get(primary.name) : undefined
  const primaryKey = primary.kind === 'macro' ? primary.name : `agent/${primary.agentId}`
  const isKnown = primary.kind === 'agent' ? own.name !== null : primaryState !== undefined
  const primaryHealth = {
    ...own.health,
    blocked: own.health.blocked || primaryState?.blocked === true,
  }
  const fallbacks = definition.fallbacks.map(({ macro }) => macro)
  const macros = new Map<string, Macro>()
  const candidates: FallbackHealth[] = []
  for (const [name, next] of fallbacksOf) {
    const state = states.get(name)
    const health = healthOfRuns(runs.get(name), thresholds.minimumExecutions, state?.blocked === true)
    // A candidate is judged by rates alone: how many failures are too many was said of the primary.
    if (state !== undefined) macros.set(name, { ...health.judged, failures: null, fallbacks: next })
    candidates.push({ name, known: state !== undefined, ...health.shown })
  }
  // Last, so that a circle of fallbacks cannot put a candidate in its place.
  if (isKnown) macros.set(primaryKey, { ...primaryHealth, fallbacks })
  const name = primary.kind === 'macro' ? primary.name : (own.name ?? primary.agentId)
  const shown = { name, known: isKnown, executions: own.executions, ...primaryHealth }
  return {
    primary: primaryKey,
    primaryName: name,
    macros,
    inputs,
    lastFailure: own.lastFailure,
    shown: { primary: shown, candidates },
  }
}

/** Every macro that could be reached, by the policy's own list and then by theirs, with the inputs of the first mention. */
async function candidatesOf(tx: Tx, { primary, environment, fallbacks }: FallbackDefinition) {
  const lists = new Map(
    (await policiesInForce(tx, environment)).flatMap(({ definition }) =>
      definition.primary.kind === 'macro' ? [[definition.primary.name, definition.fallbacks] as const] : [],
    ),
  )
  const fallbacksOf = new Map<string, readonly string[]>()
  const inputs = new Map<string, Readonly<Record<string, JsonValue>>>()
  const queue = [...fallbacks]
  for (const step of queue) {
    if (fallbacksOf.has(step.macro) || (primary.kind === 'macro' && step.macro === primary.name)) continue
    const next = lists.get(step.macro) ?? []
    fallbacksOf.set(
      step.macro,
      next.map(({ macro }) => macro),
    )
    inputs.set(step.macro, step.inputs)
    queue.push(...next)
  }
  return { fallbacksOf, inputs }
}

interface ObservedPrimary {
  readonly name: string | null
  readonly executions: number | null
  readonly health: SubjectHealth
  readonly lastFailure: string | null
}

async function observePrimary(
  deps: Deps,
  tx: Tx,
  { primary, environment, thresholds }: FallbackDefinition,
  asked: {
    readonly since: Instant | null
    readonly evidence: SimulatedEvidence | null
    readonly windowStart: Instant
  },
): Promise<ObservedPrimary> {
  const { since, evidence, windowStart } = asked
  const { minimumExecutions } = thresholds
  const from = since !== null && since > windowStart ? since : windowStart
  if (primary.kind === 'macro' && evidence === null) {
    const runs = (await macroRunsSince(tx, { macros: [primary.name], environment, from })).get(primary.name)
    const { judged, shown } = healthOfRuns(runs, minimumExecutions, false)
    return { name: primary.name, executions: shown.executions, health: judged, lastFailure: runs?.lastFailure ?? null }
  }
  const blocked = evidence?.blocked ?? false
  const agentId = primary.kind === 'agent' ? primary.agentId : null
  const sums =
    evidence?.sums(since) ?? (agentId === null ? noSums : await agentSums(deps, tx, agentId, environment, from))
  const figures = figuresOfSums(sums)
  const name = agentId === null ? primary.kind : await agentName(deps, tx, agentId)
  const state = agentId === null ? null : await stateOf(deps, tx, { agentId, figures, simulated: evidence !== null })
  const enough = figures.successes + figures.failures >= minimumExecutions
  return {
    name,
    executions: figures.executions,
    health: {
      blocked,
      failures: figures.failures,
      successRate: enough ? figures.successRate : null,
      latencyP95Ms: enough ? figures.latencyP95Ms : null,
      // Silence needs no evidence, every other state does.
      state: enough || state === 'silent' ? state : null,
    },
    lastFailure: null,
  }
}

async function agentName(deps: Deps, tx: Tx, agentId: string): Promise<string | null> {
  return (await namesOf(deps, tx, { agentIds: [agentId], releaseIds: [] })).get(agentId) ?? null
}

async function stateOf(
  deps: Deps,
  tx: Tx,
  of: { readonly agentId: string; readonly figures: HealthFigures; readonly simulated: boolean },
): Promise<string> {
  const now = deps.clock.now()
  const lastExecutionAt = of.simulated ? now : ((await heardAt(deps, tx)).get(of.agentId) ?? null)
  const policy = await healthPolicyOf(deps, tx)
  return judgeWindow({ figures: of.figures, lastExecutionAt, policy, now }).state
}

/** Sums of an agent in an environment from the first whole minute on, up to now. */
async function agentSums(deps: Deps, tx: Tx, agentId: string, environment: string, from: Instant): Promise<RollupSums> {
  const range = {
    from: instantFromEpochMs(Math.ceil(from / minuteMs) * minuteMs),
    until: instantFromEpochMs((Math.floor(deps.clock.now() / minuteMs) + 1) * minuteMs),
    agentIds: [agentId],
  }
  const parts = (await sumsOfRange(tx, range)).filter((part) => part.environment === environment)
  return parts
    .map(({ latency, ...sums }) => ({
      ...sums,
      executionsByBucket: new Map(Object.entries(latency).map(([bucket, count]) => [Number(bucket), count])),
    }))
    .reduce<RollupSums>(addSums, noSums)
}

function healthOfRuns(runs: MacroRuns | undefined, minimum: number, blocked: boolean) {
  const ended = runs === undefined ? 0 : runs.succeeded + runs.failed
  const enough = runs !== undefined && ended >= minimum && ended > 0
  const judged: SubjectHealth = {
    blocked,
    failures: runs?.failed ?? 0,
    successRate: enough ? runs.succeeded / ended : null,
    latencyP95Ms: enough ? runs.latencyP95Ms : null,
    state: null,
  }
  return { judged, shown: { ...judged, executions: ended } }
}
