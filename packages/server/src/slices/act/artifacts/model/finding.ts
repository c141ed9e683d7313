import type { Because, ConflictType, Severity } from '@metaagent/contract'

/** One side of a conflict as it is found. */
export interface Side {
  readonly artifactId: string
  /** What this side claims, for people: a path, a range, a choice. */
  readonly claim: string
}

/** A conflict between an artifact that would become ACTIVE and those that are; nothing is stored yet. */
export interface Finding {
  readonly type: ConflictType
  /** Within the type: SAME, CASE_ONLY, UNKNOWN … */
  readonly kind: string
  /** What it is about: `npm:react`, `src/index.ts`. */
  readonly subject: string
  readonly severity: Severity
  readonly because: Because
  readonly hints: readonly string[]
  readonly witness: string | null
  /** The artifact that is looked at first, then those that it meets. One alone contradicts itself. */
  readonly sides: readonly [Side, ...Side[]]
}

/** What is told of an artifact in sentences: its name, and whose it is. */
export interface Named {
  readonly artifactId: string
  readonly name: string
  readonly agent: string | null
}

/** `"Cart" of writer`: how hints call an artifact. */
export function calledOf({ name, agent }: Named): string {
  return agent === null ? `"${name}"` : `"${name}" of ${agent}`
}

/** Reads a list as people do: `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
