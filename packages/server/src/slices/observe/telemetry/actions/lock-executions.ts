import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { addDays, executionWindow } from '../model/days.ts'
import type { GatheredExecution } from '../model/gathering.ts'
import { lockBuckets, lockExecutionsOnDays, lockKnownExecutions, type StoredExecution } from '../store/executions.ts'

const mostRemembered = 50_000

/** Under which day executions are stored, as far as this process has seen; the oldest are forgotten first. */
export class ExecutionDays {
  readonly #days = new Map<string, string>()

  find(organizationId: string, executionId: string): string | undefined {
    return this.#days.get(organizationId + executionId)
  }

  remember(organizationId: string, executionId: string, startedOn: string): void {
    const key = organizationId + executionId
    this.#days.delete(key)
    this.#days.set(key, startedOn)
    if (this.#days.size <= mostRemembered) return
    const oldest = this.#days.keys().next()
    if (oldest.done !== true) this.#days.delete(oldest.value)
  }

  forget(organizationId: string, executionId: string): void {
    this.#days.delete(organizationId + executionId)
  }
}

/**
 * Locks the executions that rows belong to and returns those that are stored, by id. An execution that comes back with
 * nothing is new, and nobody else can create it before this transaction ends: its id falls into a bucket that is held.
 * All locks are taken in one order, so that writers wait for each other and never deadlock.
 */
export async function lockExecutions(
  deps: Deps,
  tx: Tx,
  days: ExecutionDays,
  gathered: readonly GatheredExecution[],
): Promise<ReadonlyMap<string, StoredExecution>> {
  const found = new Map<string, StoredExecution>()
  const known: { executionId: string; startedOn: string }[] = []
  const unknown: GatheredExecution[] = []
  for (const execution of gathered) {
    const startedOn = days.find(tx.organizationId, execution.executionId)
    if (startedOn === undefined || !inWindow(execution, startedOn)) unknown.push(execution)
    else known.push({ executionId: execution.executionId, startedOn })
  }
  // Buckets before rows, in every transaction.
  if (unknown.length > 0 && deps.store.kind !== 'pglite') await lockBuckets(tx, bucketsOf(unknown))
  if (known.length > 0) {
    for (const stored of await lockKnownExecutions(tx, known)) found.set(stored.state.executionId, stored)
    const gone = known.filter(({ executionId }) => !found.has(executionId))
    for (const { executionId } of gone) days.forget(tx.organizationId, executionId)
    // Retention dropped its day: the whole transaction is tried again, with the bucket held this time.
    if (gone.length > 0) throw new ExecutionForgotten()
  }
  if (unknown.length > 0) await lockInWindows(tx, unknown, found)
  return found
}

/** Looks for executions around the days of their rows; of two that fit, the earlier one is meant. */
async function lockInWindows(
  tx: Tx,
  unknown: readonly GatheredExecution[],
  found: Map<string, StoredExecution>,
): Promise<void> {
  const byId = new Map(unknown.map((execution) => [execution.executionId, execution]))
  for (const stored of await lockExecutionsOnDays(tx, [...byId.keys()], daysAround(unknown))) {
    const { executionId } = stored.state
    const execution = byId.get(executionId)
    if (execution === undefined || !inWindow(execution, stored.startedOn)) continue
    const other = found.get(executionId)
    if (other === undefined || stored.startedOn < other.startedOn) found.set(executionId, stored)
  }
}

function daysAround(executions: readonly GatheredExecution[]): readonly string[] {
  const days = new Set<string>()
  for (const { firstDay, lastDay } of executions) {
    const last = addDays(lastDay, executionWindow.daysAfter)
    for (let day = addDays(firstDay, -executionWindow.daysBefore); day <= last; day = addDays(day, 1)) days.add(day)
  }
  return [...days].sort()
}

/** A remembered execution is not there any more; trying again looks it up properly. */
export class ExecutionForgotten extends Error {
  override readonly name = 'ExecutionForgotten'
}

function inWindow({ firstDay, lastDay }: GatheredExecution, startedOn: string): boolean {
  if (startedOn >= firstDay && startedOn <= lastDay) return true
  return (
    startedOn >= addDays(firstDay, -executionWindow.daysBefore) &&
    startedOn <= addDays(lastDay, executionWindow.daysAfter)
  )
}

/**
 * 65,536 buckets: two transactions with 50 new executions each meet in one with a chance of 4 %, and wait for each other
 * then. (With 1,024 it is nine times in ten.)
 */
function bucketsOf(executions: readonly GatheredExecution[]): readonly number[] {
  const buckets = new Set(executions.map(({ executionId }) => Number.parseInt(executionId.slice(-4), 16)))
  return [...buckets].sort((a, b) => a - b)
}
