import type { Random } from '../../ports/random.ts'
import {
  comparePathClaims,
  findPathConflicts,
  type PathClaim,
  type PathConflict,
} from '../../slices/act/artifacts/model/paths/claims.ts'
import { chance, matcherOf, pick, randomGlob, smallPaths } from './globs.ts'
import { areIndependent, type Intent, intentOf, isAbove } from './model-tree.ts'

/** What is wrong with what was found about one set of claims; empty: nothing. */
export interface CaseFinding {
  readonly conflicts: readonly PathConflict[]
  readonly wrong: readonly string[]
}

/** Globs with the small paths each matches, worked out once. */
export class GlobPool {
  readonly #random: Random
  readonly #globs: readonly string[]
  readonly #alternatives = new Map<string, readonly ((path: string) => boolean)[]>()
  readonly #byText = new Map<
    string,
    { readonly matches: (path: string) => boolean; readonly small: readonly boolean[] }
  >()

  constructor(random: Random, count: number) {
    this.#random = random
    this.#globs = Array.from({ length: count }, () => randomGlob(random))
    for (const text of this.#globs) {
      const matches = matcherOf(text)
      this.#byText.set(text, { matches, small: smallPaths.map(matches) })
    }
  }

  any(): string {
    return pick(this.#random, this.#globs)
  }

  /** Whether picomatch says so. */
  matches(glob: string, path: string): boolean {
    return this.#of(glob).matches(path)
  }

  /** The shortest of the small paths that both match. */
  shortest(a: string, b: string): string | undefined {
    const [one, other] = [this.#of(a).small, this.#of(b).small]
    return smallPaths.find((_, at) => one[at] === true && other[at] === true)
  }

  /** The same for each way of reading its braces, which do not stand in each other. */
  alternatives(glob: string): readonly ((path: string) => boolean)[] {
    const known = this.#alternatives.get(glob) ?? withoutBraces(glob).map(matcherOf)
    this.#alternatives.set(glob, known)
    return known
  }

  #of(glob: string) {
    const known = this.#byText.get(glob)
    if (known === undefined) throw new Error(`a glob of the pool: ${glob}`)
    return known
  }
}

/** Two to five claims of two to five artifacts on few paths, so that they meet. */
export function randomClaims(random: Random, pool: GlobPool): readonly PathClaim[] {
  return Array.from({ length: 2 + Math.floor(random.unit() * 4) }, (_, index) => ({
    ...randomClaim(random, pool),
    holder: chance(random, 0.1) ? 'artifact 0' : `artifact ${index}`,
  }))
}

function randomClaim(random: Random, pool: GlobPool): Omit<PathClaim, 'holder'> {
  const operation = pick(random, ['create', 'create', 'edit', 'edit', 'delete', 'rename', 'rename', 'glob'] as const)
  if (operation === 'glob') return { operation, path: pool.any(), to: null, contentHash: null }
  const path = randomPath(random)
  const contentHash = operation === 'delete' || chance(random, 0.3) ? null : pick(random, ['1', '2'])
  if (operation !== 'rename') return { operation, path, to: null, contentHash }
  const others = [randomPath(random), randomPath(random), randomPath(random), `${path}x`]
  return { operation, path, to: others.find((one) => one !== path) ?? null, contentHash }
}

function randomPath(random: Random): string {
  const name = () =>
    pick(random, ['a', 'a', 'A', 'b', 'ab', 'caf\u00e9', 'cafe\u0301', 'CAF\u00c9', 'ma\u00df', 'MASS'])
  return Array.from({ length: pick(random, [1, 1, 1, 2, 2, 3]) }, name).join('/')
}

/** Compares what is found among claims with what the model tree says about each two of them. */
export function checkClaims(claims: readonly PathClaim[], pool: GlobPool): CaseFinding {
  const wrong: string[] = []
  const conflicts = findPathConflicts(claims)
  const found = new Map(conflicts.map((one) => [`${claims.indexOf(one.first)} ${claims.indexOf(one.second)}`, one]))
  for (const [at, a] of claims.entries()) {
    for (const [by, b] of claims.entries()) {
      if (by <= at) continue
      const conflict = found.get(`${at} ${by}`) ?? null
      const expected = a.holder === b.holder ? false : isConflict(a, b, pool, conflict)
      if ((conflict !== null) !== expected)
        wrong.push(`${shown(a)} and ${shown(b)}: ${conflict?.kind ?? 'no conflict'}`)
      if (comparePathClaims(a, b)?.kind !== comparePathClaims(b, a)?.kind)
        wrong.push(`${shown(a)} and ${shown(b)}: other kinds the other way round`)
    }
  }
  return { conflicts, wrong }
}

function shown({ operation, path, to, contentHash }: PathClaim): string {
  return `${operation} ${path}${to === null ? '' : ` to ${to}`} (${contentHash ?? '?'})`
}

function isConflict(a: PathClaim, b: PathClaim, pool: GlobPool, found: PathConflict | null): boolean {
  if (a.operation === 'glob' && b.operation === 'glob') return doGlobsMeet(a.path, b.path, pool, found)
  if (a.operation !== 'glob' && b.operation !== 'glob') return !areIndependent(intentOf(a, 'one'), intentOf(b, 'other'))
  const [glob, intent] = a.operation === 'glob' ? [a.path, intentOf(b, 'other')] : [b.path, intentOf(a, 'other')]
  return isInWay(glob, intent, pool)
}

/** By the list of small paths; a path that was named counts if picomatch says that both match it, and none is shorter. */
function doGlobsMeet(a: string, b: string, pool: GlobPool, found: PathConflict | null): boolean {
  const shortest = pool.shortest(a, b)
  if (found === null) return shortest !== undefined
  const { example } = found
  return pool.matches(a, example) && pool.matches(b, example) && example.length <= (shortest ?? example).length
}

/**
 * Whether a glob is in the way of an intent: it may write every path that it matches, but means neither directories of the
 * intent nor paths below its files, unless an alternative of its braces means nothing but those. The paths that matter are the
 * intent's own, short ones, and short ones below its own.
 */
function isInWay(glob: string, intent: Intent, pool: GlobPool): boolean {
  const named = intent.to === null ? [intent.path] : [intent.path, intent.to]
  const own = named.map((path) => path.normalize('NFC').toLowerCase().replaceAll('\u00df', 'ss'))
  if (own.some((path) => pool.matches(glob, path) && !isPossible(path, intent))) return true
  return pool.alternatives(glob).some((matches) =>
    own.some((path) => {
      const below = smallPaths.filter((short) => matches(`${path}/${short}`))
      return below.length > 0 && !elsewhere.some((other) => matches(other) && !isAbove(path, other))
    }),
  )
}

/** Short paths also with a letter of which no glob and no claim speaks. */
const elsewhere = smallPaths.flatMap((short) => [short, short.replace('b', 'z'), short.replaceAll('b', 'z')])

function isPossible(path: string, intent: Intent): boolean {
  return areIndependent({ operation: 'create', path, to: null, content: 'of the glob' }, intent)
}

function withoutBraces(glob: string): readonly string[] {
  const [braces, inner = ''] = /\{([^}]*)\}/.exec(glob) ?? []
  if (braces === undefined) return [glob]
  return inner.split(',').flatMap((part) => withoutBraces(glob.replace(braces, () => part)))
}
