import { addMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append, type NewEvent } from '../../../govern/journal/index.ts'
import { allAgents } from '../../registry/index.ts'
import { decideOutcome, longestWaitMs, nextTry } from '../model/outcomes.ts'
import { RollupSums } from '../model/rollup-sums.ts'
import { lockKnownExecutions, type StoredExecution } from '../store/executions.ts'
import {
  expireOutcomes,
  findPlaces,
  joinOutcome,
  lockDueOutcomes,
  organizationsWithWaiting,
  overridingOutcomes,
  type Place,
  putOff,
  saveOutcome,
  type WaitingOutcome,
} from '../store/outcomes.ts'

const actor = { kind: 'system', id: 'telemetry' } as const
const mostPerTurn = 500

/**
 * Joins waiting outcomes to their executions as far as these are there: records the judgments, and moves what the
 * executions count as, in rollups and journal, in the caller's transaction. The others are looked for again later.
 *
 * Locks are taken in the order outcomes, executions by id, rollups, judgments.
 */
export async function joinOutcomes(
  deps: Deps,
  tx: Tx,
  outcomes: readonly WaitingOutcome[],
): Promise<{ readonly joined: number; readonly corrected: number }> {
  if (outcomes.length === 0) return { joined: 0, corrected: 0 }
  const places = await placesOf(deps, tx, outcomes)
  const sorted = [...new Map([...places.values()].map((place) => [place.executionId, place])).values()].sort((a, b) =>
    a.executionId < b.executionId ? -1 : 1,
  )
  const locked = sorted.length === 0 ? [] : await lockKnownExecutions(tx, sorted)
  const stored = new Map(locked.map((execution) => [execution.state.executionId, execution]))
  const now = deps.clock.now()
  const found: { outcome: WaitingOutcome; place: Place }[] = []
  const missing: WaitingOutcome[] = []
  outcomes.forEach((outcome, index) => {
    const place = places.get(index)
    if (place !== undefined && stored.has(place.executionId)) found.push({ outcome, place })
    else missing.push(outcome)
  })
  for (const { outcome, place } of found) await joinOutcome(tx, outcome.outcomeId, place, now)
  if (missing.length > 0)
    await putOff(
      tx,
      missing.map(({ outcomeId, receivedAt }) => ({ outcomeId, nextTryAt: nextTry(receivedAt, now) })),
    )
  const corrected = await correctExecutions(deps, tx, locked)
  await deps.recordJudgments(
    tx,
    found.map(({ outcome: { result, subject, outcomeId: _, overrides: __, receivedAt: ___, ...fields }, place }) => ({
      ...fields,
      executionId: place.executionId,
      actionId: subject.actionId,
      verdict: result === null ? null : result === 'success' ? 'qa_success' : 'qa_failure',
    })),
  )
  return { joined: found.length, corrected }
}

async function placesOf(deps: Deps, tx: Tx, outcomes: readonly WaitingOutcome[]): Promise<ReadonlyMap<number, Place>> {
  const named = outcomes.some(({ subject }) => subject.agent !== null)
  const ids = new Map(named ? (await allAgents(deps, tx)).map(({ name, agentId }) => [name, agentId]) : [])
  const indexes: number[] = []
  const sought = outcomes.flatMap(({ subject, observedAt }, index) => {
    const agentId = subject.agent === null ? null : ids.get(subject.agent)
    // An agent that is not known yet has no executions.
    if (agentId === undefined) return []
    indexes.push(index)
    return [{ subject, agentId, observedAt }]
  })
  const found = await findPlaces(tx, sought)
  return new Map([...found].flatMap(([n, place]) => (indexes[n] === undefined ? [] : [[indexes[n], place]])))
}

/** Decides anew what locked executions count as; moves the rollups of those that changed and tells each. */
async function correctExecutions(deps: Deps, tx: Tx, executions: readonly StoredExecution[]): Promise<number> {
  if (executions.length === 0) return 0
  const learnt = await overridingOutcomes(
    tx,
    executions.map(({ state }) => state.executionId),
  )
  const sums = new RollupSums()
  const events: NewEvent[] = []
  for (const { state, agentId, releaseId, startedOn } of executions) {
    const { outcome, because } = decideOutcome(state.status, learnt.get(state.executionId) ?? [])
    if (outcome === state.outcome) continue
    const owner = { agentId, releaseId, environment: state.environment }
    sums.addExecution(owner, state, -1)
    sums.addExecution(owner, { ...state, outcome }, 1)
    await saveOutcome(tx, { executionId: state.executionId, startedOn }, outcome)
    const { executionId, status: reported } = state
    events.push({
      type: 'telemetry.outcome.corrected',
      subject: `execution/${executionId}`,
      actor,
      correlationId: executionId,
      payload: { executionId, agentId, reported, from: state.outcome, to: outcome, because },
    })
  }
  const deltas = sums.deltas()
  if (deltas.length > 0) await deps.writeRollups(tx, deltas)
  if (events.length > 0) await append(deps, tx, events)
  return events.length
}

/** Looks for the executions of waiting outcomes that are due, and gives up those that waited too long. */
export async function joinWaitingOutcomes(deps: Deps): Promise<void> {
  const now = deps.clock.now()
  const organizations = await deps.store.transaction('deployment', (tx) => organizationsWithWaiting(tx, now))
  for (const organizationId of organizations) {
    for (let more = true; more; ) {
      more = await deps.store.transaction({ organizationId }, async (tx) => {
        const expired = await expireOutcomes(tx, addMs(now, -longestWaitMs))
        if (expired > 0)
          await append(deps, tx, [
            { type: 'telemetry.outcomes.expired', subject: 'telemetry', actor, payload: { outcomes: expired } },
          ])
        const due = await lockDueOutcomes(tx, now, mostPerTurn)
        await joinOutcomes(deps, tx, due)
        return due.length === mostPerTurn
      })
    }
  }
}
