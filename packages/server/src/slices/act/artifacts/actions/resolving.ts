import type { Because, ConflictResolution, ResolutionStrategy } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { readVersion, type VersionOrder } from '../model/content.ts'
import type { StoredArtifact } from '../store/artifacts.ts'
import type { StoredConflict } from '../store/conflicts.ts'
import { hashOf } from './hash.ts'
import type { StateManager } from './state-manager.ts'

type Effect = ConflictResolution['effects'][number]['effect']

/** What a strategy did, before anything is told. */
export interface Done {
  readonly because: Because
  /** Whether the members may stand together as they are from now on. */
  readonly isWaived: boolean
  readonly effects: readonly { readonly artifactId: string; readonly effect: Effect; readonly text: string }[]
}

export interface Parties {
  readonly newcomer: StoredArtifact
  readonly standing: readonly StoredArtifact[]
}

export interface Resolving<Strategy extends ResolutionStrategy = ResolutionStrategy> extends Parties {
  readonly conflict: StoredConflict
  readonly strategy: Strategy
}

export function reasonOf({ conflict }: Pick<Resolving, 'conflict'>, rule: string, text: string): Because {
  return { rule, observed: conflict.subject.slice(0, 500), limit: null, text }
}

export interface Replacement {
  readonly order: VersionOrder
  readonly origin: 'witness' | 'renamed' | 'merged'
  readonly text: string
  readonly because: Because
}

/** Another version of the newcomer, looked at again: the same conflict must not come back. */
export async function replaced(
  states: StateManager,
  { conflict, newcomer, standing }: Resolving,
  { order, origin, text, because }: Replacement,
): Promise<Result<Done>> {
  const read = readVersion(newcomer.type, order, hashOf)
  if (!read.ok) return read
  const revised = await states.revise(newcomer, read.value, origin)
  if (!revised.ok) return revised
  const examined = await states.examine(revised.value)
  if (!examined.ok) return examined
  const others = new Set(standing.map(({ artifactId }) => artifactId))
  const again = examined.value.conflicts.find(
    ({ type, subject, blocking }) =>
      type === conflict.type && blocking && others.size > 0 && subject === conflict.subject,
  )
  if (again !== undefined) return refuse('strategy-unfit', `It would not end it: ${again.because.text}`)
  const settled = await states.settle(examined.value, 'stay')
  if (!settled.ok) return settled
  const kept = standing.map(({ artifactId }) => ({ artifactId, effect: 'none' as const, text: 'It stays as it is.' }))
  return ok({
    isWaived: false,
    because,
    effects: [{ artifactId: newcomer.artifactId, effect: 'revised', text }, ...kept],
  })
}
