import type { SearchState, SimilarExecution, SimilarExecutions, SimilarQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Store, Tx } from '../../../../ports/store.ts'
import { allAgents } from '../../registry/index.ts'
import { countForSearch, executionOwner, executionsByKey } from '../../telemetry/index.ts'
import { comparabilityOf, embedderInfo } from '../model/embedded-text.ts'
import { countWaiting, nearest, type StoredVector, vectorOf } from '../store/embeddings.ts'
import { newestUsage } from '../store/usage.ts'

/** The newest so many executions are compared, one by one: with pgvector's operator, and with arithmetic on arrays. */
const candidatesByOperator = 50_000
const candidatesByArrays = 5_000
/** Neighbours that are looked at when only those of one status are asked for. */
const neighboursMost = 2_000

/** Executions whose texts are most like those of one, the most similar first. */
export async function readSimilar(
  deps: Deps,
  caller: Caller,
  executionId: string,
  query: z.output<typeof SimilarQuery>,
): Promise<Result<z.input<typeof SimilarExecutions>>> {
  // Before the transaction: on the embedded store there is one session, which it would wait for.
  const hasVector = await comparesByOperator(deps.store)
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { embedder } = deps
    const owner = await executionOwner(deps, tx, executionId)
    if (owner === null)
      return refuse('not-found', 'There is no execution with this id. GET /api/v1/executions lists them.')
    const agentId = query.agent === undefined ? null : await agentIdOf(deps, tx, query.agent)
    if (agentId === undefined)
      return refuse('not-found', `There is no agent named “${query.agent}”. GET /api/v1/agents lists them.`)
    const vector = await vectorOf(tx, executionId)
    const info = embedderInfo(embedder, vector?.embedder === embedder.space ? vector.dimensions : null)
    const comparability = comparabilityOf({ isOpen: owner.endedAt === null, space: embedder.space, vector })
    if (comparability.state !== 'ready' || vector === null)
      return ok({ embedder: info, detail: null, ...comparability, items: [] })
    const items = await neighbours(deps, tx, vector, { agentId, hasVector, ...query })
    return ok({ embedder: info, state: 'ready', detail: null, items })
  })
}

async function agentIdOf(deps: Deps, tx: Tx, name: string): Promise<string | undefined> {
  return (await allAgents(deps, tx)).find((agent) => agent.name === name)?.agentId
}

async function neighbours(
  deps: Deps,
  tx: Tx,
  vector: StoredVector,
  asked: z.output<typeof SimilarQuery> & { readonly agentId: string | null; readonly hasVector: boolean },
): Promise<SimilarExecution[]> {
  const { agentId, hasVector, limit, status } = asked
  const found = await nearest(tx, vector, {
    agentId,
    hasVector,
    candidates: hasVector ? candidatesByOperator : candidatesByArrays,
    limit: status === undefined ? limit : neighboursMost,
  })
  const executions = await executionsByKey(deps, tx, found)
  const items = found.flatMap(({ executionId, similarity }): SimilarExecution[] => {
    const execution = executions.get(executionId)
    if (execution === undefined || (status !== undefined && execution.status !== status)) return []
    const { agent, startedAt, totals } = execution
    return [{ executionId, agent, status: execution.status, startedAt, costNanoUsd: totals.costNanoUsd, similarity }]
  })
  return items.slice(0, limit)
}

const operatorByStore = new WeakMap<Store, Promise<boolean>>()

/** Whether the database has pgvector; asked once, since an extension does not come and go under a running server. */
function comparesByOperator(store: Store): Promise<boolean> {
  const known = operatorByStore.get(store)
  if (known !== undefined) return known
  const asked = store.status().then(({ hasVector }) => hasVector)
  operatorByStore.set(store, asked)
  asked.catch(() => operatorByStore.delete(store))
  return asked
}

const usageDays = 31

/** How far the jobs of search are, and what vectors cost. */
export async function readSearchState(deps: Deps, caller: Caller): Promise<z.input<typeof SearchState>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => ({
    embedder: embedderInfo(deps.embedder, null),
    waitingForWords: await countForSearch(deps, tx),
    waitingForVectors: await countWaiting(tx, deps.embedder.space),
    usage: [...(await newestUsage(tx, usageDays))],
  }))
}
