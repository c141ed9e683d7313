/** What is known of a macro or an agent now. Null is unknown: never good, never bad. */
export interface SubjectHealth {
  readonly blocked: boolean
  /** Failures in the window; null where failures are not counted (a candidate is judged by rates). */
  readonly failures: number | null
  readonly successRate: number | null
  readonly latencyP95Ms: number | null
  /** An agent's; null for macros. */
  readonly state: string | null
}

/** Lines of a policy; null is no line. */
export interface Thresholds {
  readonly failuresMax: number | null
  readonly successRateMin: number | null
  readonly latencyP95MsMax: number | null
  readonly healthStates: readonly string[]
}

export interface Macro extends SubjectHealth {
  /** Names of macros, the one to take first foremost. */
  readonly fallbacks: readonly string[]
}

/** Why a macro was passed over, left, or taken. */
export interface FallbackReason {
  readonly rule:
    | 'blocked'
    | 'failures'
    | 'success-rate'
    | 'latency-p95'
    | 'health-state'
    | 'taken-before'
    | 'not-defined'
    | 'not-startable'
    | 'fallback-failed'
    | 'none-left'
    | 'too-deep'
    | 'within-thresholds'
    | 'unmeasured'
  readonly observed: number | string | null
  readonly limit: number | string | null
}

export interface PassedOver {
  readonly macro: string
  readonly because: FallbackReason
}

export type FallbackDecision =
  | { readonly kind: 'stay'; readonly because: FallbackReason }
  | {
      readonly kind: 'fall-back'
      readonly macro: string
      readonly because: FallbackReason
      /** The primary first, then every fallback that was looked at before. */
      readonly passedOver: readonly PassedOver[]
    }
  | { readonly kind: 'exhausted'; readonly because: FallbackReason; readonly passedOver: readonly PassedOver[] }

export interface FallbackQuestion {
  readonly macros: ReadonlyMap<string, Macro>
  readonly primary: string
  readonly thresholds: Thresholds
  /** Macros that were left already in this incident; none of them is taken again. */
  readonly left: readonly string[]
  /** Those that refused to start just now, each with what it said. */
  readonly refused?: ReadonlyMap<string, string>
  /** Why the primary is left, when that is settled already; else it is looked at. */
  readonly settled?: FallbackReason
}

/**
 * Which macro to run instead of the primary, if any: its own fallbacks in their order, then theirs. One that is blocked,
 * known to be past a threshold, undefined or left before is passed over. A macro without measurements is not failing: as
 * primary it stays, as fallback it is taken. Each macro is looked at once, so a circle of fallbacks ends.
 */
export function chooseFallback(question: FallbackQuestion): FallbackDecision {
  const { macros, primary, thresholds, left, refused } = question
  const first = question.settled ?? reasonOf(macros.get(primary), thresholds)
  if (runs(first)) return { kind: 'stay', because: first }
  const passedOver: PassedOver[] = [{ macro: primary, because: first }]
  const queue = [...(macros.get(primary)?.fallbacks ?? [])]
  const seen = new Set([primary])
  // The queue grows while it is read: a macro's fallbacks come after those of its own rank.
  for (const name of queue) {
    if (seen.has(name)) continue
    seen.add(name)
    const macro = macros.get(name)
    const said = refused?.get(name)
    const because = left.includes(name)
      ? reason('taken-before')
      : said === undefined
        ? reasonOf(macro, thresholds)
        : reason('not-startable', said)
    if (runs(because)) return { kind: 'fall-back', macro: name, because, passedOver }
    passedOver.push({ macro: name, because })
    queue.push(...(macro?.fallbacks ?? []))
  }
  return { kind: 'exhausted', because: reason('none-left', passedOver.length - 1), passedOver }
}

/** Whether something with this reason goes on, or is taken. */
export function runs({ rule }: FallbackReason): boolean {
  return rule === 'within-thresholds' || rule === 'unmeasured'
}

/** How somebody stands to the lines: the first that is passed, in the order of how sure it is. */
export function reasonOf(health: SubjectHealth | undefined, thresholds: Thresholds): FallbackReason {
  if (health === undefined) return reason('not-defined')
  const { blocked, failures, successRate, latencyP95Ms, state } = health
  const { failuresMax, successRateMin, latencyP95MsMax, healthStates } = thresholds
  if (blocked) return reason('blocked')
  if (state !== null && healthStates.includes(state)) return reason('health-state', state, healthStates.join(', '))
  if (failures !== null && failuresMax !== null && failures > failuresMax)
    return reason('failures', failures, failuresMax)
  if (successRate !== null && successRateMin !== null && successRate < successRateMin)
    return reason('success-rate', successRate, successRateMin)
  if (latencyP95Ms !== null && latencyP95MsMax !== null && latencyP95Ms > latencyP95MsMax)
    return reason('latency-p95', latencyP95Ms, latencyP95MsMax)
  if (successRate === null && latencyP95Ms === null) return reason('unmeasured')
  return reason('within-thresholds', successRate, successRateMin)
}

export function reason(
  rule: FallbackReason['rule'],
  observed: FallbackReason['observed'] = null,
  limit: FallbackReason['limit'] = null,
): FallbackReason {
  return { rule, observed, limit }
}
