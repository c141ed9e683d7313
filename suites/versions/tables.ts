import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ecosystem } from '../../packages/server/src/slices/act/artifacts/model/versions/requirement.ts'
import { judgeVersions } from '../../packages/server/src/slices/act/artifacts/model/versions/verdict.ts'
import { npmCases } from './npm-tables.ts'
import { pep440Cases } from './pep440-tables.ts'

/** A row of a table, as ranges that have a version in common or not. */
export interface TableCase {
  readonly table: string
  readonly ranges: readonly string[]
  /** `known`: compatible or not, but readable. Null: the row is about something else (a mode that is not ours). */
  readonly expected: 'compatible' | 'incompatible' | 'unknown' | 'known' | null
  /** Only a loose reading reads it, so that `unknown` is right, too. */
  readonly isLoose: boolean
}

export interface TablesTally {
  rows: number
  wrong: number
  /** Read by npm's loose mode alone, and unknown here. */
  looseUnknown: number
  /** Rows of the tables used that ask for another mode (prereleases always in, or never). */
  otherModes: number
}

export function runTables(dataDir: string): TablesTally {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(dataDir, path), 'utf8'))
  const tally = { rows: 0, wrong: 0, looseUnknown: 0, otherModes: 0 }
  for (const one of npmCases(read('node-semver/fixtures.json'))) hold('npm', one, tally)
  for (const file of ['pep440/test_specifiers.json', 'pep440/test_ranges.json'])
    for (const one of pep440Cases(read(file))) hold('pypi', one, tally)
  return tally
}

function hold(ecosystem: Ecosystem, { table, ranges, expected, isLoose }: TableCase, tally: TablesTally): void {
  if (expected === null) {
    tally.otherModes += 1
    return
  }
  const [verdict] = judgeVersions(ranges.map((range) => ({ ecosystem, name: 'a', range, holder: 'a' })))
  const kind = verdict?.kind ?? 'unknown'
  tally.rows += 1
  if (expected === 'known' ? kind !== 'unknown' : kind === expected) return
  if (isLoose && kind === 'unknown') {
    tally.looseUnknown += 1
    return
  }
  tally.wrong += 1
  console.log(`${table}: ${JSON.stringify(ranges)} is ${kind}, the table says ${expected}`)
}
