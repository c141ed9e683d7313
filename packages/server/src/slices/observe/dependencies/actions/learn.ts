import { utcDay } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { type DayUse, dayUsesOf, type ObservedTrace } from '../model/learning.ts'
import * as store from '../store.ts'

const actor = { kind: 'system', id: 'dependencies' } as const

/**
 * Learns from runs who calls what. `again` are runs that were counted before and of which more arrived: they show edges,
 * and count nothing. Synthetic runs show and count nothing: they are nobody's traffic.
 */
export async function recordDependencies(
  deps: Deps,
  tx: Tx,
  runs: { readonly fresh: readonly ObservedTrace[]; readonly again: readonly ObservedTrace[] },
): Promise<void> {
  const real = ({ synthetic }: ObservedTrace) => !synthetic
  const counted = dayUsesOf(runs.fresh.filter(real), utcDay)
  await store.addDays(tx, counted)
  const fresh = await store.seeEdges(tx, edgesOf([...counted, ...dayUsesOf(runs.again.filter(real), utcDay)]))
  if (fresh.length === 0) return
  await append(
    deps,
    tx,
    fresh.map(({ agentId, kind, target }) => ({
      type: 'registry.dependency.learned' as const,
      subject: `agent/${agentId}`,
      actor,
      payload: { agentId, kind, target },
    })),
  )
}

/** One entry per edge, in the order in which every writer takes its locks. */
function edgesOf(uses: readonly DayUse[]) {
  const edges = new Map<
    string,
    { agentId: string; kind: Exclude<DayUse['kind'], 'run'>; target: string; firstAt: number; lastAt: number }
  >()
  for (const { agentId, kind, target, firstAt, lastAt } of uses) {
    if (kind === 'run') continue
    const key = `${agentId}|${kind}|${target}`
    const known = edges.get(key)
    edges.set(key, {
      agentId,
      kind,
      target,
      firstAt: Math.min(firstAt, known?.firstAt ?? firstAt),
      lastAt: Math.max(lastAt, known?.lastAt ?? lastAt),
    })
  }
  return [...edges.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge)
}
