import type { Me } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { toIso } from '../../../../kernel/instant.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { ownOrganization } from '../store/organizations.ts'
import { userById } from '../store/users.ts'
import { describeUser } from './users.ts'

/** What a credential stands for, as its holder may see it. */
export async function describeMe(deps: Deps, caller: Caller): Promise<Me> {
  const { organizationId, actor, credential } = caller
  assertInvariant(credential !== undefined, 'a caller from outside presented a credential')
  return deps.store.transaction({ organizationId }, async (tx) => {
    const organization = await ownOrganization(tx)
    assertInvariant(organization !== null, 'a caller belongs to an organization')
    const row = actor.kind === 'user' ? await userById(tx, actor.userId) : null
    const user = row === null ? null : await describeUser(deps, tx, row)
    return {
      organization: { organizationId, name: organization.name },
      user: user === null ? null : { userId: user.userId, email: user.email, displayName: user.displayName },
      credential: credential.kind,
      role: caller.role,
      customRole: user?.customRole ?? null,
      scopes: [...caller.scopes],
      expiresAt: credential.expiresAt === null ? null : toIso(credential.expiresAt),
    }
  })
}
