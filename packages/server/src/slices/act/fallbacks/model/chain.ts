import { chooseFallback, type FallbackReason, type Macro, type PassedOver, reason, type Thresholds } from './choose.ts'

/** An incident: what was started in it and how far it came. Times are epoch milliseconds. */
export interface Chain {
  /** Invocations so far. */
  readonly depth: number
  readonly visited: readonly string[]
  readonly lastInvokedAtMs: number | null
  /** How the execution of the last invocation stands; `failed` covers cancelled ones. */
  readonly lastExecution: 'running' | 'succeeded' | 'failed' | null
  readonly exhaustedAtMs: number | null
}

export interface ChainReason {
  readonly rule: FallbackReason['rule'] | 'at-work' | 'cooldown' | 'stays-exhausted'
  readonly observed: number | string | null
  readonly limit: number | string | null
}

export type ChainDecision =
  /** There is no incident. */
  | { readonly kind: 'none'; readonly because: ChainReason }
  | { readonly kind: 'wait'; readonly because: ChainReason }
  /** The primary is well again by what came after the last invocation. */
  | { readonly kind: 'settle'; readonly because: ChainReason }
  | {
      readonly kind: 'invoke'
      readonly macro: string
      /** Why the primary, or the fallback before, gave way. */
      readonly because: FallbackReason
      readonly chosenBecause: FallbackReason
      readonly passedOver: readonly PassedOver[]
    }
  | { readonly kind: 'exhausted'; readonly because: FallbackReason; readonly passedOver: readonly PassedOver[] }

export interface ChainQuestion {
  /** Null: no incident is open. */
  readonly chain: Chain | null
  /** When the last incident's invocation was; null: there was none. */
  readonly lastInvokedAtMs: number | null
  readonly cooldownMs: number
  readonly depthMax: number
  /** The primary's health counts only what came after the last invocation. */
  readonly macros: ReadonlyMap<string, Macro>
  readonly primary: string
  readonly thresholds: Thresholds
  readonly refused: ReadonlyMap<string, string>
  readonly nowMs: number
}

/**
 * What to do about a primary, from state alone. An invocation is left to work and to cool down, and then judged by what
 * came after it; one that failed is followed at once by the next. A fallback is started once in an incident, at most
 * `depthMax` are, and an exhausted incident ends when the primary is well again.
 */
export function decideChain(question: ChainQuestion): ChainDecision {
  const { chain, cooldownMs, nowMs } = question
  if (chain === null) {
    const decision = choose(question, [], undefined)
    if (decision.kind === 'stay') return { kind: 'none', because: decision.because }
    return cooling(question.lastInvokedAtMs, cooldownMs, nowMs) ?? decided(question, decision)
  }
  if (chain.lastExecution === 'running')
    return { kind: 'wait', because: { rule: 'at-work', observed: null, limit: null } }
  if (chain.exhaustedAtMs !== null) {
    const decision = choose(question, chain.visited, undefined)
    // To be silent is not to be well: without a measurement it takes another cooldown.
    const silent = decision.because.rule === 'unmeasured' && nowMs < chain.exhaustedAtMs + cooldownMs
    if (decision.kind === 'stay' && !silent) return { kind: 'settle', because: decision.because }
    return { kind: 'wait', because: { rule: 'stays-exhausted', observed: chain.depth, limit: null } }
  }
  const failed = chain.lastExecution === 'failed'
  const waits = failed ? null : cooling(chain.lastInvokedAtMs, cooldownMs, nowMs)
  if (waits !== null) return waits
  const settled = failed ? reason('fallback-failed', chain.visited.at(-1) ?? null) : undefined
  const decision = choose(question, chain.visited, settled)
  if (decision.kind === 'stay') return { kind: 'settle', because: decision.because }
  return decided(question, decision)
}

function choose(question: ChainQuestion, left: readonly string[], settled: FallbackReason | undefined) {
  const { macros, primary, thresholds, refused } = question
  return chooseFallback({ macros, primary, thresholds, left, refused, ...(settled === undefined ? {} : { settled }) })
}

function cooling(sinceMs: number | null, cooldownMs: number, nowMs: number): ChainDecision | null {
  if (sinceMs === null || nowMs >= sinceMs + cooldownMs) return null
  return { kind: 'wait', because: { rule: 'cooldown', observed: nowMs - sinceMs, limit: cooldownMs } }
}

function decided(
  { chain, depthMax }: ChainQuestion,
  decision: Exclude<ReturnType<typeof chooseFallback>, { kind: 'stay' }>,
): ChainDecision {
  if (decision.kind === 'exhausted') return decision
  const { macro, because: chosenBecause, passedOver } = decision
  const depth = chain?.depth ?? 0
  if (depth >= depthMax) return { kind: 'exhausted', because: reason('too-deep', depth, depthMax), passedOver }
  // The primary stands first among those passed over.
  const because = passedOver[0]?.because ?? chosenBecause
  return { kind: 'invoke', macro, because, chosenBecause, passedOver }
}
