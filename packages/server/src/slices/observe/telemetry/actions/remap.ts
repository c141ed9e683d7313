import type { JsonValue } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { openPriceBook } from '../../prices/index.ts'
import { countExecutions, ensureSeen, namesOf, type SeenIds, type Sighting } from '../../registry/index.ts'
import { addDays, daysFrom, executionWindow } from '../model/days.ts'
import { afterAction, afterReport, type ExecutionState } from '../model/executions.ts'
import { mapSpan } from '../model/otlp/map-span.ts'
import { spanOfStored } from '../model/otlp/stored-span.ts'
import { mappingVersion } from '../model/otlp/vocabulary.ts'
import { type RollupOwner, RollupSums } from '../model/rollup-sums.ts'
import type { ActionRow, ExecutionRow } from '../model/rows.ts'
import { totalsOf } from '../model/totals.ts'
import {
  lockExecutionsOnDays,
  type StoredExecution,
  updateExecutions,
  type WrittenExecution,
} from '../store/executions.ts'
import {
  countOldRows,
  daysWithActions,
  executionsWithOldRows,
  type OldRow,
  oldRowsOf,
  type RemappedRow,
  writeRemapped,
} from '../store/remapping.ts'
import { settleAgain } from './settle.ts'

/** Days of a re-mapping, `YYYY-MM-DD`, both included. */
export interface RemapDays {
  readonly from: string
  readonly to: string
}

/** Where a re-mapping stands: behind this execution on this day. */
export interface RemapPosition {
  readonly day: string
  readonly executionId: string | null
}

export interface RemapStep {
  /** Null: everything on these days has been read by this mapping. */
  readonly next: RemapPosition | null
  readonly actions: number
  /** Those of them that are read differently now. */
  readonly changed: number
  readonly executions: number
}

/** What there is to re-map: the days that hold any, and how many rows an older mapping read. Null when there is none. */
export async function remapWork(
  tx: Tx,
  asked: Partial<RemapDays>,
): Promise<{ readonly days: RemapDays; readonly rows: number } | null> {
  const held = await daysWithActions(tx)
  if (held === null) return null
  const from = asked.from !== undefined && asked.from > held.first ? asked.from : held.first
  const to = asked.to !== undefined && asked.to < held.last ? asked.to : held.last
  const rows = from > to ? 0 : await countOldRows(tx, mappingVersion, from, to)
  return rows === 0 ? null : { days: { from, to }, rows }
}

const executionsPerStep = 100

/**
 * Reads the rows of up to 100 executions again, from what was kept of their spans, where an older mapping read them:
 * their columns, prices, who they are counted for, the totals of their executions and every rollup, in the caller's
 * transaction. Running it again finds nothing left to do. With `dryRun` it only counts. Locks are taken as ingest takes
 * them: executions by id, registry, actions by key, releases, sums with the commit.
 *
 * What reports said of an execution stays; the newer reading of its spans can better it, not take it away.
 */
export async function remapNext(
  deps: Deps,
  tx: Tx,
  days: RemapDays,
  position: RemapPosition | null,
  dryRun: boolean,
): Promise<RemapStep> {
  const { day, executionId } = position ?? { day: days.from, executionId: null }
  const ids = await executionsWithOldRows(tx, mappingVersion, day, executionId, executionsPerStep)
  const last = ids.at(-1)
  const more = last !== undefined && ids.length === executionsPerStep
  const next = more ? { day, executionId: last } : day < days.to ? { day: addDays(day, 1), executionId: null } : null
  if (last === undefined) return { next, actions: 0, changed: 0, executions: 0 }
  const read = (await oldRowsOf(tx, mappingVersion, day, ids)).map((row) => readAgain(deps, row))
  const changed = read.filter(isChanged).length
  if (!dryRun) {
    const locked = await lockExecutionsOnDays(tx, ids, daysAround(day))
    // The rows again, now that nobody else can be joining to them.
    const rows = (await oldRowsOf(tx, mappingVersion, day, ids)).map((row) => readAgain(deps, row))
    await remap(deps, tx, rows, locked)
    await tell(deps, tx, { actions: rows.length, changed: rows.filter(isChanged).length, executions: ids.length })
  }
  return { next, actions: read.length, changed, executions: ids.length }
}

