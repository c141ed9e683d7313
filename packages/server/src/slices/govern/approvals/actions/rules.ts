import type { GovernanceRulesChange, GovernanceRulesHistory, GovernanceRulesState } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../journal/index.ts'
import { faultsOf } from '../model/matrix.ts'
import { insertRules, listRules, lockRules, type RulesRow } from '../store.ts'
import { rulesDigestOf } from './digests.ts'
import { passGate } from './gate.ts'
import { rulesNow } from './present-rules.ts'

type RulesState = z.output<typeof GovernanceRulesState>

export async function readRules(deps: Deps, caller: Caller): Promise<RulesState> {
  const { organizationId } = caller
  return describe(await deps.store.transaction({ organizationId }, (tx) => rulesNow(deps, tx)))
}

/** Every version of the rules, newest first. */
export async function readRulesHistory(deps: Deps, caller: Caller): Promise<z.output<typeof GovernanceRulesHistory>> {
  const versions = await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await rulesNow(deps, tx)
    return listRules(tx)
  })
  return { items: versions.map(({ changedAt, ...version }) => ({ ...version, changedAt: toIso(changedAt) })) }
}

/**
 * Changes the rules: by an admin in person, from the version that they saw, and through the gate itself with impact
 * HIGH, because who could loosen the rules alone would need no approval for anything. Open requests were asked under
 * the old rules and count no more.
 */
export async function changeRules(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof GovernanceRulesChange>,
): Promise<Result<RulesState>> {
  if (caller.role !== 'admin' || caller.actor.kind !== 'user')
    return refuse('not-allowed', 'Only an admin who is signed in changes the governance rules.')
  const faults = faultsOf(input.rules)
  if (faults.length > 0) return refuse('not-processable', faults.join(' '), { faults })
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx): Promise<Result<RulesState>> => {
    await lockRules(tx, 'exclusive')
    const present = await rulesNow(deps, tx)
    if (present.digest !== input.expectedDigest)
      return refuse('precondition-failed', 'The rules have changed since you read them.', { digest: present.digest })
    const digest = rulesDigestOf(input.rules)
    if (digest === present.digest) return ok(describe(present))
    const action = {
      operation: 'approvals.rules.change',
      subject: 'governance-rules',
      environment: 'production',
      impact: 'HIGH' as const,
      parameters: { digest, previousDigest: present.digest },
    }
    const passed = await passGate(deps, tx, caller, action, input.approvalId ?? null)
    if (!passed.ok) return passed
    const actor = actorOf(caller)
    const next: RulesRow = {
      version: present.version + 1,
      rules: input.rules,
      digest,
      changedBy: `${actor.kind}:${actor.id}`,
      changedAt: deps.clock.now(),
    }
    await insertRules(tx, next)
    await append(deps, tx, [
      {
        type: 'approvals.rules.changed',
        subject: 'governance-rules',
        actor,
        payload: { digest, previousDigest: present.digest },
      },
    ])
    return ok(describe(next))
  })
}

function describe(row: RulesRow): RulesState {
  return { rules: row.rules, digest: row.digest, updatedAt: toIso(row.changedAt) }
}
