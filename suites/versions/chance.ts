import { seededRandom } from '../../packages/server/src/testkit/seeded-random.ts'

/** What a seed draws, always the same. */
export class Chance {
  readonly #unit: () => number

  constructor(seed: number) {
    this.#unit = seededRandom(seed).unit
  }

  below(limit: number): number {
    return Math.floor(this.#unit() * limit)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }

  times<T>(least: number, most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.between(least, most) }, make)
  }
}