async function tell(
  deps: Deps,
  tx: Tx,
  counts: { readonly actions: number; readonly changed: number; readonly executions: number },
): Promise<void> {
  const actor = { kind: 'system', id: 'telemetry' } as const
  const payload = { mappingVersion, ...counts }
  await append(deps, tx, [{ type: 'telemetry.rows.remapped', subject: 'telemetry', actor, payload }])
}

const daysAround = (day: string) =>
  daysFrom(addDays(day, -executionWindow.daysBefore), addDays(day, executionWindow.daysAfter))

interface Read {
  readonly old: OldRow
  readonly action: ActionRow
  readonly execution: ExecutionRow | null
}

/** A row as this mapping reads it; one that it cannot read stays as it is. */
function readAgain(deps: Deps, old: OldRow): Read {
  const mapped = mapSpan(spanOfStored(old), deps.clock.now())
  if (mapped.fault !== null) throw new Error(`the stored span ${old.executionId}/${old.actionId}: ${mapped.fault}`)
  return { old, action: mapped.action, execution: mapped.execution }
}

const comparedColumns = [
  'kind',
  'name',
  'status',
  'errorType',
  'errorMessage',
  'provider',
  'model',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'reportedCostNanoUsd',
] as const

function isChanged({ old, action }: Read): boolean {
  if (comparedColumns.some((column) => old[column] !== action[column])) return true
  return !sameJson(old.input, action.input) || !sameJson(old.output, action.output)
}

function sameJson(stored: JsonValue, text: string | null): boolean {
  if (stored === null || text === null) return stored === null && text === null
  return canonicalJson(stored) === canonicalJson(JSON.parse(text))
}

/** An execution on its way: as stored, and as its spans make it now. */
interface Moving {
  readonly stored: StoredExecution
  readonly before: ExecutionState
  state: ExecutionState
}

async function remap(deps: Deps, tx: Tx, read: readonly Read[], locked: readonly StoredExecution[]): Promise<void> {
  const names = await namesOf(deps, tx, {
    agentIds: [...locked.map(({ agentId }) => agentId), ...read.map(({ old }) => old.agentId)],
    releaseIds: locked.flatMap(({ releaseId }) => releaseId ?? []),
  })
  const moving = movingOf(locked, names, read)
  const seen = await ensureSeen(deps, tx, sightingsOf(moving, read, names))
  const prices = await openPriceBook(deps, tx)
  const sums = new RollupSums()
  const rows = read.map((one): RemappedRow => {
    const { old, action } = one
    const agent = action.ownAgent ? action.agent : (names.get(old.agentId) ?? action.agent)
    const owner = {
      agentId: action.ownAgent ? seen.agentId(action.agent) : old.agentId,
      releaseId: action.ownRelease ? seen.releaseId(agent, action.release) : old.releaseId,
      environment: action.ownEnvironment ? action.environment : old.environment,
    }
    const cost = prices.priceOf(action)
    move(sums, one, owner, cost?.nanoUsd ?? null)
    return { startedOn: old.startedOn, row: action, ...owner, cost, masked: old.masked }
  })
  await writeRemapped(tx, rows)
  await writeMoved(deps, tx, moving, seen, sums)
  await deps.writeRollups(tx, sums.deltas())
  deps.writeCosts(tx, sums.costs.deltas())
}

/** Takes back what a row counted and counts what it says now; who it is counted for is settled after. */
function move(sums: RollupSums, { old, action }: Read, owner: RollupOwner, costNanoUsd: number | null): void {
  const before = totalsOf(old, old.counted, old.costNanoUsd)
  const after = totalsOf(action, old.counted, costNanoUsd)
  sums.addAction(old, old.endedAt, before, -1)
  sums.costs.add(old, old, before, -1)
  sums.addAction(owner, action.endedAt, after, 1)
  sums.costs.add(owner, action, after, 1)
}

