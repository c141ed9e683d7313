import type { JsonValue, WebhookFault } from '@metaagent/contract'
import { addMs } from '../../../../kernel/instant.ts'
import type { Refusal } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { receiveOutcomes, storeTelemetry } from '../../telemetry/index.ts'
import type { MappedBatch } from '../model/mapped.ts'
import { deliveryById, type Ended, endDelivery, putOffDelivery, type StoredDelivery } from '../store/deliveries.ts'
import { countFault, type StoredSource, sourceById } from '../store/sources.ts'
import { importOneOfError } from './import-n8n.ts'
import { mapPayload } from './map-payload.ts'
import { openPayload } from './secrets.ts'

/** What cannot be stored now can later; what does not fit never will. */
const passing: ReadonlySet<string> = new Set(['queue-full', 'store-unavailable', 'shutting-down', 'internal-error'])

interface Work {
  readonly organizationId: string
  readonly source: StoredSource
  readonly stored: StoredDelivery
}

/**
 * Turns a delivery that was accepted into telemetry and outcomes, and records how that ended; may run any number of times,
 * since rows are known by ids made of the payload. The delivery stays `received` when storing fails for now.
 */
export async function processDelivery(deps: Deps, organizationId: string, deliveryId: string): Promise<void> {
  const scope = { organizationId }
  const work = await deps.store.transaction(scope, async (tx): Promise<Work | null> => {
    const stored = await deliveryById(tx, deliveryId)
    const source = stored === null ? null : await sourceById(tx, stored.delivery.sourceId)
    return stored === null || source === null ? null : { organizationId, source, stored }
  })
  if (work === null || work.stored.sealedPayload === null) return
  const ended = await attempt(deps, work, work.stored.sealedPayload)
  await deps.store.transaction(scope, (tx) =>
    'refusal' in ended ? putOff(deps, tx, work, ended.refusal) : conclude(deps, tx, work, ended),
  )
}

async function attempt(deps: Deps, work: Work, sealed: Uint8Array): Promise<Ended | { readonly refusal: Refusal }> {
  const { organizationId, source, stored } = work
  const { deliveryId } = stored.delivery
  const text = Buffer.from(openPayload(deps, organizationId, deliveryId, sealed)).toString('utf8')
  const payload: JsonValue = JSON.parse(text)
  if (source.kind === 'n8n' && source.mapping === null) {
    const imported = await importOneOfError(deps, organizationId, source, payload)
    if (imported !== null) return { state: 'stored', ...imported, outcomes: 0, faults: [] }
  }
  const batch = await mapPayload(deps, {
    kind: source.kind,
    mapping: source.mapping,
    context: source,
    idScope: [source.source_id, stored.delivery.messageId],
    receivedAt: stored.receivedAt,
    payload,
  })
  return await storeBatch(deps, work, batch)
}

async function storeBatch(
  deps: Deps,
  { organizationId, source }: Work,
  batch: MappedBatch,
): Promise<Ended | { readonly refusal: Refusal }> {
  const faults: WebhookFault[] = [...batch.faults]
  let executions = 0
  let actions = 0
  let outcomes = 0
  if (batch.executions.length + batch.actions.length > 0) {
    const stored = await storeTelemetry(deps, organizationId, batch)
    if (stored.ok) {
      executions = stored.value.accepted.executions + stored.value.duplicates.executions
      actions = stored.value.accepted.actions + stored.value.duplicates.actions
      faults.push(
        ...stored.value.rejected.map(({ list, index, path, detail }) => ({
          path: `${list}[${index}].${path}`,
          detail,
        })),
      )
    } else if (passing.has(stored.refusal.code)) return stored
    else faults.push({ path: '', detail: stored.refusal.detail })
  }
  if (batch.outcomes.length > 0) {
    const bringer = {
      organizationId,
      actor: { kind: 'source', id: source.source_id },
      source: `webhook:${source.source_id}`,
    } as const
    const received = await receiveOutcomes(deps, bringer, batch.outcomes)
    if (received.ok) outcomes = batch.outcomes.length
    else if (passing.has(received.refusal.code)) return received
    else faults.push({ path: 'outcomes', detail: received.refusal.detail })
  }
  const kept = executions + actions + outcomes
  return {
    state: faults.length === 0 ? 'stored' : kept > 0 ? 'partial' : 'unmapped',
    executions,
    actions,
    outcomes,
    faults,
  }
}

async function putOff(deps: Deps, tx: Tx, { stored }: Work, { code, detail }: Refusal): Promise<void> {
  const { deliveryId, attempts } = stored.delivery
  const waitMs = Math.min(600_000, 1_000 * 2 ** Math.min(attempts, 10))
  await putOffDelivery(tx, deliveryId, { path: code, detail }, addMs(deps.clock.now(), waitMs))
}

async function conclude(deps: Deps, tx: Tx, { source, stored }: Work, ended: Ended): Promise<void> {
  const { deliveryId } = stored.delivery
  await endDelivery(tx, deliveryId, ended)
  const of = { subject: `webhook/${source.source_id}`, actor: { kind: 'source', id: source.source_id } } as const
  const [first] = ended.faults
  if (first !== undefined) {
    const fault = first.path === '' ? first.detail : `${first.path}: ${first.detail}`
    await countFault(tx, source.source_id, 'unmapped', fault, deps.clock.now())
  }
  const sourceId = source.source_id
  await append(deps, tx, [
    ended.state === 'unmapped'
      ? {
          type: 'webhooks.delivery.unmapped',
          ...of,
          payload: { sourceId, deliveryId, fault: first === undefined ? '' : first.path },
        }
      : {
          type: 'webhooks.delivery.stored',
          ...of,
          payload: {
            sourceId,
            deliveryId,
            executions: ended.executions,
            actions: ended.actions,
            outcomes: ended.outcomes,
            faults: ended.faults.length,
          },
        },
  ])
}
