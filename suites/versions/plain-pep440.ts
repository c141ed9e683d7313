import { compare } from '@renovatebot/pep440'

/** A version on a grid, in its parts and with its place among all versions of the grid. */
export interface PlainVersion {
  readonly text: string
  readonly epoch: number
  readonly release: readonly number[]
  readonly pre: string
  readonly post: number | null
  readonly dev: number | null
  readonly local: string
  /** Larger: later. Off the grid between two whole numbers. */
  readonly rank: number
  /** The place of the version without its local. */
  readonly publicRank: number
}

export type PlainParts = Omit<PlainVersion, 'text' | 'rank' | 'publicRank'>

/** How a version is spelled in its normal form. */
export function spelled({ epoch, release, pre, post, dev, local }: PlainParts): string {
  const suffix = `${pre}${post === null ? '' : `.post${post}`}${dev === null ? '' : `.dev${dev}`}`
  return `${epoch === 0 ? '' : `${epoch}!`}${release.join('.')}${suffix}${local === '' ? '' : `+${local}`}`
}

/**
 * PEP 440's rules for specifiers, one after the other as the document states them and pypa/packaging 26 decides them, without
 * a thought to speed: the reading that the intervals are held to. The order of versions is the library's.
 */
export function plainClause(clause: string, read: (text: string) => PlainVersion): (version: PlainVersion) => boolean {
  const [, operator = '', operand = ''] = /^(===|~=|==|!=|<=|>=|<|>)(.*)$/.exec(clause) ?? []
  if (operator === '!=') {
    const equal = plainClause(`==${operand}`, read)
    return (version) => !equal(version)
  }
  if (operator === '===') return ({ text }) => text.toLowerCase() === operand.toLowerCase()
  if (operand.endsWith('.*')) {
    const family = read(operand.slice(0, -2))
    return (version) => isOfFamily(version, family)
  }
  return plainComparison(operator, read(operand))
}

function plainComparison(operator: string, stated: PlainVersion): (version: PlainVersion) => boolean {
  switch (operator) {
    case '==':
      return ({ rank, publicRank }) => (stated.local === '' ? publicRank : rank) === stated.rank
    case '>=':
      return ({ publicRank }) => publicRank >= stated.rank
    case '<=':
      return ({ publicRank }) => publicRank <= stated.rank
    case '~=': {
      const family = { ...stated, release: stated.release.slice(0, -1) }
      return (version) => version.publicRank >= stated.rank && isOfFamily(version, family)
    }
    case '>':
      return (version) => version.rank > stated.rank && version.publicRank !== stated.rank && !isPostOf(version, stated)
    case '<':
      return (version) => version.rank < stated.rank && !isBeforeReleaseOf(version, stated)
    default:
      throw new Error(`no operator ${operator}`)
  }
}

/** “>V MUST NOT allow a post-release of the given version unless V itself is a post release.” */
function isPostOf(version: PlainVersion, stated: PlainVersion): boolean {
  if (stated.post !== null || stated.dev !== null || version.post === null) return false
  return hasSameRelease(version, stated) && version.pre === stated.pre
}

/** “<V MUST NOT allow a pre-release of the specified version unless the specified version is itself a pre-release.” */
function isBeforeReleaseOf(version: PlainVersion, stated: PlainVersion): boolean {
  if (stated.pre !== '' || stated.dev !== null || !hasSameRelease(version, stated)) return false
  if (stated.post !== null) return version.post === stated.post && version.pre === '' && version.dev !== null
  return version.pre !== '' || (version.dev !== null && version.post === null)
}

function isOfFamily(version: PlainVersion, { epoch, release }: Pick<PlainVersion, 'epoch' | 'release'>): boolean {
  return version.epoch === epoch && release.every((part, at) => part === (version.release[at] ?? 0))
}

function hasSameRelease(left: PlainVersion, right: PlainVersion): boolean {
  return isOfFamily(left, right) && isOfFamily(right, left)
}

export const compareByLibrary = (left: string, right: string): number => compare(left, right)
