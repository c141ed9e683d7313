import { WordSet } from '../../../../kernel/words.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { executionsForSearch, leaveSearchQueue, type SearchedExecution } from '../../telemetry/index.ts'
import { embeddedText } from '../model/embedded-text.ts'
import { buildBlocks, segmentSize } from '../model/postings.ts'
import { type SavedVector, saveEmbeddings } from '../store/embeddings.ts'
import { dissolveSegment, insertSegment, oldestOutlived } from '../store/segments.ts'
import { ensureDays, nextToSeal, saveWords } from '../store/words.ts'
import { digestOf } from './embed.ts'

const executionsPerStep = 100
const stepsPerRun = 200
/** Different words of one execution that can be found. */
const wordsMax = 2_000

/**
 * Reads the texts of executions that ended, or of which more arrived, so that they can be searched: within two seconds of
 * their commit while the machine keeps up. Yields to telemetry after each step; what is cut off is read again.
 */
export async function readTexts(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    let more = true
    for (let step = 0; more && step < stepsPerRun; step++)
      more = await deps.pacer.step(() => readSome(deps, organizationId))
    more = true
    while (more) more = await deps.pacer.step(() => sealSome(deps, organizationId))
    more = true
    while (more) more = await deps.pacer.step(() => dissolveOutlived(deps, organizationId))
  }
}

async function readSome(deps: Deps, organizationId: string): Promise<boolean> {
  const { store } = deps
  const executions = await store.transaction({ organizationId }, (tx) =>
    executionsForSearch(deps, tx, executionsPerStep),
  )
  if (executions.length === 0) return false
  // Between the transactions: on the embedded store nobody waits while the words are read.
  const read = executions.map((one) => ({ ...one, words: wordsIn(one) }))
  const likeness = await likenessOf(deps, executions)
  await store.transaction({ organizationId }, async (tx) => {
    const days = read.map(({ startedOn }) => startedOn)
    await ensureDays(tx, 'execution_words', days)
    await saveWords(tx, read)
    await ensureDays(tx, 'execution_embeddings', days)
    await saveEmbeddings(tx, deps.embedder.space, likeness)
    await leaveSearchQueue(deps, tx, executions)
  })
  return executions.length === executionsPerStep
}

function wordsIn({ texts }: SearchedExecution): string {
  const set = new WordSet(wordsMax)
  set.add(texts)
  return ` ${set.words.join(' ')} `
}

/** Vectors where they are computed here; an endpoint is asked by a job of its own, so that words do not wait for it. */
async function likenessOf(
  { embedder }: Deps,
  executions: readonly SearchedExecution[],
): Promise<readonly SavedVector[]> {
  const texts = executions.map((one) => embeddedText(one.texts, embedder.textMaxChars))
  const answer = embedder.provider === null ? await embedder.embed(texts) : null
  const vectors = answer?.kind === 'embedded' ? answer.vectors : []
  return executions.map((one, index) => ({
    ...one,
    vector: vectors[index] ?? null,
    digest: digestOf(texts[index] ?? ''),
  }))
}

async function sealSome(deps: Deps, organizationId: string): Promise<boolean> {
  const { store } = deps
  const next = await store.transaction({ organizationId }, (tx) => nextToSeal(tx, segmentSize))
  if (next.length === 0) return false
  const blocks = buildBlocks(next.map(({ words }) => words))
  await store.transaction({ organizationId }, (tx) => insertSegment(tx, deps.ids.uuid(), next, blocks))
  return true
}

/** A segment that retention has let go of in part is made anew of what is left, so that no word outlives its execution. */
async function dissolveOutlived(deps: Deps, organizationId: string): Promise<boolean> {
  return deps.store.transaction({ organizationId }, async (tx) => {
    const segmentId = await oldestOutlived(tx)
    if (segmentId !== null) await dissolveSegment(tx, segmentId)
    return segmentId !== null
  })
}
