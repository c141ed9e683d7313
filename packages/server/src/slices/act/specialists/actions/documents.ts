import type { AgentCard, AiCatalog, AiCatalogEntry, McpServerJson, SpecialistDocuments } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds, organizationName } from '../../../govern/identity/index.ts'
import { toAgentCard, toDeploymentCard } from '../model/documents/agent-card.ts'
import { agentCardType, aiCatalogType, toCatalogEntries, toServerJson } from '../model/documents/catalog.ts'
import { agentCardUrl, type PublishedVersion, type Publisher, serverJsonUrl } from '../model/documents/published.ts'
import { presentListing } from '../store/listings.ts'
import { activeSpecialists, organizationOfSpecialist, specialistById, versionsOf } from '../store/specialists.ts'
import { cardDigest } from './digests.ts'
import { noSuchSpecialist, publishedVersion } from './shown.ts'
import { signCard } from './signing.ts'

/** A catalog lists so many specialists; the card of the deployment the skills of as many. */
const mostListed = 1_000
const deploymentCardVersion = '1.0.0'

const notPublic = refuse(
  'not-found',
  'Nothing is public here. Cards are of active specialists whose organization shows them to the world.',
)

/** Any web page may read what is public; whoever checks a card wants it fresh within minutes. */
function openHeaders(contentType: string, etag: string | null): Readonly<Record<string, string>> {
  return {
    'content-type': contentType,
    'access-control-allow-origin': '*',
    'cache-control': 'public, max-age=60',
    ...(etag === null ? {} : { etag: `"${etag}"` }),
  }
}

async function publisherIn(deps: Deps, tx: Tx): Promise<Publisher & { readonly isPublic: boolean }> {
  const listing = await presentListing(tx)
  return {
    organization: await organizationName(tx),
    domain: listing?.publisherDomain ?? null,
    publicUrl: deps.settings.publicUrl,
    host: new URL(deps.settings.publicUrl).hostname,
    isPublic: listing?.isPublic ?? false,
  }
}

/** The documents of one version as they are or would be published, signed. Without `version`: the active, else the newest. */
export async function readDocuments(
  deps: Deps,
  caller: Caller,
  specialistId: string,
  asked: { readonly version?: string | undefined },
): Promise<Result<SpecialistDocuments>> {
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const specialist = await specialistById(tx, specialistId)
    if (specialist === null) return noSuchSpecialist
    const versions = await versionsOf(tx, specialistId)
    const shown =
      asked.version === undefined
        ? (versions.find(({ state }) => state === 'active') ?? versions[0])
        : versions.find(({ version }) => version === asked.version)
    if (shown === undefined) return refuse('not-found', `${specialist.name} has no version ${asked.version}.`)
    return ok({ published: publishedVersion(specialist, shown), publisher: await publisherIn(deps, tx) })
  })
  if (!found.ok) return found
  const { published, publisher } = found.value
  const card = toAgentCard(published, publisher)
  return ok({
    version: published.version,
    agentCard: card === null ? null : await signCard(deps, card),
    serverJson: toServerJson(published, publisher),
    catalogEntries: [...toCatalogEntries(published, publisher)],
    isPublic: publisher.isPublic && published.state === 'active',
    agentCardUrl: agentCardUrl(publisher, specialistId),
    serverJsonUrl: serverJsonUrl(publisher, specialistId),
  })
}

interface PublicVersion {
  readonly published: PublishedVersion
  readonly publisher: Publisher
}

async function publicVersion(deps: Deps, specialistId: string): Promise<PublicVersion | null> {
  const organizationId = await deps.store.transaction('deployment', (tx) => organizationOfSpecialist(tx, specialistId))
  if (organizationId === null) return null
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const publisher = await publisherIn(deps, tx)
    if (!publisher.isPublic) return null
    const specialist = await specialistById(tx, specialistId)
    const active = (await versionsOf(tx, specialistId)).find(({ state }) => state === 'active')
    return specialist === null || active === undefined
      ? null
      : { published: publishedVersion(specialist, active), publisher }
  })
}

/** The signed card of an active specialist, for anybody, where its organization shows it. */
export async function readPublicCard(deps: Deps, specialistId: string): Promise<RouteResult<AgentCard>> {
  const found = await publicVersion(deps, specialistId)
  const card = found === null ? null : toAgentCard(found.published, found.publisher)
  return card === null ? notPublic : await signedAnswer(deps, card)
}

/** The `server.json` of an active specialist, for anybody, where its organization shows it. */
export async function readPublicServerJson(deps: Deps, specialistId: string): Promise<RouteResult<McpServerJson>> {
  const found = await publicVersion(deps, specialistId)
  const server = found === null ? null : toServerJson(found.published, found.publisher)
  return server === null ? notPublic : { ...ok(server), headers: openHeaders('application/json', null) }
}

/** The card of this deployment, with the skills of its first organization's specialists where that shows them. */
export async function readDeploymentCard(deps: Deps): Promise<RouteResult<AgentCard>> {
  const listed = await listedOf(deps, await defaultOrganization(deps))
  const organization = listed === null ? null : listed.publisher.organization
  const { publicUrl } = deps.settings
  const card = toDeploymentCard({ publicUrl, version: deploymentCardVersion, organization }, listed?.versions ?? [])
  return await signedAnswer(deps, card)
}

async function signedAnswer(deps: Deps, card: AgentCard): Promise<RouteResult<AgentCard>> {
  const headers = openHeaders('application/json', cardDigest(card))
  return { ...ok(await signCard(deps, card)), headers }
}

/** Of the organization that is asked for, or of the deployment's first one: the AI Catalog of what it shows. */
export async function readCatalog(deps: Deps, organizationId: string | null): Promise<RouteResult<AiCatalog>> {
  const { publicUrl } = deps.settings
  const listed = await listedOf(deps, organizationId ?? (await defaultOrganization(deps)))
  if (listed === null && organizationId !== null) return notPublic
  const own: AiCatalogEntry = {
    identifier: `${publicUrl}/.well-known/agent-card.json`,
    type: agentCardType,
    mediaType: agentCardType,
    url: `${publicUrl}/.well-known/agent-card.json`,
    version: deploymentCardVersion,
  }
  const host = listed?.publisher
  const catalog: AiCatalog = {
    specVersion: '1.0',
    host: {
      displayName: host?.organization ?? 'MetaAgent',
      ...(host?.domain == null ? {} : { identifier: `did:web:${host.domain}` }),
    },
    entries: [
      ...(organizationId === null ? [own] : []),
      ...(listed?.versions ?? []).flatMap((version) => toCatalogEntries(version, listed?.publisher as Publisher)),
    ],
  }
  return { ...ok(catalog), headers: openHeaders(aiCatalogType, null) }
}

/** The organization of which the deployment's own addresses speak: its first. */
export async function defaultOrganization(deps: Deps): Promise<string | null> {
  const [first] = await listOrganizationIds(deps)
  return first ?? null
}

interface Listed {
  readonly publisher: Publisher
  readonly versions: readonly PublishedVersion[]
}

/** What an organization shows to the world; null when it shows nothing, or is not there. */
async function listedOf(deps: Deps, organizationId: string | null): Promise<Listed | null> {
  if (organizationId === null) return null
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const listing = await presentListing(tx)
    if (listing === null || !listing.isPublic) return null
    const active = await activeSpecialists(tx, mostListed)
    const versions = active.map((one) => publishedVersion(one, one.shown))
    return { publisher: await publisherIn(deps, tx), versions }
  })
}
