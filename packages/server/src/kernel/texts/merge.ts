import { diffArrays } from 'diff'

/** One text with the changes of both sides; or the places where both changed the same lines, or lines beside each other. */
export type MergedText =
  | { readonly kind: 'merged'; readonly text: string }
  | { readonly kind: 'conflicting'; readonly hunks: readonly ConflictingHunk[] }
  | { readonly kind: 'too-different' }

/** One place of the base, `baseLine` counted from 1, and what each side made of it. Without line ends. */
export interface ConflictingHunk {
  readonly baseLine: number
  readonly base: readonly string[]
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

/** The search for a difference is quadratic in its size; texts that differ in more lines from their base are not merged. */
const mostEdits = 1_000

/**
 * Merges line by line, as Git does: what one side changed is taken, what both changed alike is taken once, and changes that
 * touch are the caller's to decide. The line ends and the end of the text are as the sides have them.
 */
export function mergeTexts(base: string, ours: string, theirs: string): MergedText {
  const lines = base.split('\n')
  const [own, other] = [editsOf(lines, ours.split('\n')), editsOf(lines, theirs.split('\n'))]
  if (own === null || other === null) return { kind: 'too-different' }
  const merged: string[] = []
  const hunks: ConflictingHunk[] = []
  let at = 0
  for (const place of placesOf(own, other)) {
    const [one, two] = [madeOf(lines, place, place.ours), madeOf(lines, place, place.theirs)]
    merged.push(...lines.slice(at, place.from))
    if (place.theirs.length === 0 || isEqual(one, two)) merged.push(...one)
    else if (place.ours.length === 0) merged.push(...two)
    else hunks.push({ baseLine: place.from + 1, base: lines.slice(place.from, place.to), ours: one, theirs: two })
    at = place.to
  }
  merged.push(...lines.slice(at))
  return hunks.length === 0 ? { kind: 'merged', text: merged.join('\n') } : { kind: 'conflicting', hunks }
}

/** Lines of the base, from and up to but without `to`, that became others. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}

/** Edits of both sides that touch one another, and the lines of the base that they span. */
interface Place {
  readonly from: number
  readonly to: number
  readonly ours: readonly Edit[]
  readonly theirs: readonly Edit[]
}

function placesOf(ours: readonly Edit[], theirs: readonly Edit[]): readonly Place[] {
  const sided = [
    ...ours.map((edit) => ({ ...edit, ours: [edit], theirs: [] })),
    ...theirs.map((edit) => ({ ...edit, ours: [], theirs: [edit] })),
  ].toSorted((a, b) => a.from - b.from || a.to - b.to)
  const places: Place[] = []
  for (const next of sided) {
    const last = places.at(-1)
    if (last === undefined || next.from > last.to) places.push(next)
    else {
      const to = Math.max(last.to, next.to)
      const joined = { ours: [...last.ours, ...next.ours], theirs: [...last.theirs, ...next.theirs] }
      places[places.length - 1] = { from: last.from, to, ...joined }
    }
  }
  return places
}

/** What one side made of a place. */
function madeOf(base: readonly string[], place: Place, edits: readonly Edit[]): readonly string[] {
  const made: string[] = []
  let at = place.from
  for (const { from, to, lines } of edits) {
    made.push(...base.slice(at, from), ...lines)
    at = to
  }
  return [...made, ...base.slice(at, place.to)]
}

// One empty line is not no line.
function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at])
}

/** What changes the base into another text, in order; null when they differ too much to look. */
function editsOf(base: readonly string[], other: readonly string[]): readonly Edit[] | null {
  const changes = diffArrays([...base], [...other], { maxEditLength: mostEdits })
  if (changes === undefined) return null
  const edits: Edit[] = []
  let at = 0
  let open: Edit | null = null
  for (const { added, removed, value } of changes) {
    if (!added && !removed) {
      if (open !== null) edits.push(open)
      open = null
    } else {
      const { from, lines }: Pick<Edit, 'from' | 'lines'> = open ?? { from: at, lines: [] }
      open = { from, to: at + (removed ? value.length : 0), lines: added ? [...lines, ...value] : lines }
    }
    if (!added) at += value.length
  }
  return open === null ? edits : [...edits, open]
}
