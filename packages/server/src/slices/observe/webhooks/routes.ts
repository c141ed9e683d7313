import {
  Uuid,
  WebhookDeliveryPage,
  WebhookDeliveryQuery,
  WebhookImportReceipt,
  WebhookReceipt,
  WebhookSource,
  WebhookSourceCreated,
  WebhookSourceInput,
  WebhookSourceList,
  WebhookSourcePatch,
  WebhookTrial,
  WebhookTrialResult,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, rawRoute, route } from '../../../ports/slice.ts'
import { readDeliveries, replayDelivery, tryMapping } from './actions/deliveries.ts'
import { importNow } from './actions/import-n8n.ts'
import { receiveDelivery } from './actions/receive.ts'
import { changeSource, createSource, readSources, replaceSecret } from './actions/sources.ts'

const tag = 'webhooks'
const SourcePath = z.object({ sourceId: Uuid })

/** Enough for a thread's whole state or a mail with its log; larger payloads belong to the telemetry API. */
const limitBytes = 4 * 1_048_576

const doors: readonly Route[] = [
  rawRoute({
    path: '/api/v1/webhooks/:sourceId',
    // The message carries its own proof, which only the source's row can check.
    access: null,
    tag,
    operationId: 'receiveWebhook',
    summary: 'Deliver a webhook',
    description:
      'JSON of any content type. Sources of the kind `signed` sign: Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`) or `x-timestamp` and `x-signature` (HMAC-SHA256 of `<timestamp>.<body>`, hex or base64); the time may differ by 5 minutes. Others send their secret as `X-Webhook-Secret` or bearer token. What was accepted is stored or kept; sending it again changes nothing.',
    params: SourcePath,
    limitBytes,
    reply: WebhookReceipt,
    status: 202,
    handle: (deps, { params, headers, body }) =>
      receiveDelivery(deps, params.sourceId, { headers, pathSecret: null, body: body ?? new Uint8Array() }),
  }),
  rawRoute({
    path: '/api/v1/webhooks/:sourceId/:secret',
    access: null,
    tag,
    operationId: 'receiveWebhookAtSecretPath',
    summary: 'Deliver a webhook, with the secret in the path',
    description: 'For senders that can set neither a header nor a signature, as a LangGraph Server.',
    params: SourcePath.extend({ secret: z.string().min(1).max(200) }),
    limitBytes,
    reply: WebhookReceipt,
    status: 202,
    handle: (deps, { params, headers, body }) =>
      receiveDelivery(deps, params.sourceId, { headers, pathSecret: params.secret, body: body ?? new Uint8Array() }),
  }),
]

const sources: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/webhook-sources',
    access: 'webhooks:read',
    tag,
    operationId: 'listWebhookSources',
    summary: 'Senders that are let in',
    reply: WebhookSourceList,
    handle: (deps, { caller }) => readSources(deps, caller),
  }),
  route({
    method: 'POST',
    path: '/api/v1/webhook-sources',
    access: 'webhooks:write',
    tag,
    operationId: 'createWebhookSource',
    summary: 'Let a sender in; its secret is shown once',
    body: WebhookSourceInput,
    reply: WebhookSourceCreated,
    status: 201,
    handle: (deps, { caller, body }) => createSource(deps, caller, body),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/webhook-sources/:sourceId',
    access: 'webhooks:write',
    tag,
    operationId: 'changeWebhookSource',
    summary: 'Change a sender’s name, agents, mapping or importer, or switch it off',
    params: SourcePath,
    body: WebhookSourcePatch,
    reply: WebhookSource,
    handle: (deps, { caller, params, body }) => changeSource(deps, caller, params.sourceId, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/webhook-sources/:sourceId/secret',
    access: 'webhooks:write',
    tag,
    operationId: 'replaceWebhookSecret',
    summary: 'Make a new secret; the one before counts no longer',
    params: SourcePath,
    reply: WebhookSourceCreated,
    status: 201,
    handle: (deps, { caller, params }) => replaceSecret(deps, caller, params.sourceId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/webhook-sources/:sourceId/import',
    access: 'webhooks:write',
    tag,
    operationId: 'importFromN8n',
    summary: 'Import the executions of n8n now',
    params: SourcePath,
    reply: WebhookImportReceipt,
    handle: (deps, { caller, params }) => importNow(deps, caller, params.sourceId),
  }),
]

const deliveries: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/webhooks/try',
    access: 'webhooks:read',
    tag,
    operationId: 'tryWebhookMapping',
    summary: 'What a mapping makes of a sample; nothing is stored',
    body: WebhookTrial,
    reply: WebhookTrialResult,
    handle: (deps, { body }) => tryMapping(deps, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/webhook-deliveries',
    access: 'webhooks:read',
    tag,
    operationId: 'listWebhookDeliveries',
    summary: 'What was delivered, newest first, and what could not be mapped',
    query: WebhookDeliveryQuery,
    reply: WebhookDeliveryPage,
    handle: (deps, { caller, query }) => readDeliveries(deps, caller, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/webhook-deliveries/:deliveryId/replay',
    access: 'webhooks:write',
    tag,
    operationId: 'replayWebhookDelivery',
    summary: 'Map a kept payload again, with the mapping as it is now',
    params: z.object({ deliveryId: Uuid }),
    reply: WebhookReceipt,
    handle: (deps, { caller, params }) => replayDelivery(deps, caller, params.deliveryId),
  }),
]

export const routes: readonly Route[] = [...doors, ...sources, ...deliveries]
