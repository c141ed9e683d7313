import type { WebhookDelivery, WebhookDeliveryState, WebhookFault } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

interface DeliveryRow {
  readonly delivery_id: string
  readonly source_id: string
  readonly message_id: string
  readonly proof_digest: Uint8Array
  readonly body_digest: Uint8Array
  readonly state: WebhookDeliveryState
  readonly sealed_payload: Uint8Array | null
  readonly executions: number
  readonly actions: number
  readonly outcomes: number
  readonly faults: WebhookFault[]
  readonly attempts: number
  readonly received_at: Date
  readonly kept_until: Date
}

/** A delivery with what is needed to work on it. */
export interface StoredDelivery {
  readonly delivery: WebhookDelivery
  readonly sealedPayload: Uint8Array | null
  readonly proofDigest: Uint8Array
  readonly bodyDigest: Uint8Array
  readonly receivedAt: Instant
}

const columns = sql.raw(`d.delivery_id, d.source_id, d.message_id, d.proof_digest, d.body_digest, d.state,
  d.sealed_payload, d.executions, d.actions, d.outcomes, d.faults, d.attempts, d.received_at, d.kept_until`)

export interface NewDelivery {
  readonly deliveryId: string
  readonly sourceId: string
  readonly messageId: string
  readonly proofDigest: Uint8Array
  readonly bodyDigest: Uint8Array
  readonly sealedPayload: Uint8Array
  readonly receivedAt: Instant
  readonly keptUntil: Instant
}

/** Keeps a message that was let in; false when its id is known. A rival with the same id waits here. */
export async function insertDelivery(tx: Tx, delivery: NewDelivery): Promise<boolean> {
  const { rows } = await sql`
    insert into webhook_deliveries (organization_id, delivery_id, source_id, message_id, proof_digest, body_digest,
      state, sealed_payload, received_at, next_try_at, kept_until)
    values (${tx.organizationId}, ${delivery.deliveryId}, ${delivery.sourceId}, ${delivery.messageId},
      ${delivery.proofDigest}, ${delivery.bodyDigest}, 'received', ${delivery.sealedPayload},
      ${new Date(delivery.receivedAt)}, ${new Date(delivery.receivedAt)}, ${new Date(delivery.keptUntil)})
    on conflict (organization_id, source_id, message_id) do nothing returning delivery_id`.execute(tx.tables())
  return rows.length > 0
}

export async function deliveryOfMessage(tx: Tx, sourceId: string, messageId: string): Promise<StoredDelivery | null> {
  const { rows } = await sql<DeliveryRow>`
    select ${columns} from webhook_deliveries d
    where d.organization_id = ${tx.organizationId} and d.source_id = ${sourceId} and d.message_id = ${messageId}`.execute(
    tx.tables(),
  )
  return rows[0] === undefined ? null : storedDelivery(rows[0])
}

export async function deliveryById(tx: Tx, deliveryId: string): Promise<StoredDelivery | null> {
  const { rows } = await sql<DeliveryRow>`
    select ${columns} from webhook_deliveries d
    where d.organization_id = ${tx.organizationId} and d.delivery_id = ${deliveryId}`.execute(tx.tables())
  return rows[0] === undefined ? null : storedDelivery(rows[0])
}

/** What became of an attempt to store a delivery. */
export interface Ended {
  readonly state: 'stored' | 'partial' | 'unmapped'
  readonly executions: number
  readonly actions: number
  readonly outcomes: number
  readonly faults: readonly WebhookFault[]
}

/** Records how an attempt ended; the payload goes once everything of it is stored. */
export async function endDelivery(tx: Tx, deliveryId: string, ended: Ended): Promise<void> {
  await sql`update webhook_deliveries set state = ${ended.state}, executions = ${ended.executions},
      actions = ${ended.actions}, outcomes = ${ended.outcomes}, faults = ${JSON.stringify(ended.faults)}::jsonb,
      attempts = attempts + 1, sealed_payload = case when ${ended.state} = 'stored' then null else sealed_payload end
    where organization_id = ${tx.organizationId} and delivery_id = ${deliveryId}`.execute(tx.tables())
}

/** Puts off a delivery that could not be stored now. */
export async function putOffDelivery(
  tx: Tx,
  deliveryId: string,
  fault: WebhookFault,
  nextTryAt: Instant,
): Promise<void> {
  await sql`update webhook_deliveries set attempts = attempts + 1, faults = ${JSON.stringify([fault])}::jsonb,
      next_try_at = ${new Date(nextTryAt)}
    where organization_id = ${tx.organizationId} and delivery_id = ${deliveryId} and state = 'received'`.execute(
    tx.tables(),
  )
}

