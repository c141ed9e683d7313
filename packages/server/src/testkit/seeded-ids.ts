import { uuidV7 } from '../adapters/system/uuid-v7.ts'
import type { Clock } from '../ports/clock.ts'
import type { Ids } from '../ports/ids.ts'
import { seededRandom } from './seeded-random.ts'

/** Valid UUIDv7 from a clock (mostly the fake one) and a seed: the same ids in every run. */
export function seededIds(clock: Clock, seed = 1): Ids {
  return uuidV7(clock, seededRandom(seed))
}
