import type { DiscoveredSpecialist, DiscoveryPage, DiscoveryQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { comparePlaces, cosine, fits, placeOf, type Ranked, rank } from '../model/discovery.ts'
import { vectorsOf } from '../store/vectors.ts'
import { candidatesIn } from './candidates.ts'
import { noteUsage } from './embed.ts'

/**
 * Who can do a task, the most fitting first: active specialists of the organization and approved cards of others. Filters
 * must all hold; `like` ranks by the cosine of each with it, every one compared. Asked by people over HTTP and by
 * `control` as this verb. Refuses (`store-unavailable`) when likeness is asked for and the embedder is away.
 */
export async function discoverSpecialists(
  deps: Deps,
  organizationId: string,
  query: DiscoveryQuery,
): Promise<Result<z.input<typeof DiscoveryPage>>> {
  const { cursor, limit, ...asked } = query
  const { like, similarityMin, ...filters } = asked
  const position = cursor === undefined ? ok(null) : decodePageCursor('specialist-discovery', asked, cursor, 3)
  if (!position.ok) return position
  if (similarityMin !== undefined && like === undefined)
    return refuse('not-processable', 'similarityMin needs `like`: without a task nobody is like it.')
  const target = like === undefined ? ok(null) : await embedQuestion(deps, organizationId, like)
  if (!target.ok) return target
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const candidates = (await candidatesIn(tx)).filter((candidate) => fits(candidate, filters))
    const vector = target.value
    const stored = vector === null ? [] : await vectorsOf(tx, deps.embedder.space)
    const byHolder = new Map(stored.map((one) => [`${one.origin}/${one.holderId}`, one.embedding]))
    const likeness =
      vector === null
        ? null
        : ({ origin, id }: { readonly origin: string; readonly id: string }) => {
            const own = byHolder.get(`${origin}/${id}`) ?? null
            return own === null ? null : cosine(own, vector)
          }
    const ranked = rank(candidates, likeness, similarityMin ?? null)
    const rest = position.value === null ? ranked : behind(ranked, position.value)
    const last = rest.length > limit ? rest[limit - 1] : undefined
    return ok({
      items: rest.slice(0, limit).map(shown),
      nextCursor: last === undefined ? null : encodePageCursor('specialist-discovery', asked, positionOf(last)),
      embedder: vector === null ? null : deps.embedder.name,
      withoutVector: vector === null ? 0 : candidates.filter((one) => likeness?.(one) === null).length,
    })
  })
}

async function embedQuestion(
  deps: Deps,
  organizationId: string,
  like: string,
): Promise<Result<readonly number[] | null>> {
  const answered = await deps.embedder.embed([like.slice(0, deps.embedder.textMaxChars)])
  switch (answered.kind) {
    case 'embedded':
      await deps.store.transaction({ organizationId }, (tx) => noteUsage(deps, tx, 0, answered.inputTokens))
      return ok(answered.vectors[0] ?? null)
    case 'refused':
      return refuse('not-processable', `${deps.embedder.name} does not take this text: ${answered.detail}`)
    case 'unavailable':
      return refuse(
        'store-unavailable',
        `${deps.embedder.name} does not answer: ${answered.detail} Ask without \`like\`, or again in a while.`,
      )
  }
}

function positionOf(ranked: Ranked): readonly string[] {
  const { similarity, name, id } = placeOf(ranked)
  return [similarity === null ? '' : String(similarity), name, id]
}

function behind(
  ranked: readonly Ranked[],
  [similarity = '', name = '', id = '']: readonly string[],
): readonly Ranked[] {
  const place = { similarity: similarity === '' ? null : Number(similarity), name, id }
  return ranked.filter((one) => comparePlaces(place, placeOf(one)) < 0)
}

function shown({ candidate, similarity, because }: Ranked): DiscoveredSpecialist {
  const { inputModes: _, outputModes: __, skills, endpoints, ...rest } = candidate
  return {
    ...rest,
    skills: skills.map(({ id, name, tags }) => ({ id, name, tags: [...tags] })),
    endpoints: endpoints.map(({ url, binding, protocolVersion }) => ({ url, binding, protocolVersion })),
    similarity,
    because,
  }
}
