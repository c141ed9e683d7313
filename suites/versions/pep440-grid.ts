import { parse } from '@renovatebot/pep440'
import type { Grid } from './brute-force.ts'
import type { Chance } from './chance.ts'
import { compareByLibrary, type PlainParts, type PlainVersion, plainClause, spelled } from './plain-pep440.ts'

/**
 * Specifiers of epochs 0 and 1, up to three parts, with everything that may follow. The grid holds one part more, and one
 * number more of each kind, than stand in the specifiers, so that every set of versions that is not empty has one on it.
 */
export function pep440Grid(): Grid {
  const places = placed(partsOfGrid())
  const grid = [...places.values()]
  const read = (text: string) => {
    const known = places.get(canonical(text))
    if (known === undefined) throw new Error(`${text} is not on the grid`)
    // With as many parts as are written: 1.0.* is another family than 1.*.
    return { ...known, release: releaseOf(text) }
  }
  // `===` compares spellings, so each that may stand behind it is a version of its own.
  const versions = [...grid, ...spellings().map((text) => ({ ...read(text), text }))]
  const admits = (range: string) => {
    const clauses = range.split(',').map((clause) => plainClause(clause, read))
    return (version: PlainVersion) => clauses.every((admitsIt) => admitsIt(version))
  }
  const elsewhere = (text: string): PlainVersion => {
    const known = places.get(canonical(text))
    if (known !== undefined) return { ...known, text }
    const [without = '', local] = text.split('+')
    const own = between(grid, text)
    return local === undefined ? own : { ...own, publicRank: elsewhere(without).rank }
  }
  return {
    ecosystem: 'pypi',
    versions: versions.map(({ text }) => text),
    admitted: (range) => {
      const admitsIt = admits(range)
      return Uint8Array.from(versions, (version) => Number(admitsIt(version)))
    },
    includes: (range, text) => admits(range)(elsewhere(text)),
    naive: () => null,
  }
}

export function randomSpecifier(chance: Chance): string {
  return chance.times(1, 3, () => randomClause(chance)).join(',')
}

const phases = ['a', 'b', 'rc'] as const

function randomClause(chance: Chance): string {
  const release = randomRelease(chance)
  switch (chance.below(12)) {
    case 0:
      return `${chance.of(['==', '!='])}${epochOf(chance)}${release}+${chance.of(['a', 'b'])}`
    case 1:
    case 2:
    case 3:
      return `${chance.of(['==', '!=', '!='])}${epochOf(chance)}${release}.*`
    case 4:
      return `~=${epochOf(chance)}${release.includes('.') ? release : `${release}.0`}${suffixOf(chance)}`
    case 5:
      return chance.below(6) === 0 ? `===${release}` : `!=${release}`
    default:
      return `${chance.of(['>=', '>', '<', '<=', '==', '!=', '>', '<'])}${epochOf(chance)}${release}${suffixOf(chance)}`
  }
}

function randomRelease(chance: Chance): string {
  const parts = [chance.between(0, 2), chance.between(0, 1), chance.between(0, 1)]
  return parts.slice(0, chance.between(1, 3)).join('.')
}

/** Every release as `randomRelease` spells it. */
function spellings(): readonly string[] {
  const micros = [0, 1, 2].flatMap((major) => [0, 1].flatMap((minor) => [0, 1].map((micro) => [major, minor, micro])))
  return [...new Set(micros.flatMap((parts) => [1, 2, 3].map((length) => parts.slice(0, length).join('.'))))]
}

function epochOf(chance: Chance): string {
  return chance.below(8) === 0 ? '1!' : ''
}

function suffixOf(chance: Chance): string {
  const pre = chance.below(3) === 0 ? `${chance.of(phases)}${chance.between(0, 1)}` : ''
  const post = chance.below(4) === 0 ? `.post${chance.between(0, 1)}` : ''
  return `${pre}${post}${chance.below(4) === 0 ? `.dev${chance.between(0, 1)}` : ''}`
}

/** All versions of the grid in the library's order: releases in order, and within each what may follow it. */
function partsOfGrid(): readonly PlainParts[] {
  const numbers = (most: number) => Array.from({ length: most + 1 }, (_, number) => number)
  const cores = numbers(1).flatMap((epoch) =>
    numbers(3).flatMap((major) =>
      numbers(2).flatMap((minor) =>
        numbers(2).flatMap((micro) => numbers(1).map((last) => ({ epoch, release: [major, minor, micro, last] }))),
      ),
    ),
  )
  const pres = ['', ...phases.flatMap((phase) => numbers(2).map((number) => `${phase}${number}`))]
  const posts = [null, ...numbers(2)]
  const suffixes = pres.flatMap((pre) => posts.flatMap((post) => posts.map((dev) => ({ pre, post, dev, local: '' }))))
  const locals = ['a', 'a.a', 'b', 'b.a'].map((local) => ({ pre: '', post: null, dev: null, local }))
  const some = { epoch: 0, release: [1] }
  const following = [...suffixes, ...locals].toSorted((a, b) =>
    compareByLibrary(spelled({ ...some, ...a }), spelled({ ...some, ...b })),
  )
  return cores.flatMap((core) => following.map((suffix) => ({ ...core, ...suffix })))
}

/** The versions by their key, with their places; each is held to be later than the one before it. */
function placed(parts: readonly PlainParts[]): ReadonlyMap<string, PlainVersion> {
  const texts = parts.map(spelled)
  const ranks = new Map(texts.map((text, rank) => [text, rank]))
  return new Map(
    parts.map((one, rank) => {
      const text = texts[rank] ?? ''
      const last = texts[rank - 1]
      if (last !== undefined && compareByLibrary(last, text) >= 0) throw new Error(`${text} is not later than ${last}`)
      const publicRank = ranks.get(spelled({ ...one, local: '' })) ?? rank
      return [canonical(text), { ...one, text, rank, publicRank }]
    }),
  )
}

/** A version that is not on the grid: between two that are. */
function between(versions: readonly PlainVersion[], text: string): PlainVersion {
  let later = 0
  for (let end = versions.length; later < end; ) {
    const middle = (later + end) >> 1
    if (compareByLibrary(versions[middle]?.text ?? '', text) > 0) end = middle
    else later = middle + 1
  }
  const rank = later - 0.5
  const parts = parse(text)
  if (parts === null) throw new Error(`${text} is no version`)
  const [pre, post, dev] = [parts.pre, parts.post, parts.dev].map((pair) => (Array.isArray(pair) ? pair : null))
  return {
    text,
    epoch: parts.epoch,
    release: parts.release,
    pre: pre?.join('') ?? '',
    post: post === null || post === undefined ? null : Number(post[1]),
    dev: dev === null || dev === undefined ? null : Number(dev[1]),
    local: text.split('+')[1] ?? '',
    rank,
    publicRank: rank,
  }
}

function releaseOf(text: string): readonly number[] {
  const [, release = ''] = /^(?:\d+!)?([\d.]*\d)/.exec(text) ?? []
  return release.split('.').map(Number)
}

/** One key for 1, 1.0 and 1.0.0, and for each spelling that stands in the specifiers made here. */
function canonical(text: string): string {
  const [, epoch = '', release = '', rest = ''] = /^(\d+!)?([\d.]*\d)(.*)$/.exec(text) ?? []
  return `${epoch}${release.replace(/(\.0)+$/, '')}${rest}`
}
