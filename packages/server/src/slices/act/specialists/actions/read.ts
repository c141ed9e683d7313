import {
  type ForeignCard,
  type ForeignCardQuery,
  type ForeignCardSummary,
  type Specialist,
  type SpecialistMove,
  type SpecialistQuery,
  type SpecialistSummary,
  SpecialistVerb,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { etagOf } from '../../../../kernel/preconditions.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { fits } from '../model/discovery.ts'
import { cardById, selectCards } from '../store/foreign-cards.ts'
import {
  type ShownSpecialist,
  type StoredMove,
  selectMoves,
  selectSpecialists,
  specialistById,
} from '../store/specialists.ts'
import { candidateOfSpecialist } from './candidates.ts'
import { noSuchCard, noSuchSpecialist, shownCard, shownCardSummary, shownSummary } from './shown.ts'
import { answer } from './specialists.ts'

interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** Specialists by name, each with its active version or else its newest. */
export async function listSpecialists(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof SpecialistQuery>,
): Promise<Result<Page<SpecialistSummary>>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok([null]) : decodePageCursor('specialists', filters, cursor, 1)
  if (!position.ok) return position
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await fitting(tx, query, position.value[0] ?? null)
    const last = found.length > limit ? found[limit - 1] : undefined
    const nextCursor = last === undefined ? null : encodePageCursor('specialists', filters, [last.name])
    return ok({ items: found.slice(0, limit).map(shownSummary), nextCursor })
  })
}

const readAtOnce = 200

/** One more than a page, of those that fit: what a definition says is not indexed, so the list is walked. */
async function fitting(
  tx: Tx,
  query: z.output<typeof SpecialistQuery>,
  after: string | null,
): Promise<readonly ShownSpecialist[]> {
  const { state = null, owner = null, skill, tag, q, limit } = query
  const isPlain = skill === undefined && tag === undefined && q === undefined
  const found: ShownSpecialist[] = []
  for (let from = after; ; ) {
    const rows = await selectSpecialists(tx, { state, owner }, from, isPlain ? limit + 1 : readAtOnce)
    found.push(...rows.filter((row) => isPlain || fits(candidateOfSpecialist(row), { skill, tag, q })))
    const last = rows.at(-1)
    if (isPlain || found.length > limit || rows.length < readAtOnce || last === undefined) return found
    from = last.name
  }
}

/** One specialist with all its versions. */
export async function readSpecialist(
  deps: Deps,
  caller: Caller,
  specialistId: string,
): Promise<RouteResult<Specialist>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) =>
    (await specialistById(tx, specialistId)) === null ? noSuchSpecialist : await answer(tx, specialistId),
  )
}

/** What moved the versions of a specialist, the newest first. */
export async function listMoves(
  deps: Deps,
  caller: Caller,
  specialistId: string,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<Result<Page<SpecialistMove>>> {
  const position = cursor === undefined ? ok([null]) : decodePageCursor('specialist-moves', specialistId, cursor, 1)
  if (!position.ok) return position
  const after = position.value[0] ?? null
  if (after !== null && !Uuid.safeParse(after).success)
    return refuse('invalid-cursor', 'Use the nextCursor of this list.')
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if ((await specialistById(tx, specialistId)) === null) return noSuchSpecialist
    const rows = await selectMoves(tx, specialistId, after, limit + 1)
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const nextCursor = last === undefined ? null : encodePageCursor('specialist-moves', specialistId, [last.moveId])
    return ok({ items: rows.slice(0, limit).map(shownMove), nextCursor })
  })
}

function shownMove({ specialistId: _, ...move }: StoredMove): SpecialistMove {
  const known = SpecialistVerb.safeParse(move.verb)
  const verb = known.success ? known.data : move.verb === 'supersede' ? 'supersede' : 'propose'
  return { ...move, verb, at: move.at.toISOString() }
}

/** Cards of others by name. */
export async function listCards(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ForeignCardQuery>,
): Promise<Result<Page<ForeignCardSummary>>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok(null) : decodePageCursor('foreign-cards', filters, cursor, 2)
  if (!position.ok) return position
  const [name = '', id = ''] = position.value ?? []
  if (position.value !== null && !Uuid.safeParse(id).success)
    return refuse('invalid-cursor', 'Use the nextCursor of this list.')
  const after = position.value === null ? null : ([name, id] as const)
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const rows = await selectCards(tx, query.state ?? null, after, limit + 1)
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const nextCursor =
      last === undefined ? null : encodePageCursor('foreign-cards', filters, [last.seenCard.name, last.cardId])
    return ok({ items: rows.slice(0, limit).map(shownCardSummary), nextCursor })
  })
}

/** One card with what was approved and what is seen. */
export async function readCard(deps: Deps, caller: Caller, cardId: string): Promise<RouteResult<ForeignCard>> {
  const card = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) => cardById(tx, cardId))
  if (card === null) return noSuchCard
  return { ...ok(shownCard(card)), headers: { etag: etagOf(card.revision) } }
}
