import { type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { SqlError, StoreUnavailable, TransactionAborted } from '../../../../ports/store-errors.ts'
import { dayOf } from '../model/days.ts'
import type { TelemetryRows } from '../model/rows.ts'
import { alreadyThereCode } from '../store/action-log.ts'
import { ensureDays, noPartitionCode } from '../store/partitions.ts'
import { type StoredCounts, storeRows } from './commit.ts'
import { ExecutionDays, ExecutionForgotten } from './lock-executions.ts'

/** A part of a request that waits to be stored. */
export interface WaitingRows {
  readonly organizationId: string
  readonly rows: TelemetryRows
  readonly settle: (result: Result<StoredCounts>) => void
}

const mostTries = 4
const expectRepetitionMs = 10_000

/** What a process remembers between commits. */
export class CommitMemory {
  readonly days = new ExecutionDays()
  #repetitionUntilMs = Number.NEGATIVE_INFINITY

  /** Whether rows may be taken to be new: none has come a second time lately. */
  expectsOnlyNew(nowMs: number): boolean {
    return nowMs >= this.#repetitionUntilMs
  }

  /** A row came a second time; more will, since clients send whole batches again. */
  sawRepetition(nowMs: number): void {
    this.#repetitionUntilMs = nowMs + expectRepetitionMs
  }
}

/**
 * Stores several waiting parts in one transaction, organization by organization, and settles each after the commit.
 * When the transaction is refused, the parts are stored one by one, so that one bad part fails alone. Never throws.
 */
export async function commitTogether(deps: Deps, memory: CommitMemory, waiting: readonly WaitingRows[]): Promise<void> {
  try {
    const results = await withRetries(deps, memory, waiting, () => storeAll(deps, memory, waiting))
    waiting.forEach((part, index) => {
      const counts = results[index]
      if (counts !== undefined) part.settle({ ok: true, value: counts })
    })
  } catch (error) {
    if (waiting.length > 1 && !(error instanceof StoreUnavailable)) {
      for (const part of waiting) await commitTogether(deps, memory, [part])
      return
    }
    const refusal = refusalOf(deps, error)
    for (const part of waiting) part.settle(refusal)
  }
}

async function storeAll(
  deps: Deps,
  memory: CommitMemory,
  waiting: readonly WaitingRows[],
): Promise<readonly StoredCounts[]> {
  const nowMs = deps.clock.monotonicMs()
  const onlyNew = memory.expectsOnlyNew(nowMs)
  const byOrganization = new Map<string, number[]>()
  waiting.forEach(({ organizationId }, index) => {
    const known = byOrganization.get(organizationId)
    if (known === undefined) byOrganization.set(organizationId, [index])
    else known.push(index)
  })
  const organizations = [...byOrganization].sort(([a], [b]) => (a < b ? -1 : 1))
  const first = organizations[0]
  if (first === undefined) return []
  const results: StoredCounts[] = []
  const storeOf = async (tx: Tx, indexes: readonly number[]) => {
    const rows = indexes.flatMap((index) => waiting[index]?.rows ?? [])
    const counts = await storeRows(deps, tx, memory.days, rows, onlyNew)
    if (counts.some(({ duplicates }) => duplicates.actions > 0)) memory.sawRepetition(nowMs)
    indexes.forEach((index, at) => {
      const count = counts[at]
      if (count !== undefined) results[index] = count
    })
  }
  const store = async (tx: Tx) => {
    for (const [organizationId, indexes] of organizations) {
      if (organizationId === first[0]) await storeOf(tx, indexes)
      else await tx.within({ organizationId }, (inner) => storeOf(inner, indexes))
    }
  }
  await deps.store.transaction({ organizationId: first[0] }, store, { plans: 'kept' })
  return results
}

// Deadlock, serialization failure, and a row that is there already: the next try looks before it inserts. A day that
// retention has dropped since its partition was made is made again.
const passingCodes: ReadonlySet<string> = new Set(['40P01', '40001', alreadyThereCode, noPartitionCode])

async function withRetries<T>(
  deps: Deps,
  memory: CommitMemory,
  waiting: readonly WaitingRows[],
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= mostTries || !isPassing(error)) throw error
      if (codeOf(error) === alreadyThereCode) memory.sawRepetition(deps.clock.monotonicMs())
      else if (codeOf(error) === noPartitionCode) await makeDays(deps, waiting)
      else deps.log.info({ attempt, error: String(error) }, 'a telemetry transaction is tried again')
    }
  }
}

async function makeDays(deps: Deps, waiting: readonly WaitingRows[]): Promise<void> {
  const organizationId = waiting[0]?.organizationId
  const rows = waiting.flatMap((part) => [...part.rows.executions, ...part.rows.actions])
  const days = [...new Set(rows.map(({ startedAt }) => dayOf(startedAt)))].sort()
  if (organizationId !== undefined) await deps.store.transaction({ organizationId }, (tx) => ensureDays(tx, days))
}

function isPassing(error: unknown): boolean {
  return error instanceof ExecutionForgotten || passingCodes.has(codeOf(error) ?? '')
}

/** The SQLSTATE of the statement that was refused first. */
function codeOf(error: unknown): string | null {
  const cause = error instanceof TransactionAborted ? error.cause : error
  return cause instanceof SqlError ? cause.code : null
}

function refusalOf(deps: Deps, error: unknown): Result<never> {
  if (error instanceof StoreUnavailable)
    return refuse(
      'store-unavailable',
      'The database does not answer. Send the batch again; what was stored already counts once.',
      {
        retryAfterSeconds: 2,
      },
    )
  deps.log.error(
    { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    'telemetry could not be stored',
  )
  return refuse(
    'internal-error',
    'This is a mistake in MetaAgent. It was logged, and nothing of this batch was stored.',
  )
}
