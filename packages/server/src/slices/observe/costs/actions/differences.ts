import type { CostDifferencePage, CostDifferenceQuery } from '@metaagent/contract'
import type { z } from 'zod'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { namesOf } from '../../registry/index.ts'
import { wholeCosts } from '../../telemetry/index.ts'
import { behind, byRank, wholesByDay } from '../model/differences.ts'
import { ratioOf } from '../model/sums.ts'
import { type CostFilter, comparedCalls, listDifferences } from '../store/reading.ts'
import { filterOf, pageOf } from './read.ts'

/**
 * Reported beside computed cost: of calls per agent, model and day, and of runs that report theirs as a whole per agent
 * and day. The largest difference first.
 */
export async function readDifferences(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof CostDifferenceQuery>,
): Promise<Result<CostDifferencePage>> {
  const filter = filterOf(query, deps.clock.now())
  if (!filter.ok) return filter
  const { timeZone } = query
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const wholes = await wholesOf(tx, filter.value, timeZone)
    const page = await pageOf('costs.differences', query, async (after, limit) => {
      const calls = await listDifferences(tx, filter.value, timeZone, after, limit)
      return [...calls, ...wholes.filter((row) => behind(row, after))].toSorted(byRank).slice(0, limit)
    })
    if (!page.ok) return page
    const names = await namesOf(deps, tx, { agentIds: page.value.rows.map(({ agentId }) => agentId), releaseIds: [] })
    const items = page.value.rows.map(({ rank: _, key: __, ...row }) => ({
      ...row,
      agent: names.get(row.agentId) ?? '',
      differenceNanoUsd: row.comparedReportedNanoUsd - row.comparedCostNanoUsd,
      reportedRatio: ratioOf(row),
    }))
    return ok({ items, nextCursor: page.value.nextCursor })
  })
}

/** A run has no one model or release of its own: who asks for one gets calls alone. */
async function wholesOf(tx: Tx, filter: CostFilter, timeZone: string) {
  if (filter.model !== null || filter.provider !== null || filter.releaseId !== null) return []
  return wholesByDay(await wholeCosts(tx, filter), timeZone)
}

/** Both costs of an agent in a quarter of an hour, over everything where both are known. */
export interface CostPair {
  readonly agentId: string
  readonly at: Instant
  readonly reportedNanoUsd: number
  readonly computedNanoUsd: number
}

/** What the list of differences is made of, per agent and quarter of an hour: for rules that watch it. */
export async function costPairs(
  _deps: Deps,
  tx: Tx,
  asked: { readonly from: Instant; readonly until: Instant; readonly environment: string | null },
): Promise<readonly CostPair[]> {
  const calls = await comparedCalls(tx, asked)
  return [...calls, ...(await wholeCosts(tx, { ...asked, agentId: null }))]
}
