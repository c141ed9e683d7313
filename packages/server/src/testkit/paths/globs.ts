import picomatch from 'picomatch'
import type { Random } from '../../ports/random.ts'

/**
 * The paths on which small globs meet, if at all: names of up to three of three characters, three deep (there of up to two).
 * Names that end in a dot are no paths.
 */
const names = ['a', 'b', '.'].flatMap((one) => [
  one,
  ...['a', 'b', '.'].flatMap((two) => [one + two, ...tails(one + two)]),
])

function tails(start: string): readonly string[] {
  return ['a', 'b', '.'].map((end) => start + end)
}

const admitted = names.filter((name) => !name.endsWith('.'))

export const smallPaths: readonly string[] = [
  ...admitted,
  ...admitted.flatMap((one) => admitted.map((two) => `${one}/${two}`)),
  ...admitted
    .filter((one) => one.length < 3)
    .flatMap((one) =>
      admitted
        .filter((two) => two.length < 3)
        .flatMap((two) => admitted.filter((three) => three.length < 3).map((three) => `${one}/${two}/${three}`)),
    ),
].toSorted((a, b) => a.length - b.length)

/** A glob over `a`, `b` and `.`, up to three deep. */
export function randomGlob(random: Random): string {
  const depth = pick(random, [1, 1, 2, 2, 3])
  const parts = Array.from({ length: depth }, () => (chance(random, 0.25) ? '**' : randomName(random, depth)))
  if (!parts.some((part) => part !== '**') && chance(random, 0.8)) parts[depth - 1] = randomName(random, depth)
  return parts.join('/')
}

function randomName(random: Random, depth: number): string {
  const piece = () =>
    pick(random, ['a', 'b', 'A', '.', '?', '[ab]', '[!a]', '[a-b]', '[!.]', '{a,b}', '{a,.b}', 'b{,a}'])
  const star = () => (chance(random, 0.35) ? '*' : '')
  const name = `${star()}${piece()}${star()}${depth < 3 && chance(random, 0.3) ? pick(random, ['a', 'b', '?']) : ''}${star()}`
  const single = name.replaceAll('**', '*')
  return /[ab\]?}*A]$/.test(single) ? single : `${single}a`
}

/**
 * What a glob matches, by picomatch: folded, names with a dot like others, and `a/**` not `a` itself. It takes `[!a]` for a
 * class that holds `!`, and `[^a]` for one that holds `/`.
 */
export function matcherOf(glob: string): (path: string) => boolean {
  const matches = picomatch(glob.replaceAll('[!', '[^/'), { dot: true, strictSlashes: true, nocase: true })
  return (path) => matches(path)
}

export function pick<T>(random: Random, all: readonly T[]): T {
  return all[Math.floor(random.unit() * all.length)] as T
}

export function chance(random: Random, part: number): boolean {
  return random.unit() < part
}
