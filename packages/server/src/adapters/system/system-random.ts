import { randomBytes } from 'node:crypto'
import type { Random } from '../../ports/random.ts'

const twoTo53 = 2 ** 53

/** The system's cryptographically secure generator. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  // 53 random bits, as many as a double holds below 1.
  unit: () => Number(randomBytes(8).readBigUInt64BE() >> 11n) / twoTo53,
}
