import { ok, type Result } from '../../../../../kernel/result.ts'
import { foldCase, withoutInvisible } from './case-fold.ts'
import { characterRefusal, nameProblem, refused, rootRefusal } from './normal-path.ts'

/**
 * One step of a pattern over the code points of a path's key. `any-name`: any run within a name; `names-then`: any whole
 * names, each with its `/`; `rest`: one name or more, to the end.
 */
export type GlobStep =
  | { readonly kind: 'one'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'of'; readonly characters: ReadonlySet<string>; readonly isNegated: boolean }
  | { readonly kind: 'any-name' }
  | { readonly kind: 'names-then' }
  | { readonly kind: 'rest' }

/** A glob without its braces: what any of its alternatives matches. */
export interface Glob {
  readonly text: string
  readonly alternatives: readonly (readonly GlobStep[])[]
}

/** What keeps the product of two globs small: 32 × 32 alternatives of 256 steps at the very most. */
const lengthMax = 256
const alternativesMax = 32
const classMax = 256

/**
 * Reads a glob of files: `*` (within a name), `**` as a whole name (any number of names), `?`, `[abc]`, `[a-z]`, `[!a]`,
 * `{a,b}`. It is folded as paths' keys are: `?` and classes count folded characters, so `ß` is two. Names that begin with a
 * dot are matched like others. Refuses (`path-refused`) what a path may not hold, `..`, extended globs such as `!(a)`,
 * number ranges in braces, and globs that are too long or have too many alternatives. A literal `[` is written `[[]`.
 */
export function readGlob(text: string): Result<Glob> {
  const outside = rootRefusal(text) ?? characterRefusal(text)
  if (outside !== null) return outside
  const clean = withoutInvisible(text).normalize('NFC').replaceAll('\\', '/')
  const why = shapeProblem(clean)
  if (why !== null) return refused(text, why)
  const expanded = expandBraces(clean)
  if (typeof expanded === 'string') return refused(text, expanded)
  const alternatives: (readonly GlobStep[])[] = []
  for (const one of expanded) {
    const steps = stepsOf(one)
    if (typeof steps === 'string') return refused(text, steps)
    alternatives.push(steps)
  }
  return ok({ text: clean, alternatives })
}

/** The characters that every match of one alternative begins with. */
export function literalStart(steps: readonly GlobStep[]): string {
  let start = ''
  for (const step of steps) {
    if (step.kind !== 'one') break
    start += step.character
  }
  return start
}

/** The characters that every match of one alternative ends with. */
export function literalEnd(steps: readonly GlobStep[]): string {
  let end = ''
  for (const step of steps.toReversed()) {
    if (step.kind !== 'one') break
    end = `${step.character}${end}`
  }
  return end
}

function literalSteps(text: string): readonly GlobStep[] {
  return Array.from(text, (character) => ({ kind: 'one', character }))
}

function shapeProblem(glob: string): string | null {
  if (glob.length > lengthMax) return `is a glob of more than ${lengthMax} characters`
  if (glob.startsWith('!')) return 'is a negated glob. Claim what is written, not what is not'
  if (/[@!+?*]\(/.test(glob)) return 'is an extended glob, which is not understood. Use `{a,b}`'
  if (glob.endsWith('/')) return 'names a directory. Write `/**` at its end for all files in it'
  if (/[*?\]]\p{M}/u.test(glob)) return 'has an accent that stands alone after a wildcard. Write the whole letter'
  return null
}

/** All alternatives of nested braces, or why they cannot be read. */
function expandBraces(glob: string): readonly string[] | string {
  const found = firstBraces(glob)
  if (typeof found === 'string') return found
  if (found === null) return [glob]
  const all = new Set<string>()
  for (const part of found.parts) {
    const rest = expandBraces(`${glob.slice(0, found.start)}${part}${glob.slice(found.end + 1)}`)
    if (typeof rest === 'string') return rest
    for (const one of rest) all.add(one)
    if (all.size > alternativesMax) return `has more than ${alternativesMax} alternatives in its braces`
  }
  return [...all]
}

