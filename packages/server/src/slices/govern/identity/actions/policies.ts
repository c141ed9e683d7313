import type { OrganizationPolicies, OrganizationPoliciesState } from '@metaagent/contract'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import { defaultPolicies } from '../model/policies.ts'
import { ownPolicies, type PoliciesRow, savePolicies } from '../store/policies.ts'
import { credentialsChanged } from './process-state.ts'

/** What holds in the transaction's organization. */
export async function policiesNow(tx: Tx): Promise<OrganizationPolicies> {
  return (await ownPolicies(tx))?.policies ?? defaultPolicies
}

export async function readPolicies(deps: Deps, caller: Caller): Promise<OrganizationPoliciesState> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) =>
    describe(await ownPolicies(tx)),
  )
}

/** Changes the policies; sessions and tokens that are there already are held to them at once. */
export async function changePolicies(
  deps: Deps,
  caller: Caller,
  asked: { readonly policies: OrganizationPolicies; readonly expectedVersion: number },
): Promise<Result<OrganizationPoliciesState>> {
  const { organizationId } = caller
  return deps.store.transaction({ organizationId }, async (tx): Promise<Result<OrganizationPoliciesState>> => {
    const before = await ownPolicies(tx)
    const from = before?.policies ?? defaultPolicies
    const next: PoliciesRow = {
      policies: asked.policies,
      version: asked.expectedVersion + 1,
      changedAt: deps.clock.now(),
    }
    const isFresh = (before?.version ?? 0) === asked.expectedVersion && (await savePolicies(tx, next))
    if (!isFresh)
      return refuse('precondition-failed', 'The policies have changed since you read them. Read them again.', {
        version: before?.version ?? 0,
      })
    const payload = { version: next.version, from: { ...from }, to: { ...asked.policies } }
    const subject = `organization/${organizationId}`
    await append(deps, tx, [{ type: 'identity.policies.changed', subject, actor: actorOf(caller), payload }])
    credentialsChanged(deps, tx)
    return ok(describe(next))
  })
}

function describe(row: PoliciesRow | null): OrganizationPoliciesState {
  if (row === null) return { policies: defaultPolicies, version: 0, changedAt: null }
  return { policies: row.policies, version: row.version, changedAt: toIso(row.changedAt) }
}
