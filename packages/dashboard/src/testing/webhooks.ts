import type { WebhookDelivery, WebhookSource } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

export const coldForgeId = uuid(701)
export const graphId = uuid(702)

/** What the fixture server says about webhooks: one source with a mapping and trouble, one that needs none. */
export const webhookAnswers: readonly (readonly [
  method: string,
  pattern: RegExp,
  answer: (question: Question, state: ServerState, parts: readonly string[]) => Response,
])[] = [
  ['GET', /^\/webhook-sources$/, (_, { nowMs }) => json({ items: sources(nowMs) })],
  ['POST', /^\/webhook-sources$/, made],
  [
    'PATCH',
    /^\/webhook-sources\/([^/]+)$/,
    ({ body }, { nowMs }, [id]) =>
      json({ ...sources(nowMs).find(({ sourceId }) => sourceId === id), ...Object(body), importer: null }),
  ],
  [
    'POST',
    /^\/webhook-sources\/([^/]+)\/secret$/,
    (_, { nowMs }) => json({ source: sources(nowMs)[0], secret: 'whsec_bmV3IHNlY3JldA==' }, 201),
  ],
  ['GET', /^\/webhook-deliveries$/, listed],
  [
    'POST',
    /^\/webhook-deliveries\/([^/]+)\/replay$/,
    (_, { nowMs }) => json({ ...deliveries(nowMs)[0], state: 'stored', duplicate: false }),
  ],
  ['POST', /^\/webhooks\/try$/, tried],
]

function sources(nowMs: number): readonly WebhookSource[] {
  const common = {
    environment: 'production',
    agents: { names: {}, fallback: null },
    importer: null,
    enabled: true,
    createdAt: iso(nowMs - 9e8),
  }
  return [
    {
      ...common,
      sourceId: coldForgeId,
      name: 'ColdForge',
      kind: 'signed',
      address: `https://metaagent.northwind.example/api/v1/webhooks/${coldForgeId}`,
      mapping: { language: 'jsonata', expression: '{ "executions": [runs] }' },
      accepted: 1204,
      unmapped: 2,
      refused: 5,
      lastReceivedAt: iso(nowMs - 6e4),
      lastError: 'executions[0].startedAt: is not a time',
      lastErrorAt: iso(nowMs - 6e4),
    },
    {
      ...common,
      sourceId: graphId,
      name: 'Graphs',
      kind: 'langgraph',
      address: `https://metaagent.northwind.example/api/v1/webhooks/${graphId}`,
      mapping: null,
      accepted: 31,
      unmapped: 0,
      refused: 0,
      lastReceivedAt: iso(nowMs - 36e5),
      lastError: null,
      lastErrorAt: null,
    },
  ]
}

function made({ body }: Question, { nowMs }: ServerState): Response {
  const { name, kind } = Object(body)
  if (name === 'ColdForge') return refusal('already-exists', 'Another webhook source is called ColdForge.')
  return json(
    { source: { ...sources(nowMs)[1], name, kind, sourceId: graphId }, secret: 'c2VjcmV0IG9mIGEgc291cmNl' },
    201,
  )
}

function deliveries(nowMs: number): readonly WebhookDelivery[] {
  const common = { sourceId: coldForgeId, attempts: 1, actions: 0, outcomes: 0 }
  return [
    {
      ...common,
      deliveryId: uuid(711),
      messageId: 'message 2',
      state: 'unmapped',
      executions: 0,
      faults: [{ path: 'executions[0].startedAt', detail: 'is not a time' }],
      receivedAt: iso(nowMs - 6e4),
      keptUntil: iso(nowMs + 6e8),
    },
    {
      ...common,
      deliveryId: uuid(712),
      messageId: 'message 1',
      state: 'stored',
      executions: 3,
      faults: [],
      receivedAt: iso(nowMs - 12e4),
      keptUntil: null,
    },
  ]
}

function listed({ query }: Question, { nowMs }: ServerState): Response {
  const items = deliveries(nowMs).filter(
    ({ sourceId, state }) =>
      sourceId === query.get('sourceId') && (!query.has('state') || state === query.get('state')),
  )
  return json({ items, nextCursor: null })
}

function tried({ body }: Question): Response {
  const { sample } = Object(body)
  const fault = { path: 'executions[0].startedAt', detail: 'is not a time' }
  const broken = Object(sample).broken === true
  return json({
    executions: [{ agent: 'writer', environment: 'production' }],
    actions: [],
    outcomes: [],
    faults: broken ? [fault] : [],
  })
}
