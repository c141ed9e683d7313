import { type NpmRange, readNpmRange } from '../../../../../kernel/npm-range.ts'
import { readNpmRanges } from './npm-ranges.ts'
import { whyNoRange } from './npm-spec.ts'
import { type Pep440Clause, readSpecifier } from './pep440-clause.ts'
import { readPep440Ranges } from './pep440-ranges.ts'
import type { Ecosystem } from './requirement.ts'
import { type Weighed, weigh } from './version-set.ts'

/** A longer range is not read. Those of published packages stay below 200. */
const rangeMaxChars = 2_000

/**
 * More comparisons of one package than this are not weighed against each other: the search takes time by their square
 * (a second at worst at this many). Five hundred different caret ranges stay below it.
 */
export const comparisonsMax = 1500

/** A range taken apart, or why it says nothing about versions. */
export type ReadRange =
  | { readonly kind: 'npm'; readonly range: NpmRange; readonly comparisons: number }
  | { readonly kind: 'pypi'; readonly clauses: readonly Pep440Clause[]; readonly comparisons: number }
  | { readonly kind: 'unknown'; readonly why: string }

export function readRange(ecosystem: Ecosystem, text: string): ReadRange {
  if (text.length > rangeMaxChars) return { kind: 'unknown', why: `it is longer than ${rangeMaxChars} characters` }
  if (ecosystem === 'npm') {
    const range = readNpmRange(text)
    if (range === null) return { kind: 'unknown', why: whyNoRange(text) }
    return { kind: 'npm', range, comparisons: 1 + range.boundaries.length }
  }
  const clauses = readSpecifier(text)
  if (clauses === null) return { kind: 'unknown', why: whyNoSpecifier(text) }
  return { kind: 'pypi', clauses, comparisons: 1 + clauses.length }
}

/** Weighs ranges of one package against each other; none of them may be unknown. */
export function weighRanges(ranges: readonly ReadRange[]): Weighed {
  const pypi = ranges.flatMap((read) => (read.kind === 'pypi' ? [read.clauses] : []))
  if (pypi.length > 0) return weigh(readPep440Ranges(pypi))
  return weigh(readNpmRanges(ranges.flatMap((read) => (read.kind === 'npm' ? [read.range] : []))))
}

function whyNoSpecifier(text: string): string {
  const spec = text.trim()
  if (spec.startsWith('@') || /^[a-z][a-z+.-]*:\/\//i.test(spec)) return 'it takes what stands at an address'
  if (/^git\+|^(hg|svn|bzr)\+/i.test(spec)) return 'it takes a commit of a repository'
  if (/^\.{0,2}\//.test(spec)) return 'it takes a folder or file'
  if (spec.includes(';')) return 'it holds only in the environments that its marker names'
  return 'it is no version specifier of PEP 440'
}
