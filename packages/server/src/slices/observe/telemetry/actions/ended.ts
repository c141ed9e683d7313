import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { daysFrom } from '../model/days.ts'
import { flagsOf } from '../model/executions.ts'
import { type EndedStepRow, latestOutcomes, stepsOfEnded, takeEnded } from '../store/ended.ts'
import { selectExecution } from '../store/reading.ts'

/** Texts are read this far: what a run promises or excuses stands at the beginning. */
const textMax = 4_000
/** Longer traces are read to here. */
const stepsMax = 2_000

export interface EndedStep extends Omit<EndedStepRow, 'executionId' | 'startedAt' | 'endedAt'> {
  readonly startedAt: Instant
  readonly endedAt: Instant
}

/** A run that ended, or of which more arrived after its end, with its steps in the order of their start. No outcome. */
export interface EndedExecution {
  readonly executionId: string
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  readonly unit: string | null
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly synthetic: boolean
  readonly steps: readonly EndedStep[]
}

/**
 * Takes ended executions off the queue in the caller's transaction: what it does with them and that they are done commit
 * together. One reader: what is taken is gone for others.
 */
export async function takeEndedExecutions(_deps: Deps, tx: Tx, limit: number): Promise<readonly EndedExecution[]> {
  const taken = await takeEnded(tx, limit)
  const days = new Set(
    taken.flatMap(({ firstActionOn, lastActionOn }) =>
      firstActionOn === null || lastActionOn === null ? [] : daysFrom(firstActionOn, lastActionOn),
    ),
  )
  const ids = taken.map(({ executionId }) => executionId)
  const steps = days.size === 0 ? [] : await stepsOfEnded(tx, ids, [...days], { textMax, stepsMax })
  const byExecution = Map.groupBy(steps, ({ executionId }) => executionId)
  return taken.map(({ executionId, agentId, releaseId, environment, unit, startedAt, endedAt, synthetic }) => ({
    executionId,
    agentId,
    releaseId,
    environment,
    unit,
    synthetic,
    startedAt: instantFromEpochMs(startedAt.getTime()),
    endedAt: endedAt === null ? null : instantFromEpochMs(endedAt.getTime()),
    steps: (byExecution.get(executionId) ?? []).map(({ executionId: _, ...step }) => ({
      ...step,
      startedAt: instantFromEpochMs(step.startedAt.getTime()),
      endedAt: instantFromEpochMs(step.endedAt.getTime()),
    })),
  }))
}

/** Who ran an execution where; null when there is none of that id. */
export async function executionOwner(
  _deps: Deps,
  tx: Tx,
  executionId: string,
): Promise<{
  readonly agentId: string
  readonly environment: string
  readonly unit: string | null
  readonly endedAt: Instant | null
} | null> {
  const row = await selectExecution(tx, executionId)
  return row === null
    ? null
    : {
        agentId: row.agentId,
        environment: row.environment,
        unit: row.unit,
        endedAt: row.endedAt === null ? null : instantFromEpochMs(row.endedAt.getTime()),
      }
}

/** How a run was judged. */
export interface JudgedRun {
  readonly executionId: string
  readonly unit: string | null
  readonly succeeded: boolean
  /** It ended with an error or a limit of its own, which explains its failure. */
  readonly endedInError: boolean
  readonly reportedCostNanoUsd: number | null
}

/** The latest runs of an agent in one release that succeeded or failed and are not synthetic, newest first. */
export async function latestJudgedRuns(
  _deps: Deps,
  tx: Tx,
  doer: { readonly agentId: string; readonly releaseId: string | null },
  limit: number,
): Promise<readonly JudgedRun[]> {
  return (await latestOutcomes(tx, doer, limit)).map(
    ({ executionId, unit, status, endReason, reportedCostNanoUsd }) => ({
      executionId,
      unit,
      succeeded: status === 'success',
      endedInError: flagsOf(endReason).length > 0,
      reportedCostNanoUsd,
    }),
  )
}
