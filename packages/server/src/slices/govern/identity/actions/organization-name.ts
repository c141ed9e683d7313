import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Tx } from '../../../../ports/store.ts'
import { ownOrganization } from '../store/organizations.ts'

/** How people call the transaction's organization. */
export async function organizationName(tx: Tx): Promise<string> {
  const organization = await ownOrganization(tx)
  assertInvariant(organization !== null, 'a transaction of an organization is of one that is there')
  return organization.name
}
