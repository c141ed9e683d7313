import type { Because, ChaosReport } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { bucketOf } from '../../../../kernel/latency-histogram.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append, journalHints } from '../../../govern/journal/index.ts'
import { noSums, type RollupSums } from '../../../observe/health/index.ts'
import { FallbackManager, policiesInForce, type SimulatedEvidence, selectInvocations } from '../../fallbacks/index.ts'
import { dueSlots, slotsUpTo } from '../model/pace.ts'
import { abortingReading, missingOf } from '../model/verdict.ts'
import { openRunIds, runById, type StoredRun, saveRun } from '../store/runs.ts'
import { actor, endRun } from './end.ts'
import { goesThroughTelemetry, injectExecutions, injectHere, paceOf, type Slots } from './inject.ts'
import { deliveryReport, measure } from './measure.ts'
import { startDue } from './start.ts'

/** How far back the lines look that end a run. */
const abortWindowMs = 300_000
const mostFallbacks = 200

/** Starts what is due and goes on with every open run. Safe to run twice and after a crash. */
export async function runExperiments(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    const runIds = await deps.store.transaction({ organizationId }, async (tx) => {
      await startDue(deps, tx)
      return await openRunIds(tx)
    })
    for (const runId of runIds) await goOn(deps, organizationId, runId)
  }
}

/** One tick of one run: what was taken before a crash is injected again, then aborted, injected, or brought to its end. */
async function goOn(deps: Deps, organizationId: string, runId: string): Promise<void> {
  await finishPending(deps, organizationId, runId)
  const taken = await deps.store.transaction({ organizationId }, async (tx) => {
    const run = await runById(tx, runId, true)
    return run === null || run.state === 'ended' ? null : await tick(deps, tx, run)
  })
  if (taken !== null) await finishPending(deps, organizationId, runId)
  await deps.store.transaction({ organizationId }, (tx) => follow(deps, tx, runId))
}

/** Sends what was taken and not confirmed. The same executions have the same ids, so that none is there twice. */
async function finishPending(deps: Deps, organizationId: string, runId: string): Promise<void> {
  const run = await deps.store.transaction({ organizationId }, (tx) => runById(tx, runId))
  if (run === null || run.pendingFrom === null) return
  const slots = { from: run.pendingFrom, until: run.nextSlot }
  await injectExecutions(deps, organizationId, run, slots)
  await deps.store.transaction({ organizationId }, async (tx) => {
    const now = await runById(tx, runId, true)
    if (now === null || now.pendingFrom !== slots.from) return
    await saveRun(tx, { ...now, pendingFrom: null, injected: now.injected + slots.until - slots.from })
  })
}

/** Answers the slots that are to be sent once this is committed; null: none. */
async function tick(deps: Deps, tx: Tx, run: StoredRun): Promise<Slots | null> {
  if (run.state === 'running') {
    const aborted = await abortReason(deps, tx, run)
    if (aborted !== null) {
      await abort(deps, tx, run, aborted)
      return null
    }
  }
  // What another process takes just now is its own to confirm.
  if (run.state !== 'running' || run.pendingFrom !== null) return null
  const now = deps.clock.now()
  const due = dueSlots(paceOf(run), run.nextSlot, now)
  const blocked = await injectHere(deps, tx, run, due)
  const later = goesThroughTelemetry(run) && due.until > due.from
  const isOver = now >= run.injectsUntil.getTime()
  await saveRun(tx, {
    ...run,
    nextSlot: due.until,
    pendingFrom: later ? due.from : null,
    injected: run.injected + (later ? 0 : due.until - due.from),
    skipped: run.skipped + due.skipped + (isOver ? run.planned - due.until : 0),
    state: isOver ? 'settling' : 'running',
    report: blocked === null ? run.report : { ...run.report, blocked },
  })
  return later ? due : null
}

async function abortReason(deps: Deps, tx: Tx, run: StoredRun): Promise<Because | null> {
  if (run.abortRequestedBy !== null) {
    const text = `${run.abortRequestedBy} aborted it: ${run.abortReason ?? ''}`
    return { rule: 'by-hand', observed: run.abortRequestedBy, limit: null, text }
  }
  const { abortWhen: lines, environment } = run.definition
  const now = deps.clock.now()
  const from = addMs(now, -abortWindowMs)
  return abortingReading(await measure(deps, tx, { lines, environment, from, until: now, runId: run.runId }))
}

