import type { MaskedClass } from '@metaagent/contract'

/** Something found in a text that must not be stored: where it stands, which rule found it, and of which class it is. */
export interface Found {
  readonly start: number
  /** Behind the last character. */
  readonly end: number
  readonly rule: string
  readonly class: MaskedClass
}

export interface MaskedText {
  readonly text: string
  /** Values that were replaced. */
  readonly masked: number
}

/** `[masked:RULE]`: what stands in place of a value that is gone. It holds no digit, so that no rule finds it again. */
export function maskLabel({ rule }: Pick<Found, 'rule'>): string {
  return `[masked:${rule}]`
}

/** Replaces each find, by default with its label; overlapping finds are one, named after the one that begins first. */
export function maskFound(
  text: string,
  found: readonly Found[],
  replacement: (found: Found, value: string) => string = maskLabel,
): MaskedText {
  if (found.length === 0) return { text, masked: 0 }
  const merged = mergeOverlapping(found)
  let out = ''
  let copied = 0
  for (const one of merged) {
    out += text.slice(copied, one.start) + replacement(one, text.slice(one.start, one.end))
    copied = one.end
  }
  // A rule that people wrote may cut a surrogate pair; the database takes well-formed text only.
  return { text: (out + text.slice(copied)).toWellFormed(), masked: merged.length }
}

/** Finds in the order of the text, none overlapping another. A secret swallows what it overlaps and keeps its name. */
export function mergeOverlapping(found: readonly Found[]): readonly Found[] {
  const sorted = found.filter(({ start, end }) => end > start).sort(inOrder)
  const merged: Found[] = []
  for (const one of sorted) {
    const last = merged.at(-1)
    if (last === undefined || one.start >= last.end) merged.push(one)
    else {
      const name = last.class !== 'secret' && one.class === 'secret' ? one : last
      merged[merged.length - 1] = { ...name, start: last.start, end: Math.max(last.end, one.end) }
    }
  }
  return merged
}

function inOrder(a: Found, b: Found): number {
  return a.start - b.start || b.end - a.end || (a.rule < b.rule ? -1 : 1)
}
