import { createHash } from 'node:crypto'
import { utcDay } from '../../../../kernel/instant.ts'
import type { Embedded } from '../../../../ports/embedder.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { openPriceBook } from '../../prices/index.ts'
import { textsOfExecutions } from '../../telemetry/index.ts'
import { embeddedText } from '../model/embedded-text.ts'
import * as store from '../store/embeddings.ts'
import { addUsage } from '../store/usage.ts'

const stepsPerRun = 100

/**
 * Computes vectors that are missing or of another embedder: after a change of embedder of all executions, with an endpoint
 * of each that ended. The endpoint is asked while no transaction is open; when it is away, the next turn goes on.
 */
export async function embedWaiting(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    let more = true
    for (let step = 0; more && step < stepsPerRun; step++)
      more = await deps.pacer.step(() => embedSome(deps, organizationId))
  }
}

interface WaitingText extends store.WaitingExecution {
  readonly text: string
}

async function embedSome(deps: Deps, organizationId: string): Promise<boolean> {
  const { store: database, embedder } = deps
  const waiting = await database.transaction({ organizationId }, async (tx): Promise<readonly WaitingText[]> => {
    const found = await store.withoutVector(tx, embedder.space, embedder.batchMax)
    const texts = await textsOfExecutions(deps, tx, found)
    const gone = found.filter(({ executionId }) => !texts.has(executionId))
    if (gone.length > 0) await store.deleteEmbeddings(tx, gone)
    return found.flatMap((one) => {
      const text = texts.get(one.executionId)
      return text === undefined ? [] : [{ ...one, text: embeddedText(text, embedder.textMaxChars) }]
    })
  })
  return waiting.length > 0 && (await embedTexts(deps, organizationId, waiting))
}

/** Whether the embedder was there. A batch that it refuses is tried text by text, so that one does not stop the others. */
async function embedTexts(deps: Deps, organizationId: string, waiting: readonly WaitingText[]): Promise<boolean> {
  const { embedder } = deps
  const answer = await embedder.embed(waiting.map(({ text }) => text))
  switch (answer.kind) {
    case 'embedded':
      await deps.store.transaction({ organizationId }, (tx) => keep(deps, tx, waiting, answer))
      return true
    case 'refused': {
      const [only, ...others] = waiting
      if (only !== undefined && others.length === 0)
        await deps.store.transaction({ organizationId }, (tx) =>
          store.saveRefusals(tx, embedder.space, [only], answer.detail),
        )
      else for (const one of waiting) if (!(await embedTexts(deps, organizationId, [one]))) return false
      return true
    }
    case 'unavailable':
      deps.log.warn({ embedder: embedder.name, detail: answer.detail }, 'vectors of executions wait for their embedder')
      return false
  }
}

async function keep(
  deps: Deps,
  tx: Tx,
  waiting: readonly WaitingText[],
  { vectors, inputTokens }: Extract<Embedded, { kind: 'embedded' }>,
): Promise<void> {
  const { name, model, provider, space } = deps.embedder
  const computed = waiting.map((one, index) => ({ ...one, vector: vectors[index] ?? [], ofText: digestOf(one.text) }))
  await store.saveVectors(tx, space, computed)
  if (provider === null) return
  const now = deps.clock.now()
  const unused = { outputTokens: null, cacheReadTokens: null, cacheWriteTokens: null, reasoningTokens: null }
  const call = { kind: 'embedding', provider, model, startedAt: now, inputTokens, ...unused } as const
  const costNanoUsd = (await openPriceBook(deps, tx)).priceOf(call)?.nanoUsd ?? null
  await addUsage(tx, { day: utcDay(now), name, model, executions: waiting.length, inputTokens, costNanoUsd })
  const actor = { kind: 'system', id: 'search' } as const
  const payload = { embedder: name, model, executions: waiting.length, inputTokens, costNanoUsd }
  await append(deps, tx, [{ type: 'search.executions.embedded', subject: `embedder/${name}`, actor, payload }])
}

/** SHA-256 of a text, by which an unchanged one is known. */
export function digestOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}
