import type { Because, EventActor } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import { decideNeed } from '../model/matrix.ts'
import { decideConsumption } from '../model/request.ts'
import { insertPass, lockRules, requestById, updateRequestState } from '../store.ts'
import { actionDigestOf, type GovernedAction } from './digests.ts'
import { rulesNow } from './present-rules.ts'

/** Why an action may happen now, and under which approval. */
export interface GatePass {
  readonly approvalId: string | null
  /** Whether the rules want people to be told. */
  readonly notify: boolean
  readonly because: Because
}

/**
 * The gate that every action with impact passes, inside the transaction that performs it. What the rules let run by
 * itself passes; everything else passes with an approval that was given for exactly this action, which is used up by
 * it. Call it last, after every other check: a refusal after it would leave a used approval behind.
 */
export async function passGate(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  action: GovernedAction,
  approvalId: string | null,
): Promise<Result<GatePass>> {
  const actionDigest = actionDigestOf(action)
  if (approvalId !== null) {
    const consumed = await consume(deps, tx, { approvalId, actionDigest, actor: actorOf(caller) })
    return consumed.ok ? ok({ approvalId, notify: true, because: consumed.value.because }) : consumed
  }
  await lockRules(tx, 'shared')
  const { rules } = await rulesNow(deps, tx)
  const need = decideNeed({ rules, impact: action.impact, environment: action.environment })
  if (need.outcome !== 'require_approval') {
    const { parameters: _parameters, ...passing } = action
    const { kind, id } = actorOf(caller)
    const passed = { passId: deps.ids.uuid(), passedBy: `${kind}:${id}`, passedAt: deps.clock.now() }
    await insertPass(tx, { ...passing, ...passed, outcome: need.outcome })
    return ok({ approvalId: null, notify: need.outcome === 'allow_and_notify', because: need.because })
  }
  const advice = 'Ask for it at POST /api/v1/approvals with the action below, then send its approvalId.'
  return refuse('approval-required', `${need.because.text} ${advice}`, { action, actionDigest, because: need.because })
}

/**
 * Uses an approval for an action that is about to run in this transaction. Everything is looked at again: same action,
 * same rules, not expired, not used before.
 */
export async function consume(
  deps: Deps,
  tx: Tx,
  use: { readonly approvalId: string; readonly actionDigest: string; readonly actor?: EventActor },
): Promise<Result<{ readonly approvalId: string; readonly because: Because }>> {
  const { approvalId, actionDigest } = use
  await lockRules(tx, 'shared')
  const { digest: policyDigest } = await rulesNow(deps, tx)
  const request = await requestById(tx, approvalId, true)
  if (request === null) return refuse('not-found', 'Your organization has no approval request with this id.')
  const now = deps.clock.now()
  const decided = decideConsumption({ request, actionDigest, policyDigest, now })
  if (!decided.ok) return decided
  const { state, because } = decided.value
  await updateRequestState(tx, approvalId, state, because, now)
  await append(deps, tx, [
    {
      type: 'approvals.request.consumed',
      subject: `approval/${approvalId}`,
      actor: use.actor ?? { kind: 'system', id: 'approvals' },
      correlationId: approvalId,
      payload: { approvalId, actionDigest },
    },
  ])
  return ok({ approvalId, because })
}
