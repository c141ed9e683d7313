import type { WebhookSource, WebhookSourceCreated, WebhookSourceInput, WebhookSourcePatch } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import {
  allSources,
  insertSource,
  type SourceFields,
  type StoredSource,
  sourceById,
  updateSource,
} from '../store/sources.ts'
import { newSecret, sealApiKey } from './secrets.ts'

type Created = z.input<typeof WebhookSourceCreated>
type Input = z.output<typeof WebhookSourceInput>
type Patch = z.output<typeof WebhookSourcePatch>

const noSuchSource = refuse(
  'not-found',
  'There is no webhook source with this id. GET /api/v1/webhook-sources lists them.',
)
const nameTaken = (name: string) =>
  refuse('already-exists', `Another webhook source is called ${name}. Choose another name.`)

/** A source as the API shows it; its secrets never. */
export function shownSource(deps: Deps, source: StoredSource): WebhookSource {
  return {
    sourceId: source.source_id,
    name: source.name,
    kind: source.kind,
    address: `${deps.settings.publicUrl}/api/v1/webhooks/${source.source_id}`,
    environment: source.environment,
    agents: source.agents,
    mapping: source.mapping,
    importer:
      source.importer === null
        ? null
        : {
            ...source.importer,
            imported: source.imported,
            lastRunAt: source.imported_at?.toISOString() ?? null,
            lastError: source.import_error,
          },
    enabled: source.enabled,
    accepted: source.accepted,
    unmapped: source.unmapped,
    refused: source.refused,
    lastReceivedAt: source.last_received_at?.toISOString() ?? null,
    lastError: source.last_error,
    lastErrorAt: source.last_error_at?.toISOString() ?? null,
    createdAt: source.created_at.toISOString(),
  }
}

export async function readSources(deps: Deps, caller: Caller): Promise<Result<{ items: WebhookSource[] }>> {
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, allSources)
  return ok({ items: found.map((source) => shownSource(deps, source)) })
}

/** Lets a sender in. Its secret is in the answer and never again. */
export async function createSource(deps: Deps, caller: Caller, input: Input): Promise<Result<Created>> {
  const { organizationId } = caller
  const wrong = contradiction(input.kind, input.importer !== null)
  if (wrong !== null) return wrong
  const sourceId = deps.ids.uuid()
  const { shown, kept } = newSecret(deps, organizationId, sourceId, input.kind)
  const fields = { ...withImporter(deps, organizationId, sourceId, input), ...kept, enabled: true }
  return await deps.store.transaction({ organizationId }, async (tx) => {
    if (!(await insertSource(tx, sourceId, fields, deps.clock.now()))) return nameTaken(input.name)
    const payload = { sourceId, name: input.name, kind: input.kind }
    const subject = `webhook/${sourceId}`
    await append(deps, tx, [{ type: 'webhooks.source.created', subject, actor: actorOf(caller), payload }])
    const source = await sourceById(tx, sourceId)
    assertInvariant(source !== null, 'a source that was inserted is there')
    return ok({ source: shownSource(deps, source), secret: shown })
  })
}

function contradiction(kind: StoredSource['kind'], imports: boolean): Result<never> | null {
  return imports && kind !== 'n8n'
    ? refuse('not-processable', 'Only a source of the kind n8n imports executions. Leave the importer out.')
    : null
}

function withImporter(
  deps: Deps,
  organizationId: string,
  sourceId: string,
  input: Input,
): Omit<SourceFields, 'sealed_secret' | 'secret_mac' | 'enabled'> {
  const { importer, name, kind, environment, agents, mapping } = input
  return {
    name,
    kind,
    environment,
    agents,
    mapping,
    importer: importer === null ? null : { baseUrl: importer.baseUrl, everyMinutes: importer.everyMinutes },
    sealed_api_key: importer === null ? null : sealApiKey(deps, organizationId, sourceId, importer.apiKey),
  }
}

/** Changes what an admin decides about a source; journals which fields, nothing when none is different. */
export async function changeSource(
  deps: Deps,
  caller: Caller,
  sourceId: string,
  patch: Patch,
): Promise<Result<WebhookSource>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const source = await sourceById(tx, sourceId)
    if (source === null) return noSuchSource
    const wrong = contradiction(source.kind, patch.importer != null)
    if (wrong !== null) return wrong
    const fields = patched(deps, organizationId, source, patch)
    const changed = (['name', 'environment', 'agents', 'mapping', 'importer', 'enabled'] as const).filter(
      (field) =>
        JSON.stringify(fields[field]) !== JSON.stringify(source[field]) ||
        (field === 'importer' && patch.importer != null),
    )
    if (changed.length === 0) return ok(shownSource(deps, source))
    if (!(await updateSource(tx, sourceId, fields, deps.clock.now()))) return nameTaken(fields.name)
    const subject = `webhook/${sourceId}`
    const payload = { sourceId, changed: [...changed] }
    await append(deps, tx, [{ type: 'webhooks.source.changed', subject, actor: actorOf(caller), payload }])
    return ok(shownSource(deps, { ...source, ...fields }))
  })
}

function patched(deps: Deps, organizationId: string, source: StoredSource, patch: Patch): SourceFields {
  const { importer, ...others } = patch
  const kept = {
    name: others.name ?? source.name,
    kind: source.kind,
    environment: others.environment ?? source.environment,
    agents: others.agents ?? source.agents,
    mapping: others.mapping === undefined ? source.mapping : others.mapping,
    enabled: others.enabled ?? source.enabled,
    sealed_secret: source.sealed_secret,
    secret_mac: source.secret_mac,
  }
  if (importer === undefined) return { ...kept, importer: source.importer, sealed_api_key: source.sealed_api_key }
  if (importer === null) return { ...kept, importer: null, sealed_api_key: null }
  return {
    ...kept,
    importer: { baseUrl: importer.baseUrl, everyMinutes: importer.everyMinutes },
    sealed_api_key: sealApiKey(deps, organizationId, source.source_id, importer.apiKey),
  }
}

/** Makes a new secret; the one before counts no longer. */
export async function replaceSecret(deps: Deps, caller: Caller, sourceId: string): Promise<Result<Created>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const source = await sourceById(tx, sourceId)
    if (source === null) return noSuchSource
    const { shown, kept } = newSecret(deps, organizationId, sourceId, source.kind)
    await updateSource(tx, sourceId, { ...source, ...kept }, deps.clock.now())
    const subject = `webhook/${sourceId}`
    await append(deps, tx, [
      { type: 'webhooks.secret.replaced', subject, actor: actorOf(caller), payload: { sourceId } },
    ])
    return ok({ source: shownSource(deps, source), secret: shown })
  })
}
