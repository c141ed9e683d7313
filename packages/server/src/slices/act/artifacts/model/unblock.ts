/** A blocking conflict: it ends as soon as one of its members is taken back. */
export interface Hittable {
  readonly conflictId: string
  readonly members: readonly string[]
}

/** Which artifacts to take back so that no conflict is left. */
export interface Unblocking {
  /** In the order of their ids. */
  readonly artifactIds: readonly string[]
  /** Whether no smaller set exists. */
  readonly exact: boolean
  /** No set is smaller than this. */
  readonly lowerBound: number
}

/** Up to so many conflicts (after those that contain others have gone) the smallest set is searched for exactly. */
export const exactConflictsMax = 20

/**
 * A minimum hitting set: the fewest artifacts that have a member in every conflict. Of sets of one size the cheapest by
 * `costOf` (say, 1 for what is only a draft, 2 for what is ACTIVE), then the first by id.
 *
 * Exact up to 20 conflicts, by search with branching on the conflict with the fewest members. Above it is greedy (Chvátal
 * 1979): at most H(d) = 1 + 1/2 + … + 1/d times the minimum, d being the most conflicts that one artifact is in. The lower
 * bound is a set of conflicts that share no member, each of which needs an artifact of its own.
 */
export function fewestToTakeBack(conflicts: readonly Hittable[], costOf: (artifactId: string) => number): Unblocking {
  const open = smallestOf(conflicts.map(({ members }) => [...new Set(members)].toSorted()))
  const lowerBound = disjoint(open)
  const greedy = takeGreedily(open, costOf)
  if (open.length > exactConflictsMax)
    return { artifactIds: greedy.toSorted(), exact: greedy.length === lowerBound, lowerBound }
  const best = searchExactly(open, costOf, greedy)
  return { artifactIds: best.toSorted(), exact: true, lowerBound: best.length }
}

/** Without conflicts that contain another: what hits the smaller one hits them. Nor any without members. */
function smallestOf(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const unique = [...new Map(sets.filter((set) => set.length > 0).map((set) => [set.join(' '), set])).values()]
  const bySize = unique.toSorted((a, b) => a.length - b.length || (a.join() < b.join() ? -1 : 1))
  const kept: (readonly string[])[] = []
  // Every contained set of a conflict shares its members, so only those that were kept under one of them are compared.
  const keptBy = new Map<string, Set<readonly string[]>>()
  for (const set of bySize) {
    const own = new Set(set)
    const near = new Set(set.flatMap((member) => [...(keptBy.get(member) ?? [])]))
    if ([...near].some((other) => other.every((member) => own.has(member)))) continue
    kept.push(set)
    for (const member of set) keptBy.set(member, (keptBy.get(member) ?? new Set()).add(set))
  }
  return kept
}

function disjoint(sets: readonly (readonly string[])[]): number {
  const used = new Set<string>()
  let count = 0
  for (const set of sets) {
    if (set.some((member) => used.has(member))) continue
    for (const member of set) used.add(member)
    count++
  }
  return count
}

type Cost = (artifactId: string) => number

function takeGreedily(sets: readonly (readonly string[])[], costOf: Cost): readonly string[] {
  let left = sets
  const taken: string[] = []
  while (left.length > 0) {
    const [best] = candidatesOf(left, costOf)
    if (best === undefined) break
    taken.push(best)
    left = left.filter((set) => !set.includes(best))
  }
  return taken
}

/** Members by how many of the sets they hit, the most first; then the cheapest, then by id. */
function candidatesOf(sets: readonly (readonly string[])[], costOf: Cost): readonly string[] {
  const hits = new Map<string, number>()
  for (const member of sets.flat()) hits.set(member, (hits.get(member) ?? 0) + 1)
  return [...hits]
    .toSorted(([a, more], [b, fewer]) => fewer - more || costOf(a) - costOf(b) || (a < b ? -1 : 1))
    .map(([member]) => member)
}

function searchExactly(
  sets: readonly (readonly string[])[],
  costOf: Cost,
  known: readonly string[],
): readonly string[] {
  let best = known.toSorted()
  const costOfAll = (taken: readonly string[]) => taken.reduce((sum, id) => sum + costOf(id), 0)
  const isBetter = (taken: readonly string[]) => {
    if (taken.length !== best.length) return taken.length < best.length
    const [cost, bestCost] = [costOfAll(taken), costOfAll(best)]
    return cost !== bestCost ? cost < bestCost : taken.toSorted().join(' ') < best.join(' ')
  }
  // `barred`: members that an earlier branch of the same conflict has tried in every combination.
  const search = (
    left: readonly (readonly string[])[],
    taken: readonly string[],
    barred: ReadonlySet<string>,
  ): void => {
    const [set] = left.toSorted((a, b) => a.length - b.length)
    if (set === undefined) {
      if (isBetter(taken)) best = taken.toSorted()
      return
    }
    if (taken.length + disjoint(left) > best.length) return
    const tried = new Set(barred)
    for (const member of candidatesOf(left, costOf).filter((one) => set.includes(one) && !barred.has(one))) {
      search(
        left.filter((other) => !other.includes(member)),
        [...taken, member],
        tried,
      )
      tried.add(member)
    }
  }
  search(sets, [], new Set())
  return best
}
