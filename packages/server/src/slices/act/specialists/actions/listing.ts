import type { SpecialistListing, SpecialistListingChange } from '@metaagent/contract'
import type { z } from 'zod'
import { etagOf, matchesVersion } from '../../../../kernel/preconditions.ts'
import { ok, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { weighListing } from '../model/weigh.ts'
import { presentListing, type StoredListing, saveListing } from '../store/listings.ts'
import { defaultOrganization } from './documents.ts'
import type { RequestHeaders } from './specialists.ts'

/** Whether the organization shows its specialists to the world, and under which name. */
export async function readListing(deps: Deps, caller: Caller): Promise<RouteResult<SpecialistListing>> {
  const { organizationId } = caller
  const isDefault = (await defaultOrganization(deps)) === organizationId
  const listing = await deps.store.transaction({ organizationId }, (tx) => presentListing(tx))
  return shown(deps, organizationId, isDefault, listing)
}

function shown(
  deps: Deps,
  organizationId: string,
  isDeploymentDefault: boolean,
  listing: StoredListing | null,
): RouteResult<SpecialistListing> {
  const { publicUrl } = deps.settings
  const value: SpecialistListing = {
    isPublic: listing?.isPublic ?? false,
    publisherDomain: listing?.publisherDomain ?? null,
    catalogUrl: `${publicUrl}/api/v1/ai-catalogs/${organizationId}`,
    isDeploymentDefault,
    revision: listing?.revision ?? 0,
    changedAt: listing?.changedAt.toISOString() ?? null,
    changedBy: listing?.changedBy ?? null,
  }
  return { ...ok(value), headers: { etag: etagOf(value.revision) } }
}

/** Shows the cards of active specialists to the world, which passes the approval gate, or takes them back. */
export async function changeListing(
  deps: Deps,
  caller: Caller,
  change: z.output<typeof SpecialistListingChange>,
  headers: RequestHeaders,
): Promise<RouteResult<SpecialistListing>> {
  const { organizationId } = caller
  const isDefault = (await defaultOrganization(deps)) === organizationId
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const before = await presentListing(tx, true)
    const revision = before?.revision ?? 0
    const matches = matchesVersion(headers, revision)
    if (!matches.ok) return matches
    const { isPublic, publisherDomain, reason } = change
    if (isPublic === (before?.isPublic ?? false) && publisherDomain === (before?.publisherDomain ?? null))
      return refuse('conflict', 'The listing is like this already.')
    const { impact, because } = weighListing(before?.isPublic ?? false, isPublic)
    const action = {
      operation: 'specialists.list-publicly',
      subject: 'specialist-listing',
      environment: 'production',
      impact,
      parameters: { revision: revision + 1, isPublic, publisherDomain, because: because.text },
    }
    const passed = await passGate(deps, tx, caller, action, change.approvalId ?? null)
    if (!passed.ok) return passed
    const { approvalId } = passed.value
    const actor = actorOf(caller)
    const changedAt = new Date(deps.clock.now())
    const changedBy = `${actor.kind}:${actor.id}`
    const after = { isPublic, publisherDomain, revision: revision + 1, changedAt, changedBy }
    if (!(await saveListing(tx, after)))
      return refuse('precondition-failed', 'Somebody else has just changed the listing. Read it again.')
    await append(deps, tx, [
      {
        type: 'specialist.listing.changed',
        subject: 'specialist-listing',
        actor,
        ...(approvalId === null ? {} : { correlationId: approvalId }),
        payload: { isPublic, publisherDomain, impact, because, reason, approvalId },
      },
    ])
    return shown(deps, organizationId, isDefault, after)
  })
}
