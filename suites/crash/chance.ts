import { createHash } from 'node:crypto'

/** A number from 0 to below 1 that depends on the seed and the labels alone, so that every round can be made again. */
export function chance(seed: string, ...labels: readonly (string | number)[]): number {
  return (
    createHash('sha256')
      .update([seed, ...labels].join('|'))
      .digest()
      .readUInt32BE() /
    2 ** 32
  )
}
