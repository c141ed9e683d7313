import type { ActionKind, ActionStatus, DependencyKind } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'

/** A step as far as dependencies can be seen in it. */
export interface ObservedStep {
  readonly actionId: string
  readonly parentActionId: string | null
  readonly agentId: string
  readonly kind: ActionKind
  readonly name: string
  readonly status: ActionStatus
  readonly provider: string | null
  readonly model: string | null
}

/** A run that ended, with its steps. */
export interface ObservedTrace {
  readonly agentId: string
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly synthetic: boolean
  readonly steps: readonly ObservedStep[]
}

/** How often an agent used something in one run. */
export interface Use {
  readonly agentId: string
  /** `run`: that it took part at all. */
  readonly kind: DependencyKind | 'run'
  readonly target: string
  readonly calls: number
  readonly errors: number
}

/**
 * What each agent of a trace used: tools, models and providers of its steps, and agents that it called. A step of another
 * agent than its parent's was called by the parent's agent; one without a parent by the run's own agent. Sorted.
 */
export function usesOf({ agentId, steps }: ObservedTrace): readonly Use[] {
  const uses = new Map<string, Use>()
  const add = (by: string, kind: Use['kind'], target: string, failed: boolean, calls = 1) => {
    const key = `${by}|${kind}|${target}`
    const known = uses.get(key)
    uses.set(key, {
      agentId: by,
      kind,
      target,
      calls: (known?.calls ?? 0) + calls,
      errors: (known?.errors ?? 0) + (failed ? 1 : 0),
    })
  }
  const byId = new Map(steps.map((step) => [step.actionId, step]))
  add(agentId, 'run', '', false)
  for (const step of steps) {
    const failed = step.status === 'failure'
    add(step.agentId, 'run', '', false, 0)
    if (step.kind === 'tool' || step.kind === 'retrieval') add(step.agentId, 'tool', step.name.slice(0, 300), failed)
    if (step.model !== null) add(step.agentId, 'model', step.model, failed)
    if (step.provider !== null) add(step.agentId, 'provider', step.provider, failed)
    const caller = step.parentActionId === null ? agentId : (byId.get(step.parentActionId)?.agentId ?? agentId)
    if (caller !== step.agentId) add(caller, 'agent', step.agentId, failed)
  }
  return [...uses.values()].sort((a, b) => compare(keyOf(a), keyOf(b)))
}

const keyOf = ({ agentId, kind, target }: Use) => `${agentId}|${kind}|${target}`
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** What one agent used of one thing on one day, over several runs. */
export interface DayUse extends Use {
  readonly day: string
  readonly executions: number
  readonly firstAt: Instant
  readonly lastAt: Instant
}

/** Adds up the uses of several runs per day, in the one order in which every writer takes its locks. */
export function dayUsesOf(traces: readonly ObservedTrace[], dayOf: (at: Instant) => string): readonly DayUse[] {
  const sums = new Map<string, DayUse>()
  for (const trace of traces) {
    const at = trace.endedAt ?? trace.startedAt
    const day = dayOf(at)
    for (const use of usesOf(trace)) {
      const key = `${day}|${keyOf(use)}`
      const known = sums.get(key)
      sums.set(key, {
        ...use,
        day,
        calls: use.calls + (known?.calls ?? 0),
        errors: use.errors + (known?.errors ?? 0),
        executions: 1 + (known?.executions ?? 0),
        firstAt: known === undefined || at < known.firstAt ? at : known.firstAt,
        lastAt: known === undefined || at > known.lastAt ? at : known.lastAt,
      })
    }
  }
  return [...sums.entries()].sort(([a], [b]) => compare(a, b)).map(([, use]) => use)
}
