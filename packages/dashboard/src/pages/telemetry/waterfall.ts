import type { Action, Execution } from '@metaagent/contract'

/** A stretch of time that the waterfall shows. */
export interface TimeSpan {
  readonly fromMs: number
  readonly toMs: number
}

/** From the first start to the last end of everything in a trace; steps may lie outside of their execution. */
export function wholeSpan(
  execution: Pick<Execution, 'startedAt' | 'endedAt'>,
  actions: readonly Pick<Action, 'startedAt' | 'endedAt'>[],
): TimeSpan {
  let fromMs = Date.parse(execution.startedAt)
  let toMs = execution.endedAt === null ? fromMs : Date.parse(execution.endedAt)
  for (const { startedAt, endedAt } of actions) {
    fromMs = Math.min(fromMs, Date.parse(startedAt))
    toMs = Math.max(toMs, Date.parse(endedAt))
  }
  return { fromMs, toMs: Math.max(toMs, fromMs + 1) }
}

/** Where a bar stands in a stretch of time, in shares of its width (0…1); null when it lies outside. */
export function barOf(
  span: TimeSpan,
  startMs: number,
  endMs: number,
): { readonly left: number; readonly width: number } | null {
  const length = span.toMs - span.fromMs
  const left = (startMs - span.fromMs) / length
  const right = (Math.max(startMs, endMs) - span.fromMs) / length
  if (right < 0 || left > 1) return null
  const [start, end] = [Math.max(0, left), Math.min(1, right)]
  return { left: start, width: end - start }
}

/** A stretch around a step with a tenth of its length on both sides, inside the whole. */
export function zoomTo(whole: TimeSpan, startMs: number, endMs: number): TimeSpan {
  const margin = Math.max(1, (endMs - startMs) / 10)
  return {
    fromMs: Math.max(whole.fromMs, startMs - margin),
    toMs: Math.min(whole.toMs, Math.max(endMs, startMs + 1) + margin),
  }
}

/** Offsets for the time axis, in milliseconds from the start: round steps of 1, 2 or 5, at most `most` of them. */
export function ticksOf({ fromMs, toMs }: TimeSpan, originMs: number, most: number): readonly number[] {
  const step = roundStep((toMs - fromMs) / most)
  const first = Math.ceil((fromMs - originMs) / step) * step
  const ticks: number[] = []
  for (let at = first; at <= toMs - originMs && ticks.length <= most; at += step) ticks.push(at)
  return ticks
}

function roundStep(atLeast: number): number {
  const minute = 60_000
  for (const unit of [1, 10, 100, 1000, 10_000]) {
    for (const digit of [1, 2, 5]) if (unit * digit >= atLeast && unit * digit < minute) return unit * digit
  }
  for (const minutes of [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720])
    if (minutes * minute >= atLeast) return minutes * minute
  return Math.ceil(atLeast / (1440 * minute)) * 1440 * minute
}
