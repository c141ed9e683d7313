import { actionsPerBatch, batchPrefix, executionsPerBatch, leftOpen, reportsOf } from './batches.ts'
import type { BatchKey, Progress } from './progress.ts'
import type { Recount, StoredBatch } from './recount.ts'

export interface Verdict {
  /** Rows, reports and decisions that were acknowledged and are not there. */
  readonly lost: number
  /** Rows and decisions that are there more than once. */
  readonly duplicated: number
  readonly faults: readonly string[]
  /** Batches that were not acknowledged and are there all the same. */
  readonly storedUnanswered: readonly BatchKey[]
}

const nothing: StoredBatch = { actions: 0, distinctActions: 0, executions: 0, distinctExecutions: 0, open: 0 }

/** Holds what is stored against what was sent and what was acknowledged. */
export function judge(progress: Pick<Progress, 'batches' | 'asked' | 'decided'>, seen: Recount): Verdict {
  const faults: string[] = []
  let lost = 0
  let duplicated = 0
  const { batches } = progress
  const storedOf = (key: BatchKey) => seen.batches.get(batchPrefix(key)) ?? nothing
  const isStored = new Map<string, boolean>()
  for (const { key, acknowledged } of batches) {
    const stored = storedOf(key)
    isStored.set(batchPrefix(key), acknowledged || stored.actions > 0)
    if (acknowledged) lost += actionsPerBatch - stored.distinctActions + executionsPerBatch - stored.distinctExecutions
    else if (!isWholeOrAbsent(stored))
      faults.push(`a batch that was not acknowledged is there in part: ${show(key, stored)}`)
    duplicated += stored.actions - stored.distinctActions + stored.executions - stored.distinctExecutions
  }
  for (const { key } of batches) {
    if (isStored.get(batchPrefix(key)) !== true) continue
    const next = isStored.get(batchPrefix({ ...key, number: key.number + 1 })) === true
    const stillOpen = storedOf(key).open - (next ? 0 : leftOpen)
    if (stillOpen > 0) lost += stillOpen
    if (stillOpen < 0) faults.push(`executions are closed that nobody closed: ${show(key, storedOf(key))}`)
  }
  const sent = new Set(batches.map(({ key }) => batchPrefix(key)))
  const strangers = [...seen.batches.keys()].filter((prefix) => !sent.has(prefix))
  if (strangers.length > 0) faults.push(`rows of batches that were never sent: ${strangers.join(', ')}`)
  lost += Math.max(0, progress.decided - seen.decisions)
  duplicated += Math.max(0, seen.decisions - progress.asked)
  const present = batches.filter(({ key }) => isStored.get(batchPrefix(key)) === true)
  faults.push(
    ...journalFaults(
      seen,
      present.map(({ key }) => key),
    ),
  )
  for (const { what, rows } of seen.differences) faults.push(`${what}: ${rows} differ`)
  if (lost > 0) faults.push(`${lost} acknowledged rows are lost`)
  if (duplicated > 0) faults.push(`${duplicated} rows are there more than once`)
  const storedUnanswered = present.filter(({ acknowledged }) => !acknowledged).map(({ key }) => key)
  return { lost, duplicated, faults, storedUnanswered }
}

function isWholeOrAbsent({ distinctActions, distinctExecutions }: StoredBatch): boolean {
  return (
    (distinctActions === 0 && distinctExecutions === 0) ||
    (distinctActions === actionsPerBatch && distinctExecutions === executionsPerBatch)
  )
}

/** What `telemetry.batch.stored` events add up to, against the batches that are there. */
function journalFaults({ journaled }: Recount, present: readonly BatchKey[]): readonly string[] {
  const executions = present.reduce((sum, key) => sum + reportsOf(key), 0)
  const actions = present.length * actionsPerBatch
  if (journaled.executions === executions && journaled.actions === actions) return []
  return [
    `the journal tells of ${journaled.executions} reports and ${journaled.actions} actions, stored are ${executions} and ${actions}`,
  ]
}

function show(key: BatchKey, stored: StoredBatch): string {
  return JSON.stringify({ ...key, ...stored })
}
