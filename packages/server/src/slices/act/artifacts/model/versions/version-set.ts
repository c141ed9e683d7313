/** What a range admits, in the form that the search works on. `Version` is the ecosystem's own reading of a version. */
export interface VersionSet<Version> {
  includes(version: Version): boolean
}

export interface CandidateVersion<Version> {
  readonly text: string
  readonly version: Version
}

/** Ranges of one package, read together. */
export interface ReadRanges<Version> {
  /**
   * Decisive: whenever any version at all is in each of some of these sets, one of these is, too. The most plausible
   * first: those that stand in a range, then other releases, then what comes before a release.
   */
  readonly candidates: readonly CandidateVersion<Version>[]
  /** One for each range, in the order in which they were handed in. */
  readonly sets: readonly VersionSet<Version>[]
}

/** What ranges of one package mean for each other; positions are those of the sets. */
export interface Weighed {
  /** A version that all of them admit. Null: there is none. */
  readonly witness: string | null
  /**
   * Without a witness: positions of a minimal unsatisfiable subset. No version is in all of these, and without any one of
   * them there is one. Of several such subsets the one whose last member comes first.
   */
  readonly conflict: readonly number[]
  /** A version that all the others admit. */
  witnessWithout(position: number): string | null
}

export function weigh<Version>({ candidates, sets }: ReadRanges<Version>): Weighed {
  const witnessOf = (those: readonly VersionSet<Version>[]) =>
    candidates.find(({ version }) => those.every((set) => set.includes(version)))?.text ?? null
  const witness = witnessOf(sets)
  return {
    witness,
    conflict: witness === null ? minimalConflict({ candidates, sets }) : [],
    witnessWithout: (position) => witnessOf(sets.toSpliced(position, 1)),
  }
}

/** Grows from the front: each round finds the set at which the versions run out, and forgets all that follow it. */
function minimalConflict<Version>({ candidates, sets }: ReadRanges<Version>): readonly number[] {
  const core: number[] = []
  let alive = candidates
  let end = sets.length
  while (alive.length > 0) {
    const last = runsOutAt(alive, sets, end)
    if (last === null) return []
    core.push(last)
    alive = alive.filter(({ version }) => sets[last]?.includes(version))
    end = last
  }
  return core.toSorted((a, b) => a - b)
}

function runsOutAt<Version>(
  candidates: readonly CandidateVersion<Version>[],
  sets: readonly VersionSet<Version>[],
  end: number,
): number | null {
  let left = candidates
  for (const [at, set] of sets.slice(0, end).entries()) {
    left = left.filter(({ version }) => set.includes(version))
    if (left.length === 0) return at
  }
  return null
}