/** Nothing more is injected; what follows is watched for the rest of the time that was meant for it. */
async function abort(deps: Deps, tx: Tx, run: StoredRun, because: Because): Promise<void> {
  const { runId, experimentId, definition, version, injected } = run
  const { name, environment, settleSeconds } = definition
  const settlesUntil = new Date(addMs(deps.clock.now(), settleSeconds * 1000))
  await saveRun(tx, { ...run, because, state: 'settling', injectsUntil: new Date(deps.clock.now()), settlesUntil })
  await append(deps, tx, [
    {
      type: 'chaos.experiment.aborted',
      subject: `chaos-run/${runId}`,
      actor,
      correlationId: runId,
      payload: { runId, experimentId, name, version, environment, injected, because },
    },
  ])
}

/** Lets fallbacks look at what was simulated, writes down what is known by now, and ends what is over. */
async function follow(deps: Deps, tx: Tx, runId: string): Promise<void> {
  const run = await runById(tx, runId, true)
  if (run === null || run.state === 'ended') return
  await considerFallbacks(deps, tx, run)
  const report = await reportOf(deps, tx, run)
  const followed = { ...run, report }
  const over = run.state === 'settling' && deps.clock.now() >= run.settlesUntil.getTime()
  if (over) await endRun(deps, tx, followed)
  else await saveRun(tx, followed)
  // Most ticks journal nothing, and whoever watches is to see them.
  tx.afterCommit(() => deps.store.notify(journalHints))
}

async function considerFallbacks(deps: Deps, tx: Tx, run: StoredRun): Promise<void> {
  const { target, injection, environment } = run.definition
  if (run.injected === 0 || injection.kind === 'receiver-fault' || target.kind === 'metric') return
  const blocked = new Set(run.report.blocked.map(({ macro }) => macro))
  const manager = new FallbackManager(deps)
  for (const { policyId, definition } of await policiesInForce(tx, environment)) {
    const { primary } = definition
    const isTarget =
      primary.kind === 'agent'
        ? target.kind === 'agent' && target.agentId === primary.agentId
        : (target.kind === 'macro' && target.name === primary.name) || blocked.has(primary.name)
    if (!isTarget) continue
    const isBlocked = primary.kind === 'macro' && blocked.has(primary.name)
    await manager.consider(tx, policyId, evidenceOf(run, isBlocked))
  }
}

/** What was simulated, in the shape in which health counts what happened. */
function evidenceOf(run: StoredRun, blocked: boolean): SimulatedEvidence {
  const { runId, definition, injected } = run
  const { injection, live } = definition
  const sums = (since: Instant | null): RollupSums => {
    if (injection.kind === 'dependency-change' || injection.kind === 'receiver-fault') return noSums
    const before = since === null ? 0 : slotsUpTo(paceOf(run), since)
    const count = Math.max(0, Math.min(injected, run.nextSlot - before))
    if (injection.kind === 'qa-failures') return { ...noSums, failures: count }
    const executionsByBucket = count === 0 ? new Map() : new Map([[bucketOf(injection.latencyMs), count]])
    const counted = injection.outcome === 'failure' ? { failures: count } : { successes: count }
    return { ...noSums, ...counted, executionsByBucket }
  }
  return { runId, live, blocked, sums }
}

async function reportOf(deps: Deps, tx: Tx, run: StoredRun): Promise<ChaosReport> {
  const { runId, definition, startedAt, injectsUntil, settlesUntil, state } = run
  const { steadyState: lines, environment, injection, settleSeconds } = definition
  const now = deps.clock.now()
  const startedAtMs = startedAt.getTime()
  const until = Math.min(now, injectsUntil.getTime())
  const asked = { lines, environment, runId }
  const during = await measure(deps, tx, {
    ...asked,
    from: instantFromEpochMs(startedAtMs),
    until: instantFromEpochMs(until),
  })
  const hasAfter = state === 'settling' && settleSeconds > 0
  const after = hasAfter
    ? await measure(deps, tx, {
        ...asked,
        from: instantFromEpochMs(injectsUntil.getTime()),
        until: instantFromEpochMs(Math.min(now, settlesUntil.getTime())),
      })
    : []
  const filter = { policyId: null, outcome: null, synthetic: true, runId }
  const fallbacks = (await selectInvocations(tx, filter, null, mostFallbacks))
    .map(({ at, ...row }) => ({
      invocationId: row.invocationId,
      policyId: row.policyId,
      outcome: row.outcome,
      macro: row.macro,
      macroExecutionId: row.macroExecutionId,
      because: row.because,
      afterMs: at.getTime() - startedAtMs,
    }))
    .toReversed()
  const delivery = injection.kind === 'receiver-fault' ? await deliveryReport(tx, runId) : null
  const known = { ...run.report, during, after, fallbacks, delivery }
  // What is still to come is not missing.
  return { ...known, missing: now < settlesUntil.getTime() ? [] : missingOf(definition, known) }
}
