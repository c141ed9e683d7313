import type { Action, ActionDetail, Execution, ExecutionDetail, ExecutionQuery, Trace } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { namesOf, releaseIdsByName } from '../../registry/index.ts'
import type { AttributeFilter } from '../model/attribute-filters.ts'
import { addDays, dayOf, daysFrom, executionWindow } from '../model/days.ts'
import { flaggedEndReasons, flagsOf } from '../model/executions.ts'
import { comparableCost, durationMs, reportedCostOf } from '../model/showing.ts'
import { readTime } from '../model/times.ts'
import { countOpen } from '../store/executions.ts'
import {
  type DetailedExecution,
  type ExecutionFilter,
  endedExecutions,
  type ListedAction,
  type ListedExecution,
  type ListPosition,
  listActions,
  selectAction,
  selectExecution,
} from '../store/reading.ts'
import { findExecutions } from './find-executions.ts'

type Query = z.output<typeof ExecutionQuery>

export interface ExecutionPage {
  readonly items: Execution[]
  readonly nextCursor: string | null
}

/** One page of executions by their start. A cursor stays right while rows come in. */
export async function readExecutions(
  deps: Deps,
  caller: Caller,
  query: Query,
  attributes: readonly AttributeFilter[] = [],
): Promise<Result<ExecutionPage>> {
  const { cursor, limit, ...known } = query
  const filters = attributes.length === 0 ? known : { ...known, attributes }
  const after = cursor === undefined ? ok(null) : positionOf('telemetry.executions', filters, cursor)
  if (!after.ok) return after
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const filter = await filterOf(deps, tx, query)
    if (!filter.ok) return filter
    const { rows, next } = await findExecutions(tx, { ...filter.value, attributes }, query.order, after.value, limit)
    const items = await named(deps, tx, rows, shownExecution)
    const nextCursor =
      next === null ? null : encodePageCursor('telemetry.executions', filters, [next.startedAt, next.executionId])
    return ok({ items: [...items], nextCursor })
  })
}

/** Where a list of executions, or of what they belong to, goes on: start and id of one. */
export function positionOf(list: string, filters: unknown, cursor: string): Result<ListPosition> {
  const position = decodePageCursor(list, filters, cursor, 2)
  if (!position.ok) return position
  const [startedAt = '', executionId = ''] = position.value
  if (Number.isNaN(Date.parse(startedAt)) || !/^[0-9a-f]{32}$/.test(executionId))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  return ok({ startedAt, executionId })
}

async function filterOf(
  deps: Deps,
  tx: Tx,
  query: Omit<Query, 'cursor'>,
): Promise<Result<Omit<ExecutionFilter, 'attributes'>>> {
  const days = daysAround(query.from, query.to)
  const { q, limit } = query
  const words = q === undefined ? ok(null) : await deps.findWords(tx, { q, limit, ...days })
  if (!words.ok) return words
  return ok({
    agentId: query.agentId ?? null,
    environment: query.environment ?? null,
    releaseIds: query.release === undefined ? null : await releaseIdsByName(deps, tx, query.release),
    status: query.status ?? null,
    outcome: query.outcome ?? null,
    ...endReasons(query),
    synthetic: query.synthetic === 'include' ? null : query.synthetic === 'only',
    words: words.value,
    unit: query.unit ?? null,
    conversationId: query.conversationId ?? null,
    ...days,
  })
}

/** A stretch of time with the days of the partitions that can hold executions which began in it. */
export function daysAround(
  fromText: string | undefined,
  toText: string | undefined,
): Pick<ExecutionFilter, 'from' | 'to' | 'fromDay' | 'toDay'> {
  const from = fromText === undefined ? null : readTime(fromText)
  const to = toText === undefined ? null : readTime(toText)
  return {
    from: from === null ? null : new Date(from),
    to: to === null ? null : new Date(to),
    fromDay: from === null ? null : addDays(dayOf(from), -executionWindow.daysBefore),
    toDay: to === null ? null : addDays(dayOf(to), executionWindow.daysAfter),
  }
}

function endReasons(
  query: Pick<Query, 'endReason' | 'flagged'>,
): Pick<ExecutionFilter, 'endReasons' | 'otherEndReasons'> {
  if (query.flagged === undefined)
    return { endReasons: query.endReason === undefined ? null : [query.endReason], otherEndReasons: false }
  if (query.endReason === undefined) return { endReasons: flaggedEndReasons, otherEndReasons: !query.flagged }
  // Both filters: the one reason, if it is on the asked side of the line.
  return {
    endReasons: flagsOf(query.endReason).length > 0 === query.flagged ? [query.endReason] : [],
    otherEndReasons: false,
  }
}

type Names = ReadonlyMap<string, string>

/** Rows with the names of their agents and releases. */
export async function named<Row extends { readonly agentId: string; readonly releaseId?: string | null }, Shown>(
  deps: Deps,
  tx: Tx,
  rows: readonly Row[],
  show: (row: Row, names: Names) => Shown,
): Promise<readonly Shown[]> {
  const names = await namesOf(deps, tx, {
    agentIds: rows.map(({ agentId }) => agentId),
    releaseIds: rows.flatMap(({ releaseId }) => releaseId ?? []),
  })
  return rows.map((row) => show(row, names))
}

function nameOf(names: Names, id: string): string {
  const name = names.get(id)
  assertInvariant(name !== undefined, 'what a stored row refers to is registered')
  return name
}

