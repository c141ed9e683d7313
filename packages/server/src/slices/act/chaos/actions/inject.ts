import { createHash } from 'node:crypto'
import type { QaSubject } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { namesOf } from '../../../observe/registry/index.ts'
import { storeTelemetry } from '../../../observe/telemetry/index.ts'
import { blocksIfPublished } from '../../playbooks/index.ts'
import { plannedInjections } from '../model/definition.ts'
import { type Pace, slotAtMs } from '../model/pace.ts'
import type { StoredRun } from '../store/runs.ts'
import { insertSignals } from '../store/signals.ts'
import { actor } from './end.ts'

export function paceOf({ definition, startedAt }: StoredRun): Pace {
  const { ratePerMinute } = definition
  return { startedAtMs: startedAt.getTime(), ratePerMinute, planned: plannedInjections(definition) }
}

/** Slots of a run that are injected together. */
export interface Slots {
  readonly from: number
  readonly until: number
}

const slotsOf = ({ from, until }: Slots) => Array.from({ length: until - from }, (_, at) => from + at)

/**
 * Injects what is part of our own tables, in the transaction that takes the slots. Answers the macros that a simulated
 * publication blocks; null for every other kind.
 */
export async function injectHere(
  deps: Deps,
  tx: Tx,
  run: StoredRun,
  slots: Slots,
): Promise<StoredRun['report']['blocked'] | null> {
  const { injection } = run.definition
  if (injection.kind === 'qa-failures') await judge(deps, tx, run, slots)
  if (injection.kind === 'receiver-fault') await signal(deps, tx, run, slots)
  if (injection.kind !== 'dependency-change' || slots.from === slots.until) return null
  const { dependency, version, schema } = injection
  return [...(await blocksIfPublished(tx, dependency, { version, schema }))].flatMap(([macro, [first]]) =>
    first === undefined ? [] : [{ macro, because: first.because }],
  )
}

function subjectOf({ definition: { target } }: StoredRun): QaSubject {
  if (target.kind === 'macro') return { kind: 'macro', id: target.name }
  return { kind: 'series', id: target.kind === 'agent' ? `agent/${target.agentId}` : target.metric }
}

async function judge(deps: Deps, tx: Tx, run: StoredRun, slots: Slots): Promise<void> {
  const { injection } = run.definition
  if (injection.kind !== 'qa-failures') return
  await deps.recordJudgments(
    tx,
    slotsOf(slots).map((slot) => ({
      executionId: null,
      actionId: null,
      subject: subjectOf(run),
      metric: injection.metric,
      verdict: 'qa_failure',
      score: null,
      label: null,
      explanation: null,
      judge: 'chaos',
      judgeKind: 'code',
      gold: false,
      synthetic: true,
      source: 'chaos',
      correlationId: run.runId,
      observedAt: instantFromEpochMs(slotAtMs(paceOf(run), slot)),
      // A slot that is injected again after a crash is the same judgment.
      idempotencyKey: `${run.runId}/${slot}`,
      recordedBy: actor,
    })),
  )
}

async function signal(deps: Deps, tx: Tx, run: StoredRun, slots: Slots): Promise<void> {
  const { injection } = run.definition
  if (injection.kind !== 'receiver-fault' || slots.from === slots.until) return
  const { fault, faultMs } = injection
  const { runId } = run
  await insertSignals(tx, runId, slotsOf(slots), deps.clock.now())
  await append(
    deps,
    tx,
    slotsOf(slots).map((slot) => ({
      type: 'chaos.signal.sent',
      subject: `chaos-run/${runId}`,
      actor,
      // A story of its own each, so that one that is late holds up no other.
      payload: { runId, slot, fault, faultMs },
    })),
  )
}

/** Whether a run's injections go through telemetry, which has transactions of its own. */
export function goesThroughTelemetry({ definition }: StoredRun): boolean {
  return definition.injection.kind === 'executions'
}

/**
 * Reports simulated executions by the way that every report goes. Their ids come from the run and the slot: sent again
 * after a crash they change nothing. Throws when they could not be stored; then the slots stay taken and are sent again.
 */
export async function injectExecutions(
  deps: Deps,
  organizationId: string,
  run: StoredRun,
  slots: Slots,
): Promise<void> {
  const { definition, runId } = run
  const { injection, target, environment } = definition
  if (injection.kind !== 'executions' || target.kind !== 'agent') return
  const names = await deps.store.transaction({ organizationId }, (tx) =>
    namesOf(deps, tx, { agentIds: [target.agentId], releaseIds: [] }),
  )
  const agent = names.get(target.agentId)
  assertInvariant(agent !== undefined, 'nothing registered is ever deleted')
  const failed = injection.outcome === 'failure'
  const executions = slotsOf(slots).map((slot) => {
    const endedAtMs = slotAtMs(paceOf(run), slot)
    return {
      executionId: createHash('sha256').update(`${runId}/${slot}`).digest('hex').slice(0, 32),
      agent,
      environment,
      startedAt: toIso(instantFromEpochMs(endedAtMs - injection.latencyMs)),
      endedAt: toIso(instantFromEpochMs(endedAtMs)),
      status: injection.outcome,
      synthetic: true,
      unit: `chaos/${definition.name}`.slice(0, 500),
      ...(failed ? { errorType: injection.errorType, errorMessage: 'Simulated by a chaos experiment.' } : {}),
      attributes: { 'metaagent.chaos.run_id': runId, 'metaagent.chaos.slot': slot },
    }
  })
  const stored = await storeTelemetry(deps, organizationId, { executions, actions: [] })
  if (!stored.ok) throw new Error(`simulated executions were not stored: ${stored.refusal.detail}`)
}
