/**
 * The point in [low, high] where an increasing function turns from negative to non-negative, to the last bits a double
 * has. Plain bisection: slow beside Newton, but it cannot diverge and each call here costs microseconds.
 */
export function bisectIncreasing(f: (x: number) => number, low: number, high: number): number {
  let below = low
  let above = high
  for (let steps = 0; steps < 200; steps++) {
    const middle = (below + above) / 2
    if (middle <= below || middle >= above) break
    if (f(middle) < 0) below = middle
    else above = middle
  }
  return (below + above) / 2
}
