import { type Pep440Version, pep440Text, readPep440Version } from '../../../../../kernel/pep440-version.ts'
import { clauseIncludes, type Pep440Candidate, type Pep440Clause } from './pep440-clause.ts'
import {
  before,
  ceiling,
  compareCuts,
  comparePoints,
  floor,
  isPrerelease,
  type Pep440Cut,
  type Pep440Point,
  pointOf,
  versionAt,
} from './pep440-point.ts'
import type { CandidateVersion, ReadRanges } from './version-set.ts'

/**
 * Version specifiers (PEP 440) with decisive candidates: the cuts of all clauses part the line of versions into pieces on
 * which every clause holds throughout or nowhere, so one version of each piece is enough, a release where it has one.
 *
 * The rule for what comes before a release is pip's: it takes a prerelease where nothing else fits. So prereleases count,
 * and are the witness only where no release is one.
 */
export function readPep440Ranges(specifiers: readonly (readonly Pep440Clause[])[]): ReadRanges<Pep440Candidate> {
  const sets = specifiers.map((clauses) => ({
    includes: (candidate: Pep440Candidate) => clauses.every((clause) => clauseIncludes(clause, candidate)),
  }))
  return { candidates: candidatesOf(specifiers.flat()), sets }
}

function candidatesOf(clauses: readonly Pep440Clause[]): readonly CandidateVersion<Pep440Candidate>[] {
  const stated = clauses.flatMap((clause) => (clause.kind === 'intervals' && clause.stated ? [clause.stated] : []))
  const spellings = clauses.flatMap((clause) => (clause.kind === 'spelling' ? [clause.spelling] : []))
  const pieces = piecesOf(clauses).map(([from, to]) => representative(from, to))
  const releases = pieces.filter((point) => !isPrerelease(point))
  const usual = ['1.0', '0.1'].map(candidateOf)
  const unique = new Map(
    [
      ...ascending(stated).filter(({ point }) => !isPrerelease(point)),
      ...usual,
      ...releases.filter((point) => !isPost(point)).map(candidateAt),
      ...releases.filter(isPost).map(candidateAt),
      ...pieces.filter(isPrerelease).map(candidateAt),
      ...spellings.map(candidateOf),
    ].map((candidate) => [candidate.text, candidate]),
  )
  return [...unique.values()].map((version) => ({ text: version.text, version }))
}

function piecesOf(clauses: readonly Pep440Clause[]): readonly (readonly [Pep440Cut, Pep440Cut])[] {
  const intervals = clauses.flatMap((clause) => (clause.kind === 'intervals' ? clause.intervals : []))
  const cuts = [floor, ...intervals.flat(), ceiling].toSorted(compareCuts)
  return cuts.flatMap((cut, at) => {
    const next = cuts[at + 1]
    return next === undefined || compareCuts(cut, next) >= 0 ? [] : [[cut, next] as const]
  })
}

/** A version between two cuts: the lowest release if there is one. Between two cuts there is always some version. */
function representative(from: Pep440Cut, to: Pep440Cut): Pep440Point {
  const isWithin = (point: Pep440Point) => compareCuts(from, before(point)) <= 0 && compareCuts(before(point), to) < 0
  const release = releasesAbove(from, to).find(isWithin)
  if (release !== undefined) return release
  return from.behind ? (localsAbove(from.point, to).find(isWithin) ?? from.point) : from.point
}

function releasesAbove({ point, behind: isBehind }: Pep440Cut, to: Pep440Cut): readonly Pep440Point[] {
  if (!isPrerelease(point)) {
    if (!isBehind) return [point]
    return point.local === 'all' ? releasesBehindPosts(point, to) : localsAbove(point, to)
  }
  const [phase, , isPost, post] = point.suffix
  // 1.0a1, 1.0a1.post2 and 1.0.dev3 lead to 1.0.
  if (phase !== finalPhase) return [{ ...point, suffix: [finalPhase, 0, 0, 0, 1, 0], local: null }]
  // 1.0.post1.dev0 leads to 1.0.post1; what follows 1.0 and its post releases is more usual.
  return [...releasesBehindPosts(point, to), { ...point, suffix: [phase, 0, isPost, post, 1, 0], local: null }]
}

const finalPhase = 3

/** Behind 1.4.2 and its post releases: 1.4.3, else 1.4.2.1, else 1.4.2.0…01 with more parts than the upper end has. */
function releasesBehindPosts({ epoch, release }: Pep440Point, to: Pep440Cut): readonly Pep440Point[] {
  const last = release.at(-1)
  const nextPart = last === undefined || release.length < 2 ? [] : [[...release.slice(0, -1), last + 1]]
  const zeros = Math.max(0, to.point.release.length - release.length)
  const releases = [
    ...nextPart,
    [...(release.length === 0 ? [0] : release), 1],
    [...release, ...Array<number>(zeros).fill(0), 1],
  ]
  return releases.map((parts) => pointOf({ epoch, release: parts, pre: null, post: null, dev: null, local: null }))
}

/** Straight behind a local: `+x.1`, or `+x.0…0a`, which is before every other that continues it up to the upper end. */
function localsAbove(point: Pep440Point, to: Pep440Cut): readonly Pep440Point[] {
  const own = point.local === null || point.local === 'all' ? [] : point.local
  const beyond = to.point.local === null || to.point.local === 'all' ? [] : to.point.local
  const longest = Math.max(0, ...beyond.map((part) => String(part).length))
  return [1, `${'0'.repeat(longest)}a`].map((part) => ({ ...point, local: [...own, part] }))
}

function ascending(versions: readonly Pep440Version[]) {
  const candidates = versions.map((version) => ({ text: pep440Text(version), point: pointOf(version) }))
  return candidates.toSorted((a, b) => comparePoints(a.point, b.point))
}

const isPost = ({ suffix: [, , post] }: Pep440Point) => post === 1
const candidateAt = (point: Pep440Point): Pep440Candidate => ({ text: pep440Text(versionAt(point)), point })

function candidateOf(text: string): Pep440Candidate {
  const version = readPep440Version(text)
  return { text, point: version === null ? null : pointOf(version) }
}
