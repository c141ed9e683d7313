import { parse } from '@renovatebot/pep440'

/** A version of Python's package index in its parts (PEP 440); spellings such as `1.0-alpha.1` and `1.0a1` are one. */
export interface Pep440Version {
  readonly epoch: number
  readonly release: readonly number[]
  readonly pre: { readonly phase: 'a' | 'b' | 'rc'; readonly number: number } | null
  readonly post: number | null
  readonly dev: number | null
  /** Segments after `+`, lower case; those of digits as numbers. */
  readonly local: readonly (number | string)[] | null
}

const phases = ['a', 'b', 'rc'] as const

/** Reads a version; null when it is none, or has a number that a double cannot hold exactly. */
export function readPep440Version(text: string): Pep440Version | null {
  const trimmed = text.trim()
  const parts = parse(trimmed)
  if (parts === null) return null
  const pre = pairOf(parts.pre)
  const phase = phases.find((known) => known === pre?.letter)
  const version: Pep440Version = {
    epoch: parts.epoch,
    release: parts.release,
    pre: pre === null || phase === undefined ? null : { phase, number: pre.number },
    post: pairOf(parts.post)?.number ?? null,
    dev: pairOf(parts.dev)?.number ?? null,
    local: localOf(trimmed),
  }
  return numbersOf(version).every(Number.isSafeInteger) ? version : null
}

/** The normal spelling: what PEP 440 calls the canonical form, with the zeros of the release as they were written. */
export function pep440Text({ epoch, release, pre, post, dev, local }: Pep440Version): string {
  return [
    epoch === 0 ? '' : `${epoch}!`,
    release.join('.'),
    pre === null ? '' : `${pre.phase}${pre.number}`,
    post === null ? '' : `.post${post}`,
    dev === null ? '' : `.dev${dev}`,
    local === null ? '' : `+${local.join('.')}`,
  ].join('')
}

/** The library's pair of letter and number; it answers null where its types do not say so. */
function pairOf(pair: unknown): { readonly letter: string; readonly number: number } | null {
  return Array.isArray(pair) ? { letter: String(pair[0]), number: Number(pair[1]) } : null
}

/** Read here: the library takes `1e5` and `0x10` among local segments for numbers. */
function localOf(text: string): Pep440Version['local'] {
  const local = text.split('+', 2)[1]
  if (local === undefined) return null
  return local.split(/[-_.]/).map((part) => (/^\d+$/.test(part) ? Number(part) : part.toLowerCase()))
}

function numbersOf({ epoch, release, pre, post, dev, local }: Pep440Version): readonly number[] {
  const inLocal = (local ?? []).filter((part) => typeof part === 'number')
  return [epoch, ...release, pre?.number ?? 0, post ?? 0, dev ?? 0, ...inLocal]
}
