import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { openPriceBook } from '../../../observe/prices/index.ts'
import { type Candidate, textOf } from '../model/discovery.ts'
import { keepVectors, saveVector, vectorsOf } from '../store/vectors.ts'
import { candidatesIn } from './candidates.ts'
import { textDigest } from './digests.ts'

/**
 * Computes the vectors that are missing, outdated or of another embedder, and lets those go whom nobody finds any more.
 * The embedder is asked while no transaction is open; when it is away, the next turn goes on.
 */
export async function embedSpecialists(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps))
    await deps.pacer.step(() => embedOf(deps, organizationId))
}

interface Waiting {
  readonly candidate: Candidate
  readonly text: string
  readonly digest: Uint8Array
}

async function embedOf(deps: Deps, organizationId: string): Promise<void> {
  const { embedder } = deps
  const waiting = await deps.store.transaction({ organizationId }, async (tx): Promise<readonly Waiting[]> => {
    const candidates = await candidatesIn(tx)
    const stored = await vectorsOf(tx, embedder.space)
    const ids = candidates.map(({ id }) => id)
    if (stored.some(({ holderId }) => !ids.includes(holderId))) await keepVectors(tx, ids)
    const known = new Map(stored.map((one) => [one.holderId, Buffer.from(one.textDigest).toString('hex')]))
    return candidates
      .map((candidate) => {
        const text = textOf(candidate).slice(0, embedder.textMaxChars)
        return { candidate, text, digest: textDigest(text) }
      })
      .filter(({ candidate, digest }) => known.get(candidate.id) !== Buffer.from(digest).toString('hex'))
  })
  for (let at = 0; at < waiting.length; at += embedder.batchMax)
    if (!(await embedBatch(deps, organizationId, waiting.slice(at, at + embedder.batchMax)))) return
}

/** Whether the embedder was there. A batch that it refuses is tried text by text, so that one does not stop the others. */
async function embedBatch(deps: Deps, organizationId: string, batch: readonly Waiting[]): Promise<boolean> {
  const { embedder } = deps
  const answer = await embedder.embed(batch.map(({ text }) => text))
  if (answer.kind === 'unavailable') {
    deps.log.warn({ embedder: embedder.name, detail: answer.detail }, 'vectors of specialists wait for their embedder')
    return false
  }
  if (answer.kind === 'refused' && batch.length > 1) {
    for (const one of batch) if (!(await embedBatch(deps, organizationId, [one]))) return false
    return true
  }
  await deps.store.transaction({ organizationId }, async (tx) => {
    for (const [at, { candidate, digest }] of batch.entries())
      await saveVector(tx, {
        origin: candidate.origin,
        holderId: candidate.id,
        embedder: embedder.space,
        embedding: answer.kind === 'embedded' ? (answer.vectors[at] ?? null) : null,
        refusal: answer.kind === 'refused' ? answer.detail : null,
        textDigest: digest,
      })
    if (answer.kind === 'embedded') await noteUsage(deps, tx, batch.length, answer.inputTokens)
  })
  return true
}

/** Journals what an endpoint was paid for; nothing when nobody is asked. `specialists` 0: for a question. */
export async function noteUsage(deps: Deps, tx: Tx, specialists: number, inputTokens: number | null): Promise<void> {
  const { name, model, provider } = deps.embedder
  if (provider === null) return
  const unused = { outputTokens: null, cacheReadTokens: null, cacheWriteTokens: null, reasoningTokens: null }
  const call = { kind: 'embedding', provider, model, startedAt: deps.clock.now(), inputTokens, ...unused } as const
  const costNanoUsd = (await openPriceBook(deps, tx)).priceOf(call)?.nanoUsd ?? null
  const payload = { embedder: name, model, specialists, inputTokens, costNanoUsd }
  const actor = { kind: 'system', id: 'specialists' } as const
  await append(deps, tx, [{ type: 'specialist.embedded', subject: `embedder/${name}`, actor, payload }])
}
