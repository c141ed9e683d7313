import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { ensureSeen, namesOf, type Sighting } from '../../registry/index.ts'
import { daysFrom } from '../model/days.ts'
import type { ExecutionState } from '../model/executions.ts'
import type { RollupSums } from '../model/rollup-sums.ts'
import { hasUsage } from '../model/rows.ts'
import { addTotals, noTotals, type Totals, totalsOf } from '../model/totals.ts'
import { type Settled, settleTrace, type TraceNode } from '../model/trace-tree.ts'
import { actionsOf, type ResettledAction, resettleActions, type StoredAction } from '../store/action-log.ts'

/** Traces with more actions keep what was decided when each arrived: settling them again would read them whole. */
export const largestSettledTrace = 10_000

interface Resettlement {
  readonly action: StoredAction
  readonly settled: Settled
}

/**
 * Settles stored traces again, after relatives of their actions arrived: writes who each action is counted for and
 * whether its tokens count, moves the rollups accordingly, and returns each execution's totals.
 */
export async function settleAgain(
  deps: Deps,
  tx: Tx,
  traces: readonly ExecutionState[],
  sums: RollupSums,
): Promise<ReadonlyMap<string, Totals>> {
  const executionIds = traces.map(({ executionId }) => executionId)
  const stored = await actionsOf(tx, executionIds, [...new Set(traces.flatMap(daysOf))])
  const names = await namesOf(deps, tx, {
    agentIds: stored.map(({ agentId }) => agentId),
    releaseIds: stored.flatMap(({ releaseId }) => releaseId ?? []),
  })
  const totals = new Map<string, Totals>()
  const changed: Resettlement[] = []
  for (const state of traces) {
    const days = new Set(daysOf(state))
    const actions = stored.filter((action) => action.executionId === state.executionId && days.has(action.startedOn))
    const settled = settleTrace(
      state,
      actions.map((action) => nodeOf(action, names)),
    )
    let sum = noTotals
    for (const action of actions) {
      const now = settled.get(action.actionId)
      if (now === undefined) continue
      sum = addTotals(sum, totalsOf(action, now.counted, action.costNanoUsd))
      if (differs(action, now, names)) changed.push({ action, settled: now })
    }
    totals.set(state.executionId, sum)
  }
  if (changed.length > 0) await move(deps, tx, changed, sums)
  return totals
}

/** The days on which an execution has actions: another one of the same id, begun by rows that came too late, has others. */
function daysOf({ firstActionOn, lastActionOn }: ExecutionState): readonly string[] {
  return firstActionOn === null || lastActionOn === null ? [] : daysFrom(firstActionOn, lastActionOn)
}

function nodeOf(action: StoredAction, names: ReadonlyMap<string, string>): TraceNode {
  return {
    actionId: action.actionId,
    parentActionId: action.parentActionId,
    source: action.source,
    kind: action.kind,
    hasUsage: hasUsage(action),
    agent: names.get(action.agentId) ?? '',
    environment: action.environment,
    release: action.releaseId === null ? null : (names.get(action.releaseId) ?? null),
    ownAgent: action.ownAgent,
    ownRelease: action.ownRelease,
    ownEnvironment: action.ownEnvironment,
  }
}

function differs(action: StoredAction, settled: Settled, names: ReadonlyMap<string, string>): boolean {
  const release = action.releaseId === null ? null : (names.get(action.releaseId) ?? null)
  return (
    names.get(action.agentId) !== settled.agent ||
    release !== settled.release ||
    action.environment !== settled.environment ||
    action.counted !== settled.counted
  )
}

async function move(deps: Deps, tx: Tx, changed: readonly Resettlement[], sums: RollupSums): Promise<void> {
  const seen = await ensureSeen(
    deps,
    tx,
    changed.map(({ action, settled }): Sighting => ({ ...settled, at: action.endedAt })),
  )
  const moves = changed.map(({ action, settled }): ResettledAction => {
    const { agent, release, environment, counted } = settled
    return { action, agentId: seen.agentId(agent), releaseId: seen.releaseId(agent, release), environment, counted }
  })
  await resettleActions(tx, moves)
  for (const { action, agentId, releaseId, environment, counted } of moves) {
    const before = totalsOf(action, action.counted, action.costNanoUsd)
    sums.addAction(action, action.endedAt, before, -1)
    sums.costs.add(action, action, before, -1)
    const totals = totalsOf(action, counted, action.costNanoUsd)
    const owner = { agentId, releaseId, environment }
    sums.addAction(owner, action.endedAt, totals, 1)
    sums.costs.add(owner, action, totals, 1)
  }
}
