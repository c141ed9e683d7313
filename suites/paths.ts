import { parseArgs } from 'node:util'
import { checkClaims, GlobPool, randomClaims } from '../packages/server/src/testkit/paths/cases.ts'
import { seededRandom } from '../packages/server/src/testkit/seeded-random.ts'
import type { Run } from '../tools/run-named.ts'

/**
 * Sets of random claims on files of one seed: each two of them must be a conflict exactly where a plain model of a file system
 * that ignores case and normal form cannot have both in either order, and two globs exactly where picomatch matches one path
 * by both. `--cases` (100,000), `--globs` (2,000), `--seed` (1).
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: '100000' },
      globs: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
    },
  })
  const random = seededRandom(Number(values.seed))
  const pool = new GlobPool(random, Number(values.globs))
  const cases = Number(values.cases)
  const byKind: Record<string, number> = {}
  let wrong = 0
  for (let index = 0; index < cases; index++) {
    const found = checkClaims(randomClaims(random, pool), pool)
    for (const { kind } of found.conflicts) byKind[kind] = (byKind[kind] ?? 0) + 1
    if (found.wrong.length === 0) continue
    wrong += 1
    if (wrong <= 20) console.log(`case ${index}: ${found.wrong.join('; ')}`)
  }
  return { passed: cases - wrong, failed: wrong, result: { cases, wrong, byKind } }
}
