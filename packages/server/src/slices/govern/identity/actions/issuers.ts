import { scopesOfRole, type TrustedIssuer, type TrustedIssuerInput } from '@metaagent/contract'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../journal/index.ts'
import { judgeIssuer } from '../model/issuers.ts'
import { judgeGrant } from '../model/rights.ts'
import { addToDirectory, lockDirectoryEntry, organizationsOf, removeFromDirectory } from '../store/directory.ts'
import { allIssuers, deleteIssuer, type IssuerRow, insertIssuer } from '../store/issuers.ts'
import { issuerLookup } from './digests.ts'
import { credentialsChanged } from './process-state.ts'

export async function listIssuers(deps: Deps, caller: Caller): Promise<readonly TrustedIssuer[]> {
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => allIssuers(tx))
  return rows.map(describeIssuer)
}

/**
 * Trusts an issuer's tokens for one audience. The pair belongs to one organization of the deployment: if two could
 * claim it, tokens of the one's people would open the other's doors.
 */
export async function trustIssuer(
  deps: Deps,
  caller: Caller,
  input: TrustedIssuerInput,
): Promise<Result<TrustedIssuer>> {
  const allowed = judgeGrant(caller.scopes, scopesOfRole[input.role])
  if (!allowed.ok) return allowed
  const judged = judgeIssuer(input, deps.settings.publicUrl)
  if (!judged.ok) return judged
  const lookup = issuerLookup(input.issuer, input.audience)
  const { organizationId } = caller
  const row: IssuerRow = { issuerId: deps.ids.uuid(), ...input, createdAt: deps.clock.now() }
  return deps.store.transaction({ organizationId }, async (tx): Promise<Result<TrustedIssuer>> => {
    const taken = await tx.within('deployment', async (outer) => {
      await lockDirectoryEntry(outer, lookup)
      return (await organizationsOf(outer, lookup)).length > 0
    })
    if (taken)
      return refuse('already-exists', 'This issuer is trusted with this audience already. Use an audience of your own.')
    await insertIssuer(tx, row)
    await tx.within('deployment', (outer) => addToDirectory(outer, lookup, organizationId))
    await append(deps, tx, [
      {
        type: 'identity.issuer.trusted',
        subject: `issuer/${row.issuerId}`,
        actor: actorOf(caller),
        payload: { issuer: row.issuer, audience: row.audience, role: row.role },
      },
    ])
    return ok(describeIssuer(row))
  })
}

/** Stops trusting an issuer; its tokens end with the next look, at the latest after 10 s. */
export async function removeIssuer(deps: Deps, caller: Caller, issuerId: string): Promise<Result<TrustedIssuer>> {
  const { organizationId } = caller
  return deps.store.transaction({ organizationId }, async (tx): Promise<Result<TrustedIssuer>> => {
    const row = await deleteIssuer(tx, issuerId)
    if (row === null) return refuse('not-found', 'Your organization trusts no issuer with this id.')
    const lookup = issuerLookup(row.issuer, row.audience)
    await tx.within('deployment', (outer) => removeFromDirectory(outer, [lookup], organizationId))
    await append(deps, tx, [
      {
        type: 'identity.issuer.removed',
        subject: `issuer/${issuerId}`,
        actor: actorOf(caller),
        payload: { issuer: row.issuer },
      },
    ])
    credentialsChanged(deps, tx)
    return ok(describeIssuer(row))
  })
}

function describeIssuer(row: IssuerRow): TrustedIssuer {
  return {
    issuerId: row.issuerId,
    issuer: row.issuer,
    audience: row.audience,
    jwksUrl: row.jwksUrl,
    algorithms: [...row.algorithms],
    role: row.role,
    createdAt: toIso(row.createdAt),
  }
}