/** Each stored execution, the earlier of two with one id, after everything that its spans say now. */
function movingOf(
  locked: readonly StoredExecution[],
  names: ReadonlyMap<string, string>,
  read: readonly Read[],
): readonly Moving[] {
  const byId = new Map<string, Moving>()
  for (const stored of locked) {
    const known = byId.get(stored.state.executionId)
    if (known !== undefined && known.stored.startedOn <= stored.startedOn) continue
    const release = stored.releaseId === null ? null : (names.get(stored.releaseId) ?? null)
    const before = { ...stored.state, agent: names.get(stored.agentId) ?? '', release }
    byId.set(stored.state.executionId, { stored, before, state: before })
  }
  for (const one of read) {
    const moving = byId.get(one.action.executionId)
    if (moving === undefined) continue
    if (one.execution !== null) moving.state = afterRoot(moving.state, one.old, one.execution)
    moving.state = afterAction(moving.state, one.action)
  }
  return [...byId.values()]
}

/** The report that a root span makes now; where the execution is as that span closed it, it closes it anew. */
function afterRoot(state: ExecutionState, old: OldRow, report: ExecutionRow): ExecutionState {
  const reported = afterReport(state, { ...report, masked: 0 })
  const closedByIt = state.rank === report.rank && state.startedAt === old.startedAt && state.endedAt === old.endedAt
  if (!closedByIt || state.status !== old.status) return reported
  return {
    ...reported,
    status: report.status,
    endReason: report.endReason ?? reported.endReason,
    errorType: report.errorType,
    errorMessage: report.errorMessage,
    conversationId: report.conversationId ?? reported.conversationId,
    input: report.input ?? reported.input,
    output: report.output ?? reported.output,
  }
}

function sightingsOf(
  moving: readonly Moving[],
  read: readonly Read[],
  names: ReadonlyMap<string, string>,
): readonly Sighting[] {
  const ofActions = read.map(({ old, action }): Sighting => {
    const agent = action.ownAgent ? action.agent : (names.get(old.agentId) ?? action.agent)
    const environment = action.ownEnvironment ? action.environment : old.environment
    const release = action.ownRelease ? action.release : null
    const model = action.kind === 'llm' && action.model !== null ? { model: action.model } : {}
    return { agent, environment, release, at: action.endedAt, ...model }
  })
  const ofExecutions = moving.map(({ state }): Sighting => ({ ...attributionOf(state), at: state.startedAt }))
  return [...ofActions, ...ofExecutions]
}

const attributionOf = ({ agent, environment, release }: ExecutionState) => ({ agent, environment, release })

/** Settles the traces, writes the executions and moves what they count as. */
async function writeMoved(
  deps: Deps,
  tx: Tx,
  moving: readonly Moving[],
  seen: SeenIds,
  sums: RollupSums,
): Promise<void> {
  const totals = await settleAgain(
    deps,
    tx,
    moving.map(({ state }) => state),
    sums,
  )
  const byRelease = new Map<string, number>()
  const count = (owner: RollupOwner, state: ExecutionState, times: 1 | -1) => {
    sums.addExecution(owner, state, times)
    if (owner.releaseId !== null) byRelease.set(owner.releaseId, (byRelease.get(owner.releaseId) ?? 0) + times)
  }
  const written = moving.map(({ stored, before, state: settled }): WrittenExecution => {
    const state = { ...settled, totals: totals.get(settled.executionId) ?? settled.totals }
    const owner = { agentId: seen.agentId(state.agent), releaseId: seen.releaseId(state.agent, state.release) }
    count({ agentId: stored.agentId, releaseId: stored.releaseId, environment: before.environment }, before, -1)
    count({ ...owner, environment: state.environment }, state, 1)
    return { startedOn: stored.startedOn, ...owner, state }
  })
  if (written.length > 0) updateExecutions(tx, written)
  for (const [releaseId, change] of byRelease) if (change === 0) byRelease.delete(releaseId)
  await countExecutions(deps, tx, byRelease)
}
