import { personalClasses } from '@metaagent/contract'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Found } from '../model/found.ts'
import { findAll } from './find.ts'
import { policiesOf } from './settings-cache.ts'

/**
 * Everything that rules find in texts which an agent would send somewhere: secrets, personal data of every class (also of
 * those that may be stored in clear), and finds of the organization's own rules, less its exceptions. In the order of each
 * text, without overlaps. Keeps nothing. Refuses with `store-unavailable` when the settings cannot be read.
 */
export async function findInTexts(
  deps: Deps,
  organizationId: string,
  agent: string,
  texts: readonly { readonly text: string; readonly field: string | null }[],
): Promise<Result<readonly (readonly Found[])[]>> {
  const policies = await policiesOf(deps, organizationId)
  if (!policies.ok) return policies
  const { organization, byAgent } = policies.value
  const policy = { ...(byAgent.get(agent) ?? organization), classes: new Set(personalClasses) }
  return ok(await findAll(texts, () => policy))
}
