import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { addDays, executionWindow } from '../model/days.ts'
import type { GatheredExecution } from '../model/gathering.ts'
import { lockBuckets, lockExecutionsInWindow, lockExecutionsOfDays, type StoredExecution } from '../store/executions.ts'

const mostRemembered = 200_000

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
    for (const stored of await lockExecutionsOfDays(tx, known)) found.set(stored.state.executionId, stored)
    const gone = known.filter(({ executionId }) => !found.has(executionId))
    for (const { executionId } of gone) days.forget(tx.organizationId, executionId)
    // Retention dropped its day: the whole transaction is tried again, with the bucket held this time.
    if (gone.length > 0) throw new ExecutionForgotten()
  }
  if (unknown.length > 0) {
    const windows = unknown.map(windowOf)
    const fromDay = windows.reduce((first, window) => (window.fromDay < first ? window.fromDay : first), '9999-12-31')
    const toDay = windows.reduce((last, window) => (window.toDay > last ? window.toDay : last), '0000-01-01')
    for (const stored of await lockExecutionsInWindow(tx, windows, fromDay, toDay)) {
      const { executionId } = stored.state
      const other = found.get(executionId)
      if (other === undefined || stored.startedOn < other.startedOn) found.set(executionId, stored)
    }
  }
  return found
}

/** A remembered execution is not there any more; trying again looks it up properly. */
export class ExecutionForgotten extends Error {
  override readonly name = 'ExecutionForgotten'
}

function windowOf({ executionId, firstDay, lastDay }: GatheredExecution) {
  return {
    executionId,
    fromDay: addDays(firstDay, -executionWindow.daysBefore),
    toDay: addDays(lastDay, executionWindow.daysAfter),
  }
}

function inWindow(execution: GatheredExecution, startedOn: string): boolean {
  if (startedOn >= execution.firstDay && startedOn <= execution.lastDay) return true
  const { fromDay, toDay } = windowOf(execution)
  return startedOn >= fromDay && startedOn <= toDay
}

/**
 * 65,536 buckets: two transactions with 50 new executions each meet in one with a chance of 4 %, and wait for each other
 * then. (With 1,024 it is nine times in ten.)
 */
function bucketsOf(executions: readonly GatheredExecution[]): readonly number[] {
  const buckets = new Set(executions.map(({ executionId }) => Number.parseInt(executionId.slice(-4), 16)))
  return [...buckets].sort((a, b) => a - b)
}
