import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { appendAtCommit } from '../../../govern/journal/index.ts'
import { openPriceBook, type PriceBook } from '../../prices/index.ts'
import { countExecutions, ensureSeen, namesOf, type SeenIds, type Sighting } from '../../registry/index.ts'
import { dayOf } from '../model/days.ts'
import { type ExecutionState, movedFrom } from '../model/executions.ts'
import { foldExecution, type GatheredAction, type GatheredExecution, gather } from '../model/gathering.ts'
import { type RollupOwner, RollupSums } from '../model/rollup-sums.ts'
import { type Attribution, hasUsage, isOpen, type TelemetryRows } from '../model/rows.ts'
import { addTotals, type Totals, totalsOf } from '../model/totals.ts'
import { dependsOnRelatives, type Settled, settleTrace } from '../model/trace-tree.ts'
import { actionKey, findDuplicates, insertActions, type WrittenAction } from '../store/action-log.ts'
import { queueEnded } from '../store/ended.ts'
import { insertExecutions, type StoredExecution, updateExecutions, type WrittenExecution } from '../store/executions.ts'
import { queueForSearch } from '../store/search.ts'
import { type ExecutionDays, lockExecutions } from './lock-executions.ts'
import { largestSettledTrace, settleAgain } from './settle.ts'

/** How many rows of one request were stored and how many were there already. */
export interface StoredCounts {
  readonly accepted: { readonly executions: number; readonly actions: number }
  readonly duplicates: { readonly executions: number; readonly actions: number }
}

/** One execution on its way through a transaction. */
interface Passing {
  readonly gathered: GatheredExecution
  readonly stored: StoredExecution | null
  readonly before: ExecutionState | null
  state: ExecutionState
  /** Per arriving action, as far as they themselves tell. */
  readonly settled: readonly Settled[]
}

interface Counts {
  accepted: { executions: number; actions: number }
  duplicates: { executions: number; actions: number }
}

/**
 * Stores the rows of several requests of one organization in the caller's transaction: actions and executions, totals,
 * rollups, the registry and one `telemetry.batch.stored` event. Returns what became of each request's rows. Running it
 * again with the same rows changes nothing; with `onlyNew`, which is faster, an action that is there already is refused
 * by the database (SqlError 23505).
 *
 * Locks are taken in one order in every transaction: buckets of new executions, executions by id, registry, actions by
 * key, releases, rollups.
 */
export async function storeRows(
  deps: Deps,
  tx: Tx,
  days: ExecutionDays,
  requests: readonly TelemetryRows[],
  onlyNew: boolean,
): Promise<readonly StoredCounts[]> {
  const { executions, repeated } = gather(requests)
  const counts = repeated.map(
    (actions): Counts => ({
      accepted: { executions: 0, actions: 0 },
      duplicates: { executions: 0, actions },
    }),
  )
  const passing = fold(executions, await storedStates(deps, tx, days, executions), counts)
  const seen = await ensureSeen(deps, tx, sightingsOf(passing))
  const sums = new RollupSums()
  const prices = await openPriceBook(deps, tx)
  const added = await addActions(tx, passing, { seen, prices }, sums, counts, onlyNew)
  const totals = await resettle(deps, tx, passing, sums)
  const written = passing.map((one) => writtenOf(one, added, totals, seen))
  writeExecutions(tx, passing, written)
  const moved = countMoves(passing, written, sums)
  const deltas = sums.deltas()
  const changed = written.filter((execution, index) => passing[index]?.before !== execution.state)
  const ended = changed.flatMap(({ state }) => (isOpen(state.status) ? [] : [state.executionId]))
  queueEnded(tx, ended)
  queueForSearch(tx, ended)
  const maskedInExecutions = passing.reduce((sum, { before, state }) => sum + state.masked - (before?.masked ?? 0), 0)
  tell(
    deps,
    tx,
    counts,
    added,
    maskedInExecutions,
    requests.reduce((sum, { withheld = 0 }) => sum + withheld, 0),
    new Set([...deltas, ...changed].map(({ agentId }) => agentId)),
  )
  // Last, since every batch of an agent waits for the same rows: they are held for as short as can be.
  await countExecutions(deps, tx, moved)
  await deps.writeRollups(tx, deltas)
  deps.writeCosts(tx, sums.costs.deltas())
  tx.afterCommit(() => {
    for (const { startedOn, state } of written) days.remember(tx.organizationId, state.executionId, startedOn)
  })
  return counts
}

/** What is stored of each execution, with names in place of ids. */
async function storedStates(deps: Deps, tx: Tx, days: ExecutionDays, executions: readonly GatheredExecution[]) {
  const stored = await lockExecutions(deps, tx, days, executions)
  const rows = [...stored.values()]
  const names = await namesOf(deps, tx, {
    agentIds: rows.map(({ agentId }) => agentId),
    releaseIds: rows.flatMap(({ releaseId }) => releaseId ?? []),
  })
  const named = rows.map((row): [string, { stored: StoredExecution; before: ExecutionState }] => {
    const agent = names.get(row.agentId)
    const release = row.releaseId === null ? null : names.get(row.releaseId)
    assertInvariant(agent !== undefined && release !== undefined, 'what an execution refers to is registered')
    return [row.state.executionId, { stored: row, before: { ...row.state, agent, release } }]
  })
  return new Map(named)
}

