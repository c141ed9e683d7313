import { seed1 } from './seed-1.ts'
import { seed2 } from './seed-2.ts'
import { seed3 } from './seed-3.ts'
import { seed4 } from './seed-4.ts'
import { seed5 } from './seed-5.ts'
import type { SeedName } from './seed-name.ts'

/** Every class, method, event, topic, table, endpoint, header, environment name and default that the seeds name. */
export const seedNames: readonly SeedName[] = [...seed1, ...seed2, ...seed3, ...seed4, ...seed5]