/** An execution as lists show it. */
export function shownExecution(row: ListedExecution, names: Names): Execution {
  return {
    executionId: row.executionId,
    agentId: row.agentId,
    agent: nameOf(names, row.agentId),
    environment: row.environment,
    release: row.releaseId === null ? null : nameOf(names, row.releaseId),
    status: row.status,
    outcome: row.outcome,
    endReason: row.endReason,
    flags: [...flagsOf(row.endReason)],
    errorType: row.errorType,
    errorMessage: row.errorMessage,
    startedAt: row.startedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    durationMs: durationMs(row.startedAt, row.endedAt),
    conversationId: row.conversationId,
    unit: row.unit,
    score: row.score,
    synthetic: row.synthetic,
    totals: {
      actions: row.actions,
      llmCalls: row.llmCalls,
      toolCalls: row.toolCalls,
      actionErrors: row.actionErrors,
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      costNanoUsd: row.costNanoUsd,
      unpricedCalls: row.unpricedCalls,
      reportedCostNanoUsd: reportedCostOf(row),
    },
  }
}

type Detail = z.output<typeof ExecutionDetail>

function detailedExecution(row: DetailedExecution, names: Names): Detail {
  const { input, output, masked, userId } = row
  const attributes = { ...(userId === null ? {} : { 'user.id': userId }), ...row.attributes }
  return { ...shownExecution(row, names), input, output, attributes, masked }
}

const noSuchExecution = refuse('not-found', 'There is no execution with this id. GET /api/v1/executions lists them.')

/** One execution with its input, output and attributes. */
export async function readExecution(deps: Deps, caller: Caller, executionId: string): Promise<Result<Detail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await selectExecution(tx, executionId)
    if (row === null) return noSuchExecution
    const [execution] = await named(deps, tx, [row], detailedExecution)
    assertInvariant(execution !== undefined, 'every row is shown')
    return ok(execution)
  })
}

function shownAction(executionId: string, row: ListedAction, names: Names): Action {
  const { agentId, counted, startedAt, endedAt, costNanoUsd, costProvenance, reportedCostNanoUsd, ...fields } = row
  return {
    ...fields,
    executionId,
    agent: nameOf(names, agentId),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    durationMs: durationMs(startedAt, endedAt) ?? 0,
    // A parent that repeats its descendants' tokens would show their cost a second time.
    costNanoUsd: counted ? costNanoUsd : null,
    costProvenance: counted ? costProvenance : null,
    reportedCostNanoUsd,
  }
}

const mostActionsShown = 10_000

/** An execution with all of its actions, up to 10,000, in the order of their start. */
export async function readTrace(
  deps: Deps,
  caller: Caller,
  executionId: string,
): Promise<Result<z.output<typeof Trace>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await selectExecution(tx, executionId)
    if (row === null) return noSuchExecution
    const days = daysOf(row)
    const found = days.length === 0 ? [] : await listActions(tx, executionId, days, mostActionsShown + 1)
    const [execution] = await named(deps, tx, [row], detailedExecution)
    assertInvariant(execution !== undefined, 'every row is shown')
    const shown = found.slice(0, mostActionsShown)
    const actions = await named(deps, tx, shown, (action, names) => shownAction(executionId, action, names))
    return ok({ execution, actions: [...actions], truncated: found.length > mostActionsShown })
  })
}

function daysOf({ firstActionOn, lastActionOn }: DetailedExecution): readonly string[] {
  return firstActionOn === null || lastActionOn === null ? [] : daysFrom(firstActionOn, lastActionOn)
}

/** One action with its input, output and attributes. */
export async function readAction(
  deps: Deps,
  caller: Caller,
  executionId: string,
  actionId: string,
): Promise<Result<z.output<typeof ActionDetail>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const execution = await selectExecution(tx, executionId)
    const days = execution === null ? [] : daysOf(execution)
    const row = days.length === 0 ? null : await selectAction(tx, executionId, actionId, days)
    if (row === null) return refuse('not-found', 'There is no action with this id in this execution.')
    const { input, output, attributes, masked, ...listed } = row
    const [action] = await named(deps, tx, [listed], (listedRow, names) => shownAction(executionId, listedRow, names))
    assertInvariant(action !== undefined, 'every row is shown')
    return ok({ ...action, input, output, attributes: attributes ?? {}, masked })
  })
}

/** How many executions of each agent run or wait now, by agent id; agents without any are left out. */
export async function openCounts(
  _deps: Deps,
  tx: Tx,
): Promise<ReadonlyMap<string, { readonly running: number; readonly waiting: number }>> {
  return new Map((await countOpen(tx)).map(({ agentId, running, waiting }) => [agentId, { running, waiting }]))
}

/** An ended execution as evidence. */
export interface ComparisonRow {
  readonly executionId: string
  readonly unit: string | null
  readonly status: 'success' | 'failure'
  readonly durationMs: number | null
  /** Computed where every call has a price, else as reported; null is unknown. */
  readonly costNanoUsd: number | null
}

/** Every execution of one release that succeeded or failed and is not synthetic, oldest first; `environment` null means all of them. */
export async function executionsForComparison(
  _deps: Deps,
  tx: Tx,
  question: { readonly agentId: string; readonly releaseId: string; readonly environment: string | null },
): Promise<readonly ComparisonRow[]> {
  const rows = await endedExecutions(tx, question)
  return rows.map((row) => ({
    executionId: row.executionId,
    unit: row.unit,
    status: row.status,
    durationMs: durationMs(row.startedAt, row.endedAt),
    costNanoUsd: comparableCost(row),
  }))
}
