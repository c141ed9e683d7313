import type { VersionRequirement } from './requirement.ts'

/** What a manifest asks for, and what in it says nothing that can be weighed. */
export interface ReadManifest {
  readonly requirements: readonly Omit<VersionRequirement, 'holder'>[]
  /** Lines begin with 1; null: not of one line. */
  readonly problems: readonly { readonly line: number | null; readonly text: string }[]
}

/** A manifest while it is read. */
export interface Reading {
  readonly requirements: Omit<VersionRequirement, 'holder'>[]
  readonly problems: ReadManifest['problems'][number][]
}

export function tell({ problems }: Reading, text: string): void {
  problems.push({ line: null, text })
}

/** An object of JSON, a table of TOML. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
