import type { ArbitrationPolicyChange, ArbitrationPolicyState } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { insertPolicy, lockSettings, metricStates, presentPolicies, requestRefit } from '../store/fits.ts'

/**
 * Sets the policy of a metric, or `auto`, through the approval gate with impact MODERATE. It is fitted within seconds; until
 * then verdicts name the policy that they really used.
 */
export async function changePolicy(
  deps: Deps,
  caller: Caller,
  metric: string,
  input: z.output<typeof ArbitrationPolicyChange>,
): Promise<Result<z.output<typeof ArbitrationPolicyState>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockSettings(tx)
    const known = (await metricStates(tx)).some((state) => state.metric === metric)
    if (!known)
      return refuse(
        'not-found',
        'No judge spoke of this metric yet. GET /api/v1/arbitration/metrics lists those known.',
      )
    const [present] = await presentPolicies(tx, metric)
    const [from, version] = [present?.policy ?? 'auto', present?.version ?? 0]
    if (version !== input.expectedVersion)
      return refuse('precondition-failed', `The policy has version ${version} by now. Read it again.`, { version })
    if (from === input.policy) return refuse('conflict', `The policy of ${metric} is ${from} already.`)
    const action = {
      operation: 'arbitration.policy.change',
      subject: `arbitration-policy/${metric}`,
      environment: 'production',
      impact: 'MODERATE' as const,
      parameters: { metric, from, to: input.policy, fromVersion: version },
    }
    const passed = await passGate(deps, tx, caller, action, input.approvalId ?? null)
    if (!passed.ok) return passed
    const { approvalId } = passed.value
    const actor = actorOf(caller)
    const now = deps.clock.now()
    const row = {
      metric,
      version: version + 1,
      policy: input.policy,
      reason: input.reason,
      changedBy: `${actor.kind}:${actor.id}`,
      changedAt: new Date(now),
      approvalId,
    }
    await insertPolicy(tx, row)
    await requestRefit(tx, metric, now)
    await append(deps, tx, [
      {
        type: 'arbitration.policy.changed',
        subject: 'arbitration-policy',
        actor,
        ...(approvalId === null ? {} : { correlationId: approvalId }),
        payload: { metric, from, to: row.policy, version: row.version, reason: row.reason, approvalId },
      },
    ])
    return ok({
      metric,
      policy: row.policy,
      version: row.version,
      changedBy: row.changedBy,
      changedAt: row.changedAt.toISOString(),
    })
  })
}
