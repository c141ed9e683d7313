import { regularizedIncompleteBeta } from './beta.ts'
import { bisectIncreasing } from './root.ts'

/** P(T ≤ t) of Student's t with `degreesOfFreedom` > 0 (need not be whole: Welch). Abramowitz & Stegun 26.7.1. */
export function studentCdf(t: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom > 0) || Number.isNaN(t)) throw new RangeError(`no t at ${t} with ${degreesOfFreedom} d.f.`)
  if (t === 0) return 0.5
  const squared = t * t
  const x = degreesOfFreedom / (degreesOfFreedom + squared)
  const tail = 0.5 * regularizedIncompleteBeta(x, degreesOfFreedom / 2, 0.5, squared / (degreesOfFreedom + squared))
  return t < 0 ? tail : 1 - tail
}

/** The t with P(T ≤ t) = probability, 0 < probability < 1, to about 12 digits. */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1)) throw new RangeError(`no t quantile at ${probability}`)
  if (probability === 0.5) return 0
  if (probability > 0.5) return -studentQuantile(1 - probability, degreesOfFreedom)
  let low = -1
  while (studentCdf(low, degreesOfFreedom) > probability) low *= 2
  return bisectIncreasing((t) => studentCdf(t, degreesOfFreedom) - probability, low, 0)
}
