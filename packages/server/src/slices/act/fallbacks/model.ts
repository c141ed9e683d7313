/** What is known of a macro now. Null is unknown: never good, never bad. */
export interface MacroHealth {
  readonly blocked: boolean
  readonly successRate: number | null
  readonly latencyP95Ms: number | null
}

export interface FallbackThresholds {
  readonly successRateMin: number
  readonly latencyP95MsMax: number
}

export interface Macro extends MacroHealth {
  /** Names of macros, the one to take first foremost. */
  readonly fallbacks: readonly string[]
}

/** Why a macro was passed over, or taken. */
export interface FallbackReason {
  readonly rule:
    | 'blocked'
    | 'success-rate'
    | 'latency-p95'
    | 'taken-before'
    | 'not-defined'
    | 'none-left'
    | 'within-thresholds'
    | 'unmeasured'
  readonly observed: number | null
  readonly limit: number | null
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
  readonly thresholds: FallbackThresholds
  /** Macros that were left already in this incident; none of them is taken again. */
  readonly left: readonly string[]
}

/**
 * Which macro to run instead of the primary, if any: its own fallbacks in their order, then theirs. One that is blocked,
 * known to be past a threshold, undefined or left before is passed over. A macro without measurements is not failing: as
 * primary it stays, as fallback it is taken. Each macro is looked at once, so a circle of fallbacks ends.
 */
export function chooseFallback({ macros, primary, thresholds, left }: FallbackQuestion): FallbackDecision {
  const first = reasonOf(macros.get(primary), thresholds)
  if (runs(first)) return { kind: 'stay', because: first }
  const passedOver: PassedOver[] = [{ macro: primary, because: first }]
  const queue = [...(macros.get(primary)?.fallbacks ?? [])]
  const seen = new Set([primary])
  // The queue grows while it is read: a macro's fallbacks come after those of its own rank.
  for (const name of queue) {
    if (seen.has(name)) continue
    seen.add(name)
    const macro = macros.get(name)
    const takenBefore = { rule: 'taken-before', observed: null, limit: null } as const
    const because = left.includes(name) ? takenBefore : reasonOf(macro, thresholds)
    if (runs(because)) return { kind: 'fall-back', macro: name, because, passedOver }
    passedOver.push({ macro: name, because })
    queue.push(...(macro?.fallbacks ?? []))
  }
  return { kind: 'exhausted', because: { rule: 'none-left', observed: passedOver.length - 1, limit: null }, passedOver }
}

function runs({ rule }: FallbackReason): boolean {
  return rule === 'within-thresholds' || rule === 'unmeasured'
}

function reasonOf(macro: MacroHealth | undefined, thresholds: FallbackThresholds): FallbackReason {
  if (macro === undefined) return { rule: 'not-defined', observed: null, limit: null }
  const { blocked, successRate, latencyP95Ms } = macro
  const { successRateMin, latencyP95MsMax } = thresholds
  if (blocked) return { rule: 'blocked', observed: null, limit: null }
  if (successRate !== null && successRate < successRateMin)
    return { rule: 'success-rate', observed: successRate, limit: successRateMin }
  if (latencyP95Ms !== null && latencyP95Ms > latencyP95MsMax)
    return { rule: 'latency-p95', observed: latencyP95Ms, limit: latencyP95MsMax }
  if (successRate === null && latencyP95Ms === null) return { rule: 'unmeasured', observed: null, limit: null }
  return { rule: 'within-thresholds', observed: successRate, limit: successRateMin }
}
