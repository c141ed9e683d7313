import { type Because, type DiscoveryQuery, type Sensitivity, sensitivities } from '@metaagent/contract'
import { wordsOf } from '../../../../kernel/words.ts'

/** Who can be found: the active version of a specialist, or somebody else's approved card. */
export interface Candidate {
  readonly origin: 'own' | 'foreign'
  readonly id: string
  readonly name: string
  readonly title: string
  readonly version: string
  readonly description: string
  readonly skills: readonly {
    readonly id: string
    readonly name: string
    readonly description: string
    readonly tags: readonly string[]
    readonly examples: readonly string[]
  }[]
  readonly endpoints: readonly { readonly url: string; readonly binding: string; readonly protocolVersion: string }[]
  readonly inputModes: readonly string[]
  readonly outputModes: readonly string[]
  readonly sensitivityCeiling: Sensitivity
  readonly evaluationScore: number | null
  readonly costPerTaskNanoUsd: number | null
}

export type DiscoveryFilters = Omit<DiscoveryQuery, 'cursor' | 'limit' | 'like' | 'similarityMin'>

/** The text by which likeness is measured: name, description and what its skills say. */
export function textOf(candidate: Candidate): string {
  const skills = candidate.skills.flatMap((skill) => [skill.name, skill.description, ...skill.tags, ...skill.examples])
  return [candidate.title, candidate.name, candidate.description, ...skills].join('\n')
}

/** Whether every filter holds; words are found by their beginning, in any order. */
export function fits(candidate: Candidate, filters: DiscoveryFilters): boolean {
  const { skill, tag, q, sensitivity, inputMode, outputMode, origin } = filters
  if (origin !== undefined && candidate.origin !== origin) return false
  if (skill !== undefined && !candidate.skills.some(({ id }) => id === skill)) return false
  if (tag !== undefined && !candidate.skills.some(({ tags }) => tags.some((one) => sameWord(one, tag)))) return false
  if (sensitivity !== undefined && !mayBeGiven(candidate.sensitivityCeiling, sensitivity)) return false
  if (inputMode !== undefined && !takes(candidate.inputModes, inputMode)) return false
  if (outputMode !== undefined && !takes(candidate.outputModes, outputMode)) return false
  return q === undefined || holdsWords(textOf(candidate), q)
}

/** Whether data of a sensitivity may go to who has a ceiling. */
export function mayBeGiven(ceiling: Sensitivity, sensitivity: Sensitivity): boolean {
  return sensitivities.indexOf(sensitivity) <= sensitivities.indexOf(ceiling)
}

function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function takes(modes: readonly string[], mode: string): boolean {
  const [type] = mode.split('/')
  return modes.some((one) => one === mode || one === '*/*' || one === `${type}/*`)
}

/** Whether each word of a question begins some word of the text. */
export function holdsWords(text: string, q: string): boolean {
  const asked = wordsOf(q)
  if (asked.length === 0) return false
  const held = wordsOf(text)
  return asked.every((word) => held.some((one) => one.startsWith(word)))
}

/** The cosine of two vectors, to four digits; null when one has no length or they do not compare. */
export function cosine(a: readonly number[], b: readonly number[]): number | null {
  if (a.length !== b.length || a.length === 0) return null
  let dot = 0
  let left = 0
  let right = 0
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? 0
    dot += value * other
    left += value * value
    right += other * other
  }
  if (left === 0 || right === 0) return null
  return Math.max(-1, Math.min(1, Math.round((dot / (Math.sqrt(left) * Math.sqrt(right))) * 1e4) / 1e4))
}

export interface Ranked {
  readonly candidate: Candidate
  readonly similarity: number | null
  readonly because: Because
}

/**
 * The candidates in their order: with a likeness the most alike first, those whose likeness is unknown last; without one
 * by name. Ties are by name and id, so that the order is one and pages fit together.
 */
export function rank(
  candidates: readonly Candidate[],
  likeness: ((candidate: Candidate) => number | null) | null,
  similarityMin: number | null,
): readonly Ranked[] {
  const ranked = candidates.map((candidate) => {
    const similarity = likeness?.(candidate) ?? null
    return { candidate, similarity, because: becauseOf(candidate, likeness !== null, similarity, similarityMin) }
  })
  const kept =
    similarityMin === null
      ? ranked
      : ranked.filter(({ similarity }) => similarity !== null && similarity >= similarityMin)
  return kept.toSorted(inOrder)
}

/** What a page of ranked ones goes on behind. */
export interface Place {
  readonly similarity: number | null
  readonly name: string
  readonly id: string
}

export function placeOf({ candidate, similarity }: Ranked): Place {
  return { similarity, name: candidate.name, id: candidate.id }
}

/** Below zero when the first comes before the second. */
export function comparePlaces(a: Place, b: Place): number {
  const byLikeness = (b.similarity ?? -2) - (a.similarity ?? -2)
  if (byLikeness !== 0) return byLikeness
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

function inOrder(a: Ranked, b: Ranked): number {
  return comparePlaces(placeOf(a), placeOf(b))
}

function becauseOf(candidate: Candidate, asked: boolean, similarity: number | null, min: number | null): Because {
  const trusted = candidate.origin === 'own' ? 'active and approved' : 'approved as it was pinned'
  if (!asked)
    return { rule: 'fits-every-filter', observed: null, limit: null, text: `It is ${trusted} and fits every filter.` }
  if (similarity === null)
    return {
      rule: 'likeness-unknown',
      observed: null,
      limit: min,
      text: `It is ${trusted} and fits; how like the task it is, is not known yet.`,
    }
  return {
    rule: 'likeness',
    observed: similarity,
    limit: min,
    text: `It is ${trusted}; its likeness is ${similarity}.`,
  }
}
