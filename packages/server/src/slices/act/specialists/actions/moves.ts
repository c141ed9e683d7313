import type { Because, Specialist, SpecialistMoveOrder, SpecialistState } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, appendDecision, type DecidedEvent } from '../../../govern/journal/index.ts'
import { decideMove, supersededBecause } from '../model/lifecycle.ts'
import { type Weighed, weighActivation } from '../model/weigh.ts'
import {
  insertMove,
  moveVersion,
  type StoredSpecialist,
  type StoredVersion,
  touchSpecialist,
  versionsOf,
} from '../store/specialists.ts'
import { answer, matching, type RequestHeaders } from './specialists.ts'

/**
 * Moves a version of a specialist that was read. To become active it passes the approval gate, bound to the digest of what
 * it says; the version that was active until then is retired in the same transaction.
 */
export async function moveSpecialist(
  deps: Deps,
  caller: Caller,
  specialistId: string,
  order: SpecialistMoveOrder,
  headers: RequestHeaders,
): Promise<RouteResult<Specialist>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const specialist = await matching(tx, specialistId, headers)
    if (!specialist.ok) return specialist
    const versions = await versionsOf(tx, specialistId)
    const version = versions.find((one) => one.version === order.version)
    if (version === undefined)
      return refuse('not-found', `${specialist.value.name} has no version ${order.version}. Propose it first.`)
    const facts = { hasEvaluation: order.evaluation !== null, hasTrainingRun: order.trainingRun !== null }
    const decided = decideMove(version.state, order.verb, facts)
    if (!decided.ok) return decided
    const passed = await gate(deps, tx, caller, specialist.value, version, order)
    if (!passed.ok) return passed
    const former = versions.find(({ state }) => state === 'active')
    if (order.verb === 'activate' && former !== undefined)
      await record(deps, tx, caller, specialist.value, former, {
        verb: 'supersede',
        to: 'retired',
        because: supersededBecause(version.version),
        reason: order.reason,
      })
    const { weighed, approvalId } = passed.value
    await record(deps, tx, caller, specialist.value, version, {
      ...order,
      to: decided.value.to,
      because: weighed?.because ?? decided.value.because,
      impact: weighed?.impact ?? null,
      approvalId,
    })
    await touchSpecialist(tx, specialistId, { owner: null, at: new Date(deps.clock.now()) })
    return await answer(tx, specialistId)
  })
}

interface Passed {
  readonly weighed: Weighed | null
  readonly approvalId: string | null
}

async function gate(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  { name }: StoredSpecialist,
  version: StoredVersion,
  order: SpecialistMoveOrder,
): Promise<Result<Passed>> {
  if (order.verb !== 'activate') return ok({ weighed: null, approvalId: null })
  const { sensitivityCeiling } = version.definition
  const score = version.evaluation?.score ?? null
  const weighed = weighActivation(sensitivityCeiling, score)
  const action = {
    operation: 'specialists.activate',
    subject: `specialist/${name}`,
    // Whoever is found is found in every environment.
    environment: 'production',
    impact: weighed.impact,
    parameters: {
      version: version.version,
      digest: version.digest,
      sensitivityCeiling,
      evaluationScore: score,
      because: weighed.because.text,
    },
  }
  const passed = await passGate(deps, tx, caller, action, order.approvalId ?? null)
  return passed.ok ? ok({ weighed, approvalId: passed.value.approvalId }) : passed
}

interface Recorded {
  readonly verb: string
  readonly to: SpecialistState
  readonly because: Because
  readonly reason: string
  readonly impact?: Weighed['impact'] | null
  readonly evaluation?: StoredVersion['evaluation']
  readonly trainingRun?: string | null
  readonly approvalId?: string | null
}

const eventOf = {
  proposed: 'specialist.proposed',
  training: 'specialist.training',
  evaluated: 'specialist.evaluated',
  active: 'specialist.activated',
  retired: 'specialist.retired',
} as const satisfies Record<SpecialistState, DecidedEvent['type']>

/** State, record of the move, event and its mirror: all of one transaction. */
async function record(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  { specialistId, name }: StoredSpecialist,
  version: StoredVersion,
  moved: Recorded,
): Promise<void> {
  const { verb, to, because, reason, impact = null, evaluation = null, trainingRun = null, approvalId = null } = moved
  const actor = actorOf(caller)
  const at = new Date(deps.clock.now())
  const facts = { specialistId, version: version.version, to, reason, because, approvalId }
  await moveVersion(tx, { ...facts, trainingRun, evaluation, at })
  const by = `${actor.kind}:${actor.id}`
  const from = version.state
  await insertMove(tx, { ...facts, moveId: deps.ids.uuid(), verb, from, evaluation, trainingRun, by, at })
  const evaluationScore = evaluation?.score ?? version.evaluation?.score ?? null
  const payload = { ...facts, name, digest: version.digest, from, impact, evaluationScore }
  await appendDecision(
    deps,
    tx,
    {
      type: eventOf[to],
      subject: `specialist/${specialistId}`,
      actor,
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload,
    },
    { verdict: to, because },
  )
}
