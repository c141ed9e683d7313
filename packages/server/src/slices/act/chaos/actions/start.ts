import type { ChaosReading, ChaosRunDetail, EventActor } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import { type Result, refuse } from '../../../../kernel/result.ts'
import { nextRun } from '../../../../kernel/schedule.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { plannedInjections, weighRun } from '../model/definition.ts'
import { abortingReading } from '../model/verdict.ts'
import { experimentById, lockDue, moveNextRun, type StoredExperiment } from '../store/experiments.ts'
import { openRunOf, runById, type StoredRun, saveRun } from '../store/runs.ts'
import { actor, endRun } from './end.ts'
import { measure } from './measure.ts'
import { noSuchExperiment, noSuchRun, readRunIn } from './read.ts'

/** The time before a run that its steady state is measured of, at the least. */
const beforeMsMin = 300_000

/** Starts a run by hand, through the approval gate. */
export async function startByHand(
  deps: Deps,
  caller: Caller,
  experimentId: string,
  asked: { readonly reason: string; readonly approvalId?: string | undefined },
): Promise<Result<ChaosRunDetail>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const experiment = await experimentById(tx, experimentId, true)
    if (experiment === null) return noSuchExperiment
    const { definition, version } = experiment
    if (!definition.enabled) return refuse('conflict', 'The experiment is off. Turn it on first.')
    if ((await openRunOf(tx, experimentId)) !== null)
      return refuse('conflict', 'A run of this experiment is open. Wait for its end, or abort it.')
    const { impact, because } = weighRun(definition)
    const { environment, injection, live, name } = definition
    const planned = plannedInjections(definition)
    const action = {
      operation: 'chaos.run',
      subject: `chaos/${name}`,
      environment,
      impact,
      parameters: { version, injection: injection.kind, planned, live, because: because.text },
    }
    const passed = await passGate(deps, tx, caller, action, asked.approvalId ?? null)
    if (!passed.ok) return passed
    const by = actorOf(caller)
    const runId = await startRun(deps, tx, experiment, {
      by,
      reason: asked.reason,
      approvalId: passed.value.approvalId,
    })
    return await readRunIn(deps, tx, runId)
  })
}

/** Starts what is due by its schedule, under the approval with which the schedule was saved. */
export async function startDue(deps: Deps, tx: Tx): Promise<void> {
  const now = deps.clock.now()
  for (const experiment of await lockDue(tx, now)) {
    const { experimentId, definition, approvalId } = experiment
    const { schedule, timeZone } = definition
    // After now, not after the missed time: a night without power is not made up for.
    await moveNextRun(tx, experimentId, schedule === null ? null : nextRun(schedule, timeZone, now))
    if ((await openRunOf(tx, experimentId)) !== null) continue
    await startRun(deps, tx, experiment, { by: actor, reason: 'Its schedule made it due.', approvalId })
  }
}

async function startRun(
  deps: Deps,
  tx: Tx,
  { experimentId, version, definition }: StoredExperiment,
  started: { readonly by: EventActor; readonly reason: string; readonly approvalId: string | null },
): Promise<string> {
  const now = deps.clock.now()
  const { by, reason, approvalId } = started
  const before = await measureBefore(deps, tx, definition, now)
  const injectsUntil = addMs(now, definition.durationSeconds * 1000)
  const run: StoredRun = {
    runId: deps.ids.uuid(),
    experimentId,
    version,
    definition,
    state: 'running',
    verdict: null,
    because: null,
    planned: plannedInjections(definition),
    nextSlot: 0,
    pendingFrom: null,
    injected: 0,
    skipped: 0,
    report: { before, during: [], after: [], fallbacks: [], blocked: [], delivery: null, missing: [] },
    startedBy: `${by.kind}:${by.id}`,
    approvalId,
    startedAt: new Date(now),
    injectsUntil: new Date(injectsUntil),
    settlesUntil: new Date(addMs(injectsUntil, definition.settleSeconds * 1000)),
    abortRequestedBy: null,
    abortReason: null,
    endedAt: null,
  }
  const { runId, planned } = run
  await saveRun(tx, run)
  const { name, environment, live } = definition
  await append(deps, tx, [
    {
      type: 'chaos.experiment.started',
      subject: `chaos-run/${runId}`,
      actor: by,
      correlationId: runId,
      payload: { runId, experimentId, name, version, environment, planned, live, reason, approvalId },
    },
  ])
  const broken = abortingReading(before)
  // Nothing is made worse that is not well.
  if (broken !== null)
    await endRun(deps, tx, { ...run, because: { ...broken, text: `It was not steady before: ${broken.text}` } })
  return runId
}

async function measureBefore(
  deps: Deps,
  tx: Tx,
  { steadyState, environment, durationSeconds }: StoredExperiment['definition'],
  now: Instant,
): Promise<ChaosReading[]> {
  const from = addMs(now, -Math.max(beforeMsMin, durationSeconds * 1000))
  return await measure(deps, tx, { lines: steadyState, environment, from, until: now, runId: null })
}

/** Asks a run to end; the next tick injects nothing more. */
export async function abortRun(
  deps: Deps,
  caller: Caller,
  runId: string,
  reason: string,
): Promise<Result<ChaosRunDetail>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const run = await runById(tx, runId, true)
    if (run === null) return noSuchRun
    if (run.state === 'ended' || run.abortRequestedBy !== null)
      return refuse('conflict', 'The run has ended, or is being aborted already.')
    const { kind, id } = actorOf(caller)
    await saveRun(tx, { ...run, abortRequestedBy: `${kind}:${id}`, abortReason: reason })
    return await readRunIn(deps, tx, runId)
  })
}
