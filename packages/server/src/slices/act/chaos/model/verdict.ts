import type { Because, ChaosReading, ChaosReport, ChaosVerdict } from '@metaagent/contract'
import type { ChaosDefinition } from './definition.ts'

export interface RunOutcome {
  readonly verdict: ChaosVerdict
  readonly because: Because
}

/**
 * How a run ended. What was aborted says nothing of the hypothesis, and neither does a run of which half was never
 * injected; a broken line or something expected that did not happen refutes it; what could not be measured leaves it open.
 */
export function decideOutcome(run: {
  readonly abortedBecause: Because | null
  readonly planned: number
  readonly injected: number
  readonly during: readonly ChaosReading[]
  readonly after: readonly ChaosReading[]
  readonly missing: readonly string[]
}): RunOutcome {
  const { abortedBecause, planned, injected, during, after, missing } = run
  if (abortedBecause !== null) return { verdict: 'aborted', because: abortedBecause }
  if (injected * 2 < planned) {
    const text = `${injected} of ${planned} injections were made: the run was interrupted for too long.`
    return { verdict: 'aborted', because: { rule: 'interrupted', observed: injected, limit: planned, text } }
  }
  const readings = [...during.map(toldIn('During')), ...after.map(toldIn('After'))]
  const broken = readings.find(({ holds }) => holds === false)
  if (broken !== undefined) return { verdict: 'failed', because: broken.because }
  const [first] = missing
  if (first !== undefined)
    return {
      verdict: 'failed',
      because: { rule: 'expected-did-not-happen', observed: missing.length, limit: 0, text: first },
    }
  const open = readings.find(({ holds }) => holds === null)
  if (open !== undefined) return { verdict: 'inconclusive', because: open.because }
  const text = `${during.length === 1 ? 'The line' : `All ${during.length} lines`} held through ${injected} injections.`
  return { verdict: 'held', because: { rule: 'steady-state-held', observed: injected, limit: null, text } }
}

/** A reading whose sentence says when it was. */
const toldIn =
  (phase: 'During' | 'After') =>
  (reading: ChaosReading): ChaosReading => ({
    ...reading,
    because: { ...reading.because, text: `${phase} the injections: ${reading.because.text}` },
  })

/** What was expected of a run and did not happen, as sentences. */
export function missingOf(
  { expectedFallback }: ChaosDefinition,
  { fallbacks, delivery }: Pick<ChaosReport, 'fallbacks' | 'delivery'>,
): string[] {
  const missing: string[] = []
  if (expectedFallback !== null) {
    const { macro, withinMs } = expectedFallback
    const name = macro ?? 'a fallback'
    const invoked = fallbacks.filter((one) => one.outcome === 'invoked' && (macro === null || one.macro === macro))
    const [first] = invoked.toSorted((a, b) => a.afterMs - b.afterMs)
    if (first === undefined) missing.push(`Expected ${name} to be invoked; it was not.`)
    else if (first.afterMs > withinMs)
      missing.push(`Expected ${name} within ${withinMs} ms; it was invoked after ${first.afterMs} ms.`)
  }
  if (delivery !== null && delivery.received < delivery.sent)
    missing.push(`${delivery.sent - delivery.received} of ${delivery.sent} signals were not received.`)
  return missing
}

/** The first broken line that ends a run; null: it goes on. Unknown ends nothing. */
export function abortingReading(readings: readonly ChaosReading[]): Because | null {
  return readings.find(({ holds }) => holds === false)?.because ?? null
}
