import { ForeignCardState, Sensitivity, SpecialistState } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the list of specialists holds. */
export interface SpecialistsSearch {
  readonly state?: SpecialistState
  readonly tag?: string
  readonly q?: string
}

export function specialistsSearch(raw: Record<string, unknown>): SpecialistsSearch {
  return defined({
    state: oneOf(raw['state'], SpecialistState.options),
    tag: textOf(raw['tag'], 60),
    q: textOf(raw['q']),
  })
}

/** What the address of one specialist holds: the version that is looked at. */
export interface SpecialistSearch {
  readonly version?: string
}

export function specialistSearch(raw: Record<string, unknown>): SpecialistSearch {
  return defined({ version: textOf(raw['version'], 100) })
}

/** A task, and what who does it must be. */
export interface FindSearch {
  readonly like?: string
  readonly skill?: string
  readonly tag?: string
  readonly q?: string
  readonly sensitivity?: Sensitivity
  readonly origin?: 'own' | 'foreign'
}

export function findSearch(raw: Record<string, unknown>): FindSearch {
  return defined({
    like: textOf(raw['like'], 4_000),
    skill: textOf(raw['skill']),
    tag: textOf(raw['tag'], 60),
    q: textOf(raw['q']),
    sensitivity: oneOf(raw['sensitivity'], Sensitivity.options),
    origin: oneOf(raw['origin'], ['own', 'foreign'] as const),
  })
}

/** What the address of the list of foreign cards holds. */
export interface CardsSearch {
  readonly state?: ForeignCardState
}

export function cardsSearch(raw: Record<string, unknown>): CardsSearch {
  return defined({ state: oneOf(raw['state'], ForeignCardState.options) })
}
