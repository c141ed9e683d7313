import type { Ecosystem } from '../../packages/server/src/slices/act/artifacts/model/versions/requirement.ts'
import {
  judgeVersions,
  type VersionVerdict,
} from '../../packages/server/src/slices/act/artifacts/model/versions/verdict.ts'
import type { Chance } from './chance.ts'

/** All versions of a grid, and how a plain reading of the rules tells what a range admits of them. */
export interface Grid {
  readonly ecosystem: Ecosystem
  readonly versions: readonly string[]
  /** One flag for each version of the grid. */
  admitted(range: string): Uint8Array
  /** Whether a range admits a version that need not be on the grid. */
  includes(range: string, version: string): boolean
  /** Whether two ranges have a version in common by the way that is usual without a search; null: there is none. */
  naive(left: string, right: string): boolean | null
}

export interface SetsTally {
  sets: number
  compatible: number
  disagreements: number
  /** Sets that the pairwise way judges wrongly, and pairs that it does. */
  naiveWrong: number
  pairs: number
  naivePairsWrong: number
  /** Sets whose pairs all agree, and that have no version in common. */
  agreeOnlyInPairs: number
}

interface PooledRange {
  readonly range: string
  readonly admitted: Uint8Array
}

/** Judges random sets of 2 to 5 ranges, and holds each verdict, witness and minimal subset to the whole grid. */
export function judgeRandomSets(
  grid: Grid,
  chance: Chance,
  asked: { readonly sets: number; readonly pool: number; readonly range: (chance: Chance) => string },
): SetsTally {
  const pool = Array.from({ length: asked.pool }, (): PooledRange => {
    const range = asked.range(chance)
    return { range, admitted: grid.admitted(range) }
  })
  const tally = {
    sets: 0,
    compatible: 0,
    disagreements: 0,
    naiveWrong: 0,
    pairs: 0,
    naivePairsWrong: 0,
    agreeOnlyInPairs: 0,
  }
  for (let at = 0; at < asked.sets; at++)
    judgeSet(
      grid,
      chance.times(2, 5, () => chance.of(pool)),
      tally,
    )
  return tally
}

function judgeSet(grid: Grid, set: readonly PooledRange[], tally: SetsTally): void {
  const truth = agree(set)
  tally.sets += 1
  tally.compatible += Number(truth)
  const fault = faultOf(grid, set, truth)
  if (fault !== null) {
    tally.disagreements += 1
    if (tally.disagreements <= 20) console.log(`${grid.ecosystem}: ${fault}: ${JSON.stringify(set.map(rangeOf))}`)
  }
  countNaive(grid, set, truth, tally)
}

function faultOf(grid: Grid, set: readonly PooledRange[], truth: boolean): string | null {
  const { ecosystem } = grid
  const asked = set.map(({ range }, at) => ({ ecosystem, name: 'a', range, holder: String(at) }))
  const [verdict] = judgeVersions(asked)
  if (verdict === undefined || verdict.kind === 'unknown') return 'not judged'
  if ((verdict.kind === 'compatible') !== truth) return `${verdict.kind}, the grid says otherwise`
  if (verdict.kind === 'compatible') return witnessFault(grid, set, verdict.witness)
  return minimalFault(set, verdict)
}

function witnessFault(grid: Grid, set: readonly PooledRange[], witness: string): string | null {
  const outside = set.find(({ range }) => !grid.includes(range, witness))
  return outside === undefined ? null : `the witness ${witness} is not in ${outside.range}`
}

/** The subset has no version in common, and has one whichever member leaves it. */
function minimalFault(
  set: readonly PooledRange[],
  { minimal }: Extract<VersionVerdict, { kind: 'incompatible' }>,
): string | null {
  const core = minimal.flatMap(({ holder }) => set[Number(holder)] ?? [])
  if (core.length === 0 || agree(core)) return 'the minimal subset agrees'
  const needless = core.findIndex((_, at) => core.length > 1 && !agree(core.toSpliced(at, 1)))
  return needless < 0 ? null : `${core[needless]?.range} is not needed in the minimal subset`
}

function countNaive(grid: Grid, set: readonly PooledRange[], truth: boolean, tally: SetsTally): void {
  const pairs = set.flatMap((left, at) => set.slice(at + 1).map((right) => [left, right] as const))
  const agreeing = pairs.map((pair) => agree(pair))
  const naive = pairs.map(([left, right]) => grid.naive(left.range, right.range))
  tally.pairs += pairs.length
  tally.naivePairsWrong += naive.filter((answer, at) => answer !== null && answer !== agreeing[at]).length
  tally.agreeOnlyInPairs += Number(!truth && agreeing.every(Boolean))
  const naively = naive.every((answer, at) => answer ?? agreeing[at])
  tally.naiveWrong += Number(naively !== truth)
}

function agree(set: readonly PooledRange[]): boolean {
  const [first, ...rest] = set
  return first?.admitted.some((flag, at) => flag === 1 && rest.every(({ admitted }) => admitted[at] === 1)) ?? true
}

const rangeOf = ({ range }: PooledRange) => range
