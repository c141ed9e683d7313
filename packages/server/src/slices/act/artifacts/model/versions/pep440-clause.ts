import { type Pep440Version, readPep440Version } from '../../../../../kernel/pep440-version.ts'
import {
  before,
  behind,
  behindLocals,
  behindPosts,
  ceiling,
  compareCuts,
  floor,
  isPrerelease,
  type Pep440Cut,
  type Pep440Point,
  pointOf,
} from './pep440-point.ts'

/** From its first cut to its second. */
export type Pep440Interval = readonly [Pep440Cut, Pep440Cut]

/** One comparison of a specifier: the versions it admits, or the one spelling (`===`). */
export type Pep440Clause =
  | { readonly kind: 'intervals'; readonly intervals: readonly Pep440Interval[]; readonly stated: Pep440Version | null }
  | { readonly kind: 'spelling'; readonly spelling: string }

/** A version with the spelling in which it is asked about; null: no version of PEP 440. */
export interface Pep440Candidate {
  readonly text: string
  readonly point: Pep440Point | null
}

/**
 * Reads a version specifier (PEP 440) into clauses that hold together; none: every version. Null when it is no specifier.
 *
 * Each clause is exact in pypa/packaging's reading: `>V` leaves out V's post releases and locals, `<V` what comes before
 * V's release, `==V` and `<=V` take V's locals, `==V+x` only that local. Own intervals and not the library's `satisfies`:
 * that one reads `<` and `>` in a simplified way (`1.0.post2` is not in `>1.0.post1` to it).
 */
export function readSpecifier(text: string): readonly Pep440Clause[] | null {
  const parts = text.split(',').map((part) => part.trim())
  const clauses = parts.filter((part) => part !== '').map(readClause)
  return clauses.every((clause) => clause !== null) ? clauses : null
}

export function clauseIncludes(clause: Pep440Clause, { text, point }: Pep440Candidate): boolean {
  if (clause.kind === 'spelling') return clause.spelling === text.toLowerCase()
  if (point === null) return false
  const cut = before(point)
  return clause.intervals.some(([from, to]) => compareCuts(from, cut) <= 0 && compareCuts(cut, to) < 0)
}

const written = /^(===|~=|==|!=|<=|>=|<|>)\s*([^\s;)]*)$/

function readClause(text: string): Pep440Clause | null {
  const [, operator, operand] = written.exec(text) ?? []
  if (operator === undefined || operand === undefined) return null
  if (operator === '===') return { kind: 'spelling', spelling: operand.toLowerCase() }
  return operand.endsWith('.*') ? readPrefix(operator, operand.slice(0, -2)) : readComparison(operator, operand)
}

/** `==1.2.*`: from 1.2.dev0 to before 1.3.dev0. */
function readPrefix(operator: string, operand: string): Pep440Clause | null {
  const version = readPep440Version(operand)
  if (version === null || (operator !== '==' && operator !== '!=')) return null
  if (version.pre !== null || version.post !== null || version.dev !== null || version.local !== null) return null
  const interval = familyOf(version)
  return intervals(operator === '==' ? [interval] : around(interval), operator === '==' ? version : null)
}

function readComparison(operator: string, operand: string): Pep440Clause | null {
  const version = readPep440Version(operand)
  if (version === null) return null
  if (version.local !== null && operator !== '==' && operator !== '!=') return null
  const point = pointOf(version)
  switch (operator) {
    case '>=':
      return intervals([[before(point), ceiling]], version)
    case '<=':
      return intervals([[floor, behindLocals(point)]], version)
    case '>':
      return intervals([[afterExclusive(version), ceiling]], null)
    case '<':
      return intervals([[floor, beforeExclusive(version)]], null)
    case '~=':
      return readCompatible(version)
    default: {
      const exact: Pep440Interval = [before(point), version.local === null ? behindLocals(point) : behind(point)]
      return intervals(operator === '==' ? [exact] : around(exact), operator === '==' ? version : null)
    }
  }
}

/** `~=1.4.2`: from 1.4.2 on, within 1.4. */
function readCompatible(version: Pep440Version): Pep440Clause | null {
  if (version.release.length < 2) return null
  const [, end] = familyOf({ ...version, release: version.release.slice(0, -1) })
  return intervals([[before(pointOf(version)), end]], version)
}

function intervals(those: readonly Pep440Interval[], stated: Pep440Version | null): Pep440Clause {
  return { kind: 'intervals', intervals: those, stated }
}

function around([from, to]: Pep440Interval): readonly Pep440Interval[] {
  return [
    [floor, from],
    [to, ceiling],
  ]
}

/** All versions whose release begins as this one's does. */
function familyOf({ epoch, release }: Pep440Version): Pep440Interval {
  const next = [...release.slice(0, -1), (release.at(-1) ?? 0) + 1]
  return [before(firstOf(epoch, release)), before(firstOf(epoch, next))]
}

function firstOf(epoch: number, release: readonly number[]): Pep440Point {
  return pointOf({ epoch, release, pre: null, post: null, dev: 0, local: null })
}

function afterExclusive(version: Pep440Version): Pep440Cut {
  const point = pointOf(version)
  return version.dev !== null || version.post !== null ? behindLocals(point) : behindPosts(point)
}

function beforeExclusive(version: Pep440Version): Pep440Cut {
  return before(isPrerelease(pointOf(version)) ? pointOf(version) : pointOf({ ...version, dev: 0 }))
}
