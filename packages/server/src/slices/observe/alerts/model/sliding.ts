/**
 * Slides a window over slots of time and gives its content at each step, in one pass: each slot is added once and taken
 * away once, so that a day of five-minute steps with day-long windows costs no more than its slots.
 *
 * `slots` are [start in epoch ms, content], ascending; a window that ends at `at` holds the slots that begin in
 * [at − lengthMs, at). `merge(all, slot, sign)` adds (+1) or takes away (−1).
 */
export function slidingSums<Sum>(
  slots: readonly (readonly [startMs: number, content: Sum])[],
  steps: readonly number[],
  window: {
    readonly lengthMs: number
    readonly empty: Sum
    readonly merge: (all: Sum, slot: Sum, sign: 1 | -1) => Sum
  },
): readonly Sum[] {
  let sum = window.empty
  let next = 0
  let oldest = 0
  return steps.map((at) => {
    for (let slot = slots[next]; slot !== undefined && slot[0] < at; slot = slots[next]) {
      sum = window.merge(sum, slot[1], 1)
      next += 1
    }
    for (
      let slot = slots[oldest];
      oldest < next && slot !== undefined && slot[0] < at - window.lengthMs;
      slot = slots[oldest]
    ) {
      sum = window.merge(sum, slot[1], -1)
      oldest += 1
    }
    return sum
  })
}