function fold(
  executions: readonly GatheredExecution[],
  stored: ReadonlyMap<string, { readonly stored: StoredExecution; readonly before: ExecutionState }>,
  counts: readonly Counts[],
): readonly Passing[] {
  return executions.map((gathered) => {
    const known = stored.get(gathered.executionId) ?? null
    const { state, news } = foldExecution(known?.before ?? null, gathered)
    gathered.reports.forEach(({ request }, index) => {
      const count = counts[request]
      if (count !== undefined) (news[index] === true ? count.accepted : count.duplicates).executions += 1
    })
    const unsettled = state.unsettled || gathered.actions.some(({ row }) => dependsOnRelatives(row, hasUsage(row)))
    const next = unsettled === state.unsettled ? state : { ...state, unsettled }
    return {
      gathered,
      stored: known?.stored ?? null,
      before: known?.before ?? null,
      state: next,
      settled: settleAmongThemselves(next, gathered),
    }
  })
}

/** Settles the arriving actions of one execution as far as they themselves tell. */
function settleAmongThemselves(state: ExecutionState, { actions }: GatheredExecution): readonly Settled[] {
  const alone = ({ row }: GatheredAction): Settled => {
    const release = row.ownRelease ? row.release : row.agent === state.agent ? state.release : null
    return { agent: row.agent, environment: row.environment, release, counted: true }
  }
  if (!state.unsettled) return actions.map(alone)
  const settled = settleTrace(
    state,
    actions.map(({ row }) => ({ ...row, hasUsage: hasUsage(row) })),
  )
  return actions.map((action) => settled.get(action.row.actionId) ?? alone(action))
}

/** First and last sighting of each agent, environment, release and model among the rows. */
function sightingsOf(passing: readonly Passing[]): readonly Sighting[] {
  const spans = new Map<string, { sighting: Omit<Sighting, 'at'>; first: Instant; last: Instant }>()
  const see = (
    { agent, environment, release }: Attribution,
    first: Instant,
    last: Instant,
    model: string | null,
  ): void => {
    const key = `${agent}\u0000${environment}\u0000${release ?? ''}\u0000${model ?? ''}`
    const known = spans.get(key)
    if (known === undefined) {
      const sighting = { agent, environment, release, ...(model === null ? {} : { model }) }
      spans.set(key, { sighting, first, last })
      return
    }
    if (first < known.first) known.first = first
    if (last > known.last) known.last = last
  }
  for (const { state, gathered, settled } of passing) {
    see(state, state.startedAt, state.endedAt ?? state.startedAt, null)
    gathered.actions.forEach(({ row }, index) => {
      see(settled[index] ?? state, row.startedAt, row.endedAt, row.kind === 'llm' ? row.model : null)
    })
  }
  return [...spans.values()].flatMap(({ sighting, first, last }) => [
    { ...sighting, at: first },
    { ...sighting, at: last },
  ])
}

interface Added {
  /** Sums of the new actions per execution. */
  readonly totals: ReadonlyMap<string, Totals>
  readonly actions: number
  readonly masked: number
}

/** What is looked up per row: the ids behind names, and prices. */
interface Known {
  readonly seen: SeenIds
  readonly prices: PriceBook
}

interface ArrivingAction extends WrittenAction {
  /** Number of the request that brought it. */
  readonly request: number
}

/** Stores the actions that are new and counts exactly those. */
async function addActions(
  tx: Tx,
  passing: readonly Passing[],
  known: Known,
  sums: RollupSums,
  counts: readonly Counts[],
  onlyNew: boolean,
): Promise<Added> {
  const actions = inKeyOrder(passing, known)
  const duplicates = await storeActions(tx, actions, onlyNew)
  const totals = new Map<string, Totals>()
  let masked = 0
  for (const action of actions) {
    const { row, startedOn, request } = action
    const count = counts[request]
    if (duplicates.size > 0 && duplicates.has(actionKey(startedOn, row.executionId, row.actionId))) {
      if (count !== undefined) count.duplicates.actions += 1
      continue
    }
    if (count !== undefined) count.accepted.actions += 1
    const own = totalsOf(row, action.counted, action.cost?.nanoUsd ?? null)
    const known = totals.get(row.executionId)
    totals.set(row.executionId, known === undefined ? own : addTotals(known, own))
    sums.addAction(action, row.endedAt, own, 1)
    sums.costs.add(action, row, own, 1)
    masked += row.masked
  }
  return { totals, actions: actions.length - duplicates.size, masked }
}

