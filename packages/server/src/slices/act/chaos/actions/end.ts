import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { appendDecision } from '../../../govern/journal/index.ts'
import { FallbackManager } from '../../fallbacks/index.ts'
import { decideOutcome } from '../model/verdict.ts'
import { type StoredRun, saveRun } from '../store/runs.ts'

export const actor = { kind: 'system', id: 'chaos' } as const

/** Ends a run with its verdict: `because` of the run is why it was aborted, if it was. */
export async function endRun(deps: Deps, tx: Tx, run: StoredRun): Promise<void> {
  const { runId, experimentId, definition, version, planned, injected, skipped, report } = run
  const { during, after, missing } = report
  const outcome = decideOutcome({ abortedBecause: run.because, planned, injected, during, after, missing })
  const { name, environment } = definition
  const { verdict, because } = outcome
  const facts = { runId, experimentId, name, version, environment }
  const event = {
    type: 'chaos.experiment.ended',
    subject: `chaos-run/${runId}`,
    actor,
    correlationId: runId,
    payload: { ...facts, verdict, planned, injected, skipped, because },
  } as const
  const [appended] = await appendDecision(deps, tx, event, { verdict, because })
  assertInvariant(appended !== undefined, 'a decision that was appended is returned')
  await saveRun(tx, { ...run, state: 'ended', verdict, because, endedAt: new Date(deps.clock.now()) })
  await new FallbackManager(deps).forgetSimulation(tx, runId)
}
