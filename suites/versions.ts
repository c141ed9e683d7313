import { parseArgs } from 'node:util'
import type { Run } from '../tools/run-named.ts'
import { judgeRandomSets, type SetsTally } from './versions/brute-force.ts'
import { Chance } from './versions/chance.ts'
import { npmGrid, randomNpmRange } from './versions/npm-grid.ts'
import { pep440Grid, randomSpecifier } from './versions/pep440-grid.ts'
import { runTables } from './versions/tables.ts'

/** So many different ranges are made, of which the sets are drawn. */
const pool = 3000

/**
 * Whether what is said of version ranges is so: `--sets` (20,000) random sets of 2 to 5 ranges of npm and as many of PyPI, held
 * to all versions of a grid, and the tables of node-semver and pypa/packaging under `--data`. Beside them how often
 * comparing in pairs is wrong: npm's own `intersects`, and for PyPI pairs judged without a fault. `--seed` (1).
 */
export const run: Run = async ({ dataDir, args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: { sets: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
  })
  const seed = Number(values.seed)
  const sets = Number(values.sets)
  console.log(`seed ${seed}`)
  const npm = judgeRandomSets(npmGrid(), new Chance(seed), { sets, pool, range: randomNpmRange })
  tell('npm', npm, `npm's own intersects, pair by pair: ${npm.naivePairsWrong} of ${npm.pairs} pairs wrong`)
  const pep440 = judgeRandomSets(pep440Grid(), new Chance(seed), { sets, pool, range: randomSpecifier })
  tell('PEP 440', pep440, 'faultless pairs')
  const tables = runTables(dataDir)
  console.log(`tables: ${tables.rows} rows, ${tables.wrong} wrong, ${tables.looseUnknown} only loosely read`)
  const failed = npm.disagreements + pep440.disagreements + tables.wrong
  const passed = npm.sets + pep440.sets + tables.rows - failed
  return Promise.resolve({ passed, failed, result: { seed, npm, pep440, tables } })
}

function tell(name: string, tally: SetsTally, beside: string): void {
  const { sets, compatible, disagreements, naiveWrong, agreeOnlyInPairs } = tally
  console.log(
    `${name}: ${sets} sets, ${compatible} compatible, ${disagreements} disagreements; ${beside}, ${naiveWrong} sets wrong, ` +
      `${agreeOnlyInPairs} agree in pairs alone`,
  )
}
