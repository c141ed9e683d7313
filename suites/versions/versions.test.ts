import { expect, test } from 'vitest'
import { judgeRandomSets } from './brute-force.ts'
import { Chance } from './chance.ts'
import { npmGrid, randomNpmRange } from './npm-grid.ts'
import { pep440Grid, randomSpecifier } from './pep440-grid.ts'

// The whole of it, 20,000 sets of each kind and the tables: `npm run suite -- versions`.
test.each([
  ['npm', npmGrid, randomNpmRange],
  ['PyPI', pep440Grid, randomSpecifier],
] as const)('100 random sets of ranges of %s are judged as all versions of a grid say', (_name, grid, range) => {
  const tally = judgeRandomSets(grid(), new Chance(7), { sets: 100, pool: 30, range })
  expect(tally).toMatchObject({ sets: 100, disagreements: 0 })
  expect(tally.compatible).toBeGreaterThan(5)
})
