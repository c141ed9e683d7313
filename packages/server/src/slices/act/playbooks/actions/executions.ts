import {
  type MacroExecution,
  type MacroExecutionDetail,
  type MacroExecutionPulse,
  type MacroExecutionQuery,
  type MacroRunOrder,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { addMs } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, watchPicture } from '../../../govern/journal/index.ts'
import { detailOf, shownExecution } from '../model/picture.ts'
import { runnable } from '../model/runnable.ts'
import * as store from '../store/executions.ts'
import { definitionOf, macroByName } from '../store/macros.ts'
import { unknownMacro } from './macros.ts'
import { cancelExecution } from './record.ts'
import { startMacro, startRefusal } from './start.ts'

const unknownExecution = refuse(
  'not-found',
  'There is no execution of a macro with this id. GET /api/v1/macro-executions lists them.',
)

/** One page of executions, newest first. */
export async function listExecutions(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof MacroExecutionQuery>,
): Promise<Result<{ items: MacroExecution[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok([null]) : decodePageCursor('macro-executions', filters, cursor, 1)
  if (!position.ok) return position
  const before = position.value[0] ?? null
  if (before !== null && !Uuid.safeParse(before).success)
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const { macro = null, status = null, synthetic = null } = filters
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const rows = await store.selectExecutions(tx, { macro, status, synthetic }, before, limit + 1)
    const items: MacroExecution[] = []
    for (const row of rows.slice(0, limit)) {
      const definition = await definitionOf(tx, row.macroId, row.version)
      assertInvariant(definition !== null, 'the version that an execution runs is never removed')
      items.push(shownExecution(row, runnable(definition)))
    }
    const last = items.at(-1)
    const more = rows.length > limit && last !== undefined
    return ok({
      items,
      nextCursor: more ? encodePageCursor('macro-executions', filters, [last.macroExecutionId]) : null,
    })
  })
}

/** One execution with its steps and all that happened to them. */
export async function readExecution(
  deps: Deps,
  caller: Caller,
  executionId: string,
): Promise<Result<MacroExecutionDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await store.executionById(tx, executionId, false)
    if (row === null) return unknownExecution
    const definition = await definitionOf(tx, row.macroId, row.version)
    assertInvariant(definition !== null, 'the version that an execution runs is never removed')
    return ok(detailOf(row, runnable(definition), await store.selectExecutionEvents(tx, executionId)))
  })
}

/** How long an execution that ended is still told, so that an open page sees its end. */
const toldAfterMs = 60_000
const toldMax = 500

/** Where running executions stand, live: whoever shows one reads it again when its count of events grew. */
export function watchExecutions(deps: Deps, caller: Caller, signal: AbortSignal): AsyncIterable<StreamEvent> {
  const told = (pulse: MacroExecutionPulse) => [{ event: 'executions', about: null, data: pulse }]
  return watchPicture(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['macro-executions'],
      read: async (tx): Promise<MacroExecutionPulse> => ({
        items: [...(await store.selectPulse(tx, addMs(deps.clock.now(), -toldAfterMs), toldMax))],
      }),
      first: told,
      next: (before, after) => (canonicalJson(before) === canonicalJson(after) ? [] : told(after)),
    },
    signal,
  )
}

/** Starts a macro by hand, when the rules allow it for its impact in this environment, or people approved it. */
export async function runMacro(
  deps: Deps,
  caller: Caller,
  name: string,
  order: z.output<typeof MacroRunOrder>,
): Promise<Result<MacroExecutionDetail>> {
  const { inputs, environment, reason, idempotencyKey, approvalId } = order
  const started = await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const macro = await macroByName(tx, name, true)
    if (macro === null) return unknownMacro
    const key = idempotencyKey === undefined ? null : `by-hand/${idempotencyKey}`
    const before = key === null ? null : await store.executionByKey(tx, macro.macroId, key)
    if (before !== null) return ok({ executionId: before.executionId })
    const refusal = startRefusal(macro, { name, inputs, environment })
    if (refusal !== null) return refusal
    const action = {
      operation: 'playbooks.macro.run',
      subject: `macro/${name}`,
      environment,
      impact: macro.impact,
      parameters: { version: macro.version, inputs, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
    }
    const passed = await passGate(deps, tx, caller, action, approvalId ?? null)
    if (!passed.ok) return passed
    const because = { rule: 'by-hand', observed: environment, limit: null, text: reason }
    const start = { name, inputs, environment, because, synthetic: false, startedBy: actorOf(caller) }
    const made = await startMacro(deps, tx, { ...start, idempotencyKey: key, approvalId: passed.value.approvalId })
    assertInvariant(made.ok, 'what may be started starts')
    return made
  })
  return started.ok ? readExecution(deps, caller, started.value.executionId) : started
}

/** Cancels an execution by hand: what it did is undone. */
export async function cancelByHand(
  deps: Deps,
  caller: Caller,
  executionId: string,
  reason: string,
): Promise<Result<MacroExecutionDetail>> {
  const { kind, id } = actorOf(caller)
  const because = { rule: 'by-hand', observed: `${kind}:${id}`, limit: null, text: reason }
  const cancelled = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    cancelExecution(deps, tx, { executionId, because }),
  )
  return cancelled.ok ? readExecution(deps, caller, executionId) : cancelled
}
