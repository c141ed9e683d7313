import { seededRandom } from '../../packages/server/src/testkit/seeded-random.ts'
import type { Crowd } from './crowd.ts'

export interface CrowdShape {
  readonly items: number
  readonly workers: number
  readonly answersPerItem: number
  readonly classes: number
  /** Share of the first class; the others divide the rest. */
  readonly firstShare: number
  /** Lowest and highest probability that a worker is right. */
  readonly skill: readonly [low: number, high: number]
  /** How far, at most, a worker leans to one label whatever is true: 0 none. */
  readonly bias: number
}

/** Workers of different skill and leaning who answer independently given the truth. The same seed, the same crowd. */
export function crowdSample(shape: CrowdShape, seed: number): Crowd {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random.unit() * limit)
  const labels = Array.from({ length: shape.classes }, (_, k) => `class ${k}`)
  const [low, high] = shape.skill
  const workers = Array.from({ length: shape.workers }, (_, at) => ({
    name: `worker ${at}`,
    skill: low + (high - low) * random.unit(),
    lean: random.unit() * shape.bias,
    label: below(shape.classes),
  }))
  const truth = new Map<string, string>()
  const answers = Array.from({ length: shape.items }, (_, at) => {
    const itemId = `question ${at}`
    const right = random.unit() < shape.firstShare ? 0 : 1 + below(shape.classes - 1)
    truth.set(itemId, labels[right] ?? '')
    const first = below(shape.workers)
    return Array.from({ length: shape.answersPerItem }, (_, step) => {
      // A stride that shares no factor with the number of workers asks different ones.
      const worker = workers[(first + step * 7919) % shape.workers]
      const skill = worker?.skill ?? 0
      const wrong = (right + 1 + below(shape.classes - 1)) % shape.classes
      const honest = random.unit() < skill ? right : wrong
      const said = random.unit() < (worker?.lean ?? 0) ? (worker?.label ?? 0) : honest
      return { itemId, judge: worker?.name ?? '', label: labels[said] ?? '' }
    })
  }).flat()
  return { answers, truth }
}
