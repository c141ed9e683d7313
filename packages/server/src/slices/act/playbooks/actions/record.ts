import type { Because, MacroExecutionStatus } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append, appendDecision } from '../../../govern/journal/index.ts'
import { type ExecutionState, stateAfter } from '../model/execution/state.ts'
import { stepsUndone } from '../model/progress.ts'
import {
  bringForward,
  executionById,
  insertExecutionEvents,
  type NewExecutionEvent,
  runningChildren,
  type StoredExecution,
  saveExecution,
} from '../store/executions.ts'

const actor = { kind: 'system', id: 'playbooks' } as const

/** How an execution goes on after events were added: when it is looked at again, or how it ended. */
export type Onward =
  | { readonly dueAt: Instant }
  | { readonly status: Exclude<MacroExecutionStatus, 'running'>; readonly because: Because }

/** Adds events to an execution that the caller has locked, and keeps its state. */
export async function recordEvents(
  deps: Deps,
  tx: Tx,
  execution: StoredExecution,
  events: readonly NewExecutionEvent[],
  onward: Onward,
): Promise<StoredExecution> {
  const now = deps.clock.now()
  await insertExecutionEvents(tx, execution.executionId, { from: execution.events, at: now, events })
  const state = events.reduce<ExecutionState>((after, { event }) => stateAfter(after, event), execution.state)
  const ended = 'status' in onward
  const next: StoredExecution = {
    ...execution,
    state,
    events: execution.events + events.length,
    status: ended ? onward.status : execution.status,
    endedBecause: ended ? onward.because : null,
    dueAt: ended ? null : new Date(onward.dueAt),
    endedAt: ended ? new Date(now) : null,
  }
  await saveExecution(tx, execution.executionId, {
    ...next,
    dueAt: ended ? null : onward.dueAt,
    endedAt: ended ? now : null,
  })
  if (ended) await tellEnd(deps, tx, next, onward)
  return next
}

async function tellEnd(
  deps: Deps,
  tx: Tx,
  execution: StoredExecution,
  { status, because }: Extract<Onward, { status: unknown }>,
): Promise<void> {
  const { executionId, macro, version, environment, synthetic, correlationId, state, startedAt, parentId } = execution
  const payload = {
    macroExecutionId: executionId,
    macro,
    version,
    environment,
    synthetic,
    durationMs: Math.max(0, deps.clock.now() - startedAt.getTime()),
    stepsDone: Object.values(state.steps).filter(({ succeeded }) => succeeded).length,
    undone: stepsUndone(state),
    because,
  }
  const event = {
    type: `recovery.${status}` as const,
    subject: `macro-execution/${executionId}`,
    actor,
    correlationId,
    payload,
  }
  await appendDecision(deps, tx, event, { verdict: status, because })
  // Whose step waits for this one is to hear of it now, not at its next look.
  if (parentId !== null) await bringForward(tx, parentId, deps.clock.now())
}

const noSuchExecution = refuse(
  'not-found',
  'There is no execution of a macro with this id. GET /api/v1/macro-executions lists them.',
)

/**
 * Turns an execution back: no further step is begun, what succeeded is undone. Executions that its steps started are
 * turned back with it. One that has ended stays as it is; cancelling twice is cancelling once.
 */
export async function cancelExecution(
  deps: Deps,
  tx: Tx,
  asked: { readonly executionId: string; readonly because: Because },
): Promise<Result<{ executionId: string; status: MacroExecutionStatus }>> {
  const execution = await executionById(tx, asked.executionId, true)
  if (execution === null) return noSuchExecution
  const { executionId, status, state } = execution
  if (status !== 'running') return refuse('conflict', `This execution has ${status} already.`)
  if (state.cancelledAtMs === null) {
    const now = deps.clock.now()
    const event = { type: 'cancelled', atMs: now } as const
    await recordEvents(deps, tx, execution, [{ event, because: asked.because, reference: null }], { dueAt: now })
    for (const child of await runningChildren(tx, executionId)) {
      const told = await cancelExecution(deps, tx, { executionId: child, because: asked.because })
      assertInvariant(told.ok, 'a child that runs can be cancelled')
    }
  }
  return ok({ executionId, status })
}

/** Tells that a step, or its undoing, was settled: who watches reads the rest. */
export async function tellStep(
  deps: Deps,
  tx: Tx,
  execution: StoredExecution,
  settled: {
    readonly step: string
    readonly attempt: number
    readonly outcome: 'succeeded' | 'failed'
    readonly compensation: boolean
    readonly because: Because
  },
): Promise<void> {
  const { executionId, macro, version, environment, synthetic, correlationId } = execution
  await append(deps, tx, [
    {
      type: 'playbooks.step.settled',
      subject: `macro-execution/${executionId}`,
      actor,
      correlationId,
      payload: { macroExecutionId: executionId, macro, version, environment, synthetic, ...settled },
    },
  ])
}