/** All arriving actions, priced, sorted by day, execution and id: the order of the primary key and of its locks. */
function inKeyOrder(passing: readonly Passing[], { seen, prices }: Known): readonly ArrivingAction[] {
  const byDay = new Map<string, ArrivingAction[]>()
  for (const { gathered, settled, state } of passing) {
    const arriving = gathered.actions.map(({ row, startedOn, request }, index): ArrivingAction => {
      const { agent, environment, release, counted } = settled[index] ?? { ...state, counted: true }
      const agentId = seen.agentId(agent)
      const releaseId = seen.releaseId(agent, release)
      return { row, startedOn, request, agentId, releaseId, environment, counted, cost: prices.priceOf(row) }
    })
    // Executions come sorted already.
    arriving.sort((a, b) => (a.row.actionId < b.row.actionId ? -1 : 1))
    for (const action of arriving) {
      const ofDay = byDay.get(action.startedOn)
      if (ofDay === undefined) byDay.set(action.startedOn, [action])
      else ofDay.push(action)
    }
  }
  return [...byDay.keys()].sort().flatMap((day) => byDay.get(day) ?? [])
}

async function storeActions(tx: Tx, actions: readonly WrittenAction[], onlyNew: boolean): Promise<ReadonlySet<string>> {
  if (actions.length === 0) return new Set()
  const inserted = await insertActions(tx, actions, onlyNew)
  if (inserted === actions.length) return new Set()
  const duplicates = await findDuplicates(tx)
  assertInvariant(inserted + duplicates.size === actions.length, 'an action is either new or there already')
  return duplicates
}

/** Settles traces again that had actions before and that these rows may have changed. */
async function resettle(
  deps: Deps,
  tx: Tx,
  passing: readonly Passing[],
  sums: RollupSums,
): Promise<ReadonlyMap<string, Totals>> {
  const traces = passing.flatMap(({ before, state }) => {
    if (before === null || before.totals.actions === 0 || before.totals.actions > largestSettledTrace) return []
    return state.unsettled || movedFrom(before, state) ? [state] : []
  })
  return traces.length === 0 ? new Map() : settleAgain(deps, tx, traces, sums)
}

function writtenOf(
  one: Passing,
  added: Added,
  resettled: ReadonlyMap<string, Totals>,
  seen: SeenIds,
): WrittenExecution {
  const { state, stored } = one
  const more = added.totals.get(state.executionId)
  const totals = resettled.get(state.executionId) ?? (more === undefined ? state.totals : addTotals(state.totals, more))
  if (totals !== state.totals) one.state = { ...state, totals }
  return {
    startedOn: stored?.startedOn ?? dayOf(state.startedAt),
    agentId: seen.agentId(state.agent),
    releaseId: seen.releaseId(state.agent, state.release),
    state: one.state,
  }
}

function writeExecutions(tx: Tx, passing: readonly Passing[], written: readonly WrittenExecution[]): void {
  const fresh = written.filter((_, index) => passing[index]?.stored === null)
  const changed = written.filter((execution, index) => {
    const before = passing[index]?.before
    return before !== null && before !== execution.state
  })
  if (fresh.length > 0) insertExecutions(tx, fresh)
  if (changed.length > 0) updateExecutions(tx, changed)
}

/** Moves what executions count from what was stored to what is now; returns the changes per release. */
function countMoves(
  passing: readonly Passing[],
  written: readonly WrittenExecution[],
  sums: RollupSums,
): ReadonlyMap<string, number> {
  const byRelease = new Map<string, number>()
  const count = (owner: RollupOwner, state: ExecutionState, times: 1 | -1) => {
    sums.addExecution(owner, state, times)
    if (owner.releaseId !== null) byRelease.set(owner.releaseId, (byRelease.get(owner.releaseId) ?? 0) + times)
  }
  written.forEach(({ agentId, releaseId, state }, index) => {
    const { before = null, stored = null } = passing[index] ?? {}
    if (before === state) return
    if (before !== null && stored !== null)
      count({ agentId: stored.agentId, releaseId: stored.releaseId, environment: before.environment }, before, -1)
    count({ agentId, releaseId, environment: state.environment }, state, 1)
  })
  for (const [releaseId, change] of byRelease) if (change === 0) byRelease.delete(releaseId)
  return byRelease
}

const mostAgentsTold = 1_000

function tell(
  deps: Deps,
  tx: Tx,
  counts: readonly Counts[],
  added: Added,
  maskedInExecutions: number,
  withheld: number,
  agentIds: ReadonlySet<string>,
): void {
  const executions = counts.reduce((sum, count) => sum + count.accepted.executions, 0)
  if (executions + added.actions === 0) return
  const cost = [...added.totals.values()].reduce<number | null>(
    (sum, { costNanoUsd }) => (costNanoUsd === null ? sum : (sum ?? 0) + costNanoUsd),
    null,
  )
  const payload = {
    executions,
    actions: added.actions,
    agentIds: [...agentIds].slice(0, mostAgentsTold),
    masked: added.masked + maskedInExecutions,
    withheld,
    costNanoUsd: cost,
  }
  const actor = { kind: 'system', id: 'telemetry' } as const
  appendAtCommit(deps, tx, { type: 'telemetry.batch.stored', subject: 'telemetry', actor, payload })
}
