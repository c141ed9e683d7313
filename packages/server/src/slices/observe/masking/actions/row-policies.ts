import { type MaskingPolicy, strictestOf } from '../model/policy.ts'
import type { MaskableBatch, MaskableRow } from './mask-rows.ts'
import type { OrganizationPolicies } from './settings-cache.ts'

/** The policy of each row of a batch. */
export interface PolicyOf {
  (row: MaskableRow | undefined): MaskingPolicy
  /** Whether no policy throws contents away. */
  readonly storesAll: boolean
}

/**
 * The policies of a batch's rows. A row that does not name its agent may come to belong to any agent that its trace
 * names, so it gets the strictest policy of those of them that are in the batch, and its own.
 */
export function policiesFor(
  { organization, byAgent }: OrganizationPolicies,
  batch: MaskableBatch<MaskableRow & { readonly namesAgent: boolean }, MaskableRow & { readonly ownAgent: boolean }>,
): PolicyOf {
  const all = [organization, ...byAgent.values()]
  const storesAll = all.every(({ storeInputs, storeOutputs }) => storeInputs && storeOutputs)
  if (byAgent.size === 0) return Object.assign(() => organization, { storesAll })
  const unnamed = new Set<MaskableRow>()
  const named = new Map<string, Set<MaskingPolicy>>()
  const note = (row: MaskableRow, names: boolean) => {
    if (!names) unnamed.add(row)
    const policy = byAgent.get(row.agent)
    if (policy === undefined) return
    const known = named.get(row.executionId)
    if (known === undefined) named.set(row.executionId, new Set([policy]))
    else known.add(policy)
  }
  for (const row of batch.executions) note(row, row.namesAgent)
  for (const row of batch.actions) note(row, row.ownAgent)
  const policyOf = (row: MaskableRow | undefined) => {
    const own = (row === undefined ? undefined : byAgent.get(row.agent)) ?? organization
    if (row === undefined || !unnamed.has(row)) return own
    return strictestOf([own, ...(named.get(row.executionId) ?? [])])
  }
  return Object.assign(policyOf, { storesAll })
}
