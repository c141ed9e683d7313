import type { Random } from '../../packages/server/src/ports/random.ts'
import type { SeenRow } from '../../packages/server/src/slices/judge/drift/model/stream.ts'

/** The rows of one stream in order of time; null: nothing came in this step. */
export type Steps = (random: Random) => (step: number) => SeenRow | null

const row = (atMs: number, runs: number, failures: number | null, value: number): SeenRow => ({
  atMs,
  runs,
  failures,
  value,
  judgmentId: null,
  executionId: null,
})

/**
 * Verdicts that fail at `rate`, `perStep` of them in a step on average (Poisson), each equal to the one before with
 * probability `repeats`, through quiet steps too.
 */
export function verdicts(of: {
  readonly rate: number
  readonly repeats: number
  readonly perStep: number
  readonly stepMs: number
}): Steps {
  return (random) => {
    const fresh = () => (random.unit() < of.rate ? 1 : 0)
    let last = fresh()
    return (step) => {
      const runs = poisson(random, of.perStep)
      let failures = 0
      for (let run = 0; run < runs; run += 1) {
        if (random.unit() >= of.repeats) last = fresh()
        failures += last
      }
      return runs === 0 ? null : row(step * of.stepMs, runs, failures, failures / runs)
    }
  }
}

/** A check that runs once a step. */
export function runsOfCheck(of: { readonly rate: number; readonly repeats: number; readonly stepMs: number }): Steps {
  return (random) => {
    let last = random.unit() < of.rate ? 1 : 0
    return (step) => {
      if (random.unit() >= of.repeats) last = random.unit() < of.rate ? 1 : 0
      return row(step * of.stepMs, 1, last, last)
    }
  }
}

/** Lognormal values around 400, with an AR(1) coefficient and a daily season of that many log units. */
export function latencies(of: {
  readonly correlation: number
  readonly season: number
  readonly stepMs: number
}): Steps {
  return (random) => {
    let noise = 0
    return (step) => {
      noise = of.correlation * noise + Math.sqrt(1 - of.correlation ** 2) * normal(random)
      const hour = (step * of.stepMs) / 3_600_000
      const value = Math.exp(6 + 0.3 * noise + of.season * Math.sin((2 * Math.PI * hour) / 24))
      return row(step * of.stepMs, 20, null, value)
    }
  }
}

/** Knuth's, for small means. */
function poisson(random: Random, mean: number): number {
  const least = Math.exp(-mean)
  let product = random.unit()
  let count = 0
  while (product > least) {
    product *= random.unit()
    count += 1
  }
  return count
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())
}