/** Deliveries that wait to be stored, with their organizations, longest due first. Deployment scope. */
export async function dueDeliveries(
  tx: Tx,
  now: Instant,
): Promise<readonly { readonly organizationId: string; readonly deliveryId: string }[]> {
  const { rows } = await sql<{ organization_id: string; delivery_id: string }>`
    select organization_id, delivery_id from webhook_deliveries
    where state = 'received' and next_try_at <= ${new Date(now)} order by next_try_at limit 200`.execute(tx.tables())
  return rows.map((row) => ({ organizationId: row.organization_id, deliveryId: row.delivery_id }))
}

/** Organizations that hold payloads past their time. Deployment scope. */
export async function organizationsToExpire(tx: Tx, now: Instant): Promise<readonly string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    select distinct organization_id from webhook_deliveries
    where state <> 'received' and sealed_payload is not null and kept_until <= ${new Date(now)}
    order by organization_id`.execute(tx.tables())
  return rows.map((row) => row.organization_id)
}

/** Throws away payloads past their time; answers how many. What is still to be stored is kept however old it is. */
export async function expireDeliveries(tx: Tx, now: Instant): Promise<number> {
  const { rows } = await sql`
    update webhook_deliveries set state = 'expired', sealed_payload = null
    where organization_id = ${tx.organizationId} and sealed_payload is not null and state <> 'received'
      and kept_until <= ${new Date(now)}
    returning delivery_id`.execute(tx.tables())
  return rows.length
}

/** Payloads that are kept, in the order of their ids, from behind one on. */
export async function sealedPayloads(
  tx: Tx,
  after: string | null,
  limit: number,
): Promise<readonly { readonly deliveryId: string; readonly sealed: Uint8Array }[]> {
  const { rows } = await sql<{ delivery_id: string; sealed_payload: Uint8Array }>`
    select delivery_id, sealed_payload from webhook_deliveries
    where organization_id = ${tx.organizationId} and sealed_payload is not null
      ${after === null ? sql`` : sql`and delivery_id > ${after}::uuid`}
    order by delivery_id limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({ deliveryId: row.delivery_id, sealed: row.sealed_payload }))
}

/** Throws payloads away whatever became of them. */
export async function dropPayloads(tx: Tx, deliveryIds: readonly string[]): Promise<void> {
  await sql`update webhook_deliveries set sealed_payload = null, faults = '[]'::jsonb,
      state = case when state in ('received', 'unmapped', 'partial') then 'expired' else state end
    where organization_id = ${tx.organizationId} and delivery_id = any(${[...deliveryIds]}::uuid[])`.execute(
    tx.tables(),
  )
}

/** The newest first, from behind `before` on. */
export async function selectDeliveries(
  tx: Tx,
  filter: { readonly sourceId: string | null; readonly state: WebhookDeliveryState | null },
  before: string | null,
  limit: number,
): Promise<readonly WebhookDelivery[]> {
  const { rows } = await sql<DeliveryRow>`
    select ${columns} from webhook_deliveries d
    where d.organization_id = ${tx.organizationId}
      ${filter.sourceId === null ? sql`` : sql`and d.source_id = ${filter.sourceId}`}
      ${filter.state === null ? sql`` : sql`and d.state = ${filter.state}`}
      ${before === null ? sql`` : sql`and d.delivery_id < ${before}`}
    order by d.delivery_id desc limit ${limit}`.execute(tx.tables())
  return rows.map((row) => storedDelivery(row).delivery)
}

function storedDelivery(row: DeliveryRow): StoredDelivery {
  return {
    delivery: {
      deliveryId: row.delivery_id,
      sourceId: row.source_id,
      messageId: row.message_id,
      state: row.state,
      executions: row.executions,
      actions: row.actions,
      outcomes: row.outcomes,
      faults: row.faults,
      attempts: row.attempts,
      receivedAt: row.received_at.toISOString(),
      keptUntil: row.sealed_payload === null ? null : row.kept_until.toISOString(),
    },
    sealedPayload: row.sealed_payload,
    proofDigest: row.proof_digest,
    bodyDigest: row.body_digest,
    receivedAt: instantFromEpochMs(row.received_at.getTime()),
  }
}