function firstBraces(glob: string): { start: number; end: number; parts: readonly string[] } | string | null {
  const parts: string[] = []
  let start = -1
  let from = 0
  let depth = 0
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at]
    if (character === '[') at = endOfClass(glob, at) ?? at
    else if (character === '{') {
      depth += 1
      if (depth === 1) {
        start = at
        from = at + 1
      }
    } else if (character === ',' && depth === 1) {
      parts.push(glob.slice(from, at))
      from = at + 1
    } else if (character === '}') {
      depth -= 1
      if (depth < 0) return 'has a `}` without a `{`'
      if (depth > 0) continue
      parts.push(glob.slice(from, at))
      if (parts.some((part) => part.includes('..'))) return 'has a range of numbers in braces. Write them out'
      return { start, end: at, parts }
    }
  }
  return depth === 0 ? null : 'has a `{` without a `}`'
}

/** The place of the `]` that ends the class beginning at `start`; null: there is none. */
function endOfClass(glob: string, start: number): number | null {
  const first = /[!^]/.test(glob[start + 1] ?? '') ? start + 2 : start + 1
  const end = glob.indexOf(']', first + 1)
  return end === -1 ? null : end
}

/** Steps of a glob without braces, or why there are none. */
function stepsOf(glob: string): readonly GlobStep[] | string {
  if (/^\/|\/$/.test(glob)) return 'has an alternative in its braces that is absolute or names a directory'
  const names = glob.split(/\/+/).filter((name) => name !== '' && name !== '.')
  if (names.length === 0) return 'names no file'
  const steps: GlobStep[] = []
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1
    if (name === '**') {
      // `**/**` says no more than `**`.
      if (isLast) steps.push({ kind: 'rest' })
      else if (steps.at(-1)?.kind !== 'names-then') steps.push({ kind: 'names-then' })
      continue
    }
    const read = stepsOfName(name)
    if (typeof read === 'string') return read
    steps.push(...read)
    if (!isLast) steps.push({ kind: 'one', character: '/' })
  }
  return steps
}

function stepsOfName(name: string): readonly GlobStep[] | string {
  if (name === '..') return 'leads out of the project. Leave the `..` away'
  const why = nameProblem(name.replace(/\[[^\]]*\]|[*?]/g, 'x'))
  if (why !== null) return why
  const steps: GlobStep[] = []
  let literal = ''
  const endLiteral = () => {
    steps.push(...literalSteps(foldCase(literal)))
    literal = ''
  }
  for (let at = 0; at < name.length; at++) {
    const character = name[at] as string
    if (!'*?['.includes(character)) {
      literal += character
      continue
    }
    endLiteral()
    if (character === '[') {
      const end = endOfClass(name, at)
      if (end === null) return 'has a `[` without a `]`. A literal one is written `[[]`'
      const read = classOf(name.slice(at + 1, end))
      if (typeof read === 'string') return read
      steps.push(read)
      at = end
      // `a**` within a name says no more than `a*`.
    } else if (character === '?' || steps.at(-1)?.kind !== 'any-name') {
      steps.push({ kind: character === '?' ? 'any' : 'any-name' })
    }
  }
  endLiteral()
  return steps
}

function classOf(inner: string): GlobStep | string {
  const isNegated = /^[!^]/.test(inner)
  const members = Array.from(isNegated ? inner.slice(1) : inner)
  if (members.length === 0 || inner.includes('[:')) return 'has a class that cannot be read. Write its characters out'
  const characters = new Set<string>()
  for (let at = 0; at < members.length; at++) {
    const first = members[at] as string
    const isRange = members[at + 1] === '-' && at + 2 < members.length
    const last = isRange ? (members[at + 2] as string) : first
    if (isRange) at += 2
    const [from, to] = [first.codePointAt(0) ?? 0, last.codePointAt(0) ?? 0]
    if (to < from) return `has a range from \`${first}\` back to \`${last}\``
    if (to - from >= classMax) return `has a class of more than ${classMax} characters`
    for (let point = from; point <= to; point++) {
      const folded = foldCase(String.fromCodePoint(point))
      if (Array.from(folded).length > 1)
        return `has \`${String.fromCodePoint(point)}\` in a class, which folds to two letters`
      if (!/[\p{Cc}\p{Cs}/<>:"|?*]/u.test(folded)) characters.add(folded)
    }
  }
  const [only] = characters
  // A class of one is that one, so that what a glob begins with is known.
  if (!isNegated && characters.size === 1 && only !== undefined) return { kind: 'one', character: only }
  return { kind: 'of', characters, isNegated }
}
