import { createHmac } from 'node:crypto'
import type {
  Execution,
  Judgment,
  WebhookDelivery,
  WebhookReceipt,
  WebhookSource,
  WebhookSourceInput,
  WebhookTrialResult,
} from '@metaagent/contract'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

interface Page<Item> {
  readonly items: readonly Item[]
}
interface Made {
  readonly source: WebhookSource
  readonly secret: string
}

/** Turns a mail log of a made-up sender into an execution, or into an outcome. */
const expression = `{
  "executions": kind = "sent" ? {
    "executionId": $traceId("mail", id), "agent": "writer", "startedAt": at, "endedAt": at, "status": "success",
    "attributes": { "message_id": id }
  },
  "outcomes": kind = "bounced" ? {
    "subject": { "executionId": $traceId("mail", id) }, "metric": "delivery", "result": "failure", "judge": "gateway",
    "observedAt": at, "idempotencyKey": "bounce " & id
  }
}`

describeOnStores('webhooks', (kind) => {
  let server: TestServer
  let sources = 0
  let messages = 0
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const make = async (input: Partial<z.input<typeof WebhookSourceInput>> = {}): Promise<Made> => {
    const body = { name: `source ${++sources}`, kind: 'signed', mapping: { language: 'jsonata', expression }, ...input }
    const reply = await server.request<Made>('POST', '/api/v1/webhook-sources', { body })
    expect(reply.status, JSON.stringify(reply.body)).toBe(201)
    return reply.body
  }
  const nowIso = () => new Date(server.clock.now()).toISOString()
  const mail = (id: string, change: object = {}) => JSON.stringify({ kind: 'sent', id, at: nowIso(), ...change })
  /** Signs as a sender does that uses the Standard Webhooks library. */
  const signed = ({ secret }: Made, body: string, id = `message ${++messages}`, at = new Date(server.clock.now())) => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  })
  const post = async <Body = WebhookReceipt>(path: string, body: string, headers: Record<string, string> = {}) =>
    await server.request<Body>('POST', `/api/v1/webhooks/${path}`, { key: null, body, headers })
  const deliver = async (made: Made, body: string, headers = signed(made, body)) =>
    await post(made.source.sourceId, body, headers)
  const sourceNow = async (sourceId: string) =>
    (await server.request<Page<WebhookSource>>('GET', '/api/v1/webhook-sources')).body.items.find(
      (source) => source.sourceId === sourceId,
    )
  const executionsOf = async (agent: string) =>
    (await server.request<Page<Execution>>('GET', '/api/v1/executions?limit=200')).body.items.filter(
      (execution) => execution.agent === agent,
    )
  const deliveries = async (sourceId: string, state?: string) =>
    (
      await server.request<Page<WebhookDelivery>>(
        'GET',
        `/api/v1/webhook-deliveries?sourceId=${sourceId}${state === undefined ? '' : `&state=${state}`}`,
      )
    ).body.items

  test('W3: a signed message becomes telemetry, and a later one an outcome of it', async () => {
    const made = await make({ agents: { names: { writer: 'mail writer' }, fallback: null }, environment: 'staging' })
    await server.newEvents()
    const sent = await deliver(made, mail('m1'))
    expect(sent).toMatchObject({ status: 202, body: { state: 'stored', executions: 1, outcomes: 0, faults: [] } })
    const [execution] = await executionsOf('mail writer')
    expect(execution).toMatchObject({ environment: 'staging', status: 'success', outcome: null })
    const bounced = await deliver(made, mail('m1', { kind: 'bounced' }))
    expect(bounced.body).toMatchObject({ state: 'stored', executions: 0, outcomes: 1 })
    expect((await executionsOf('mail writer'))[0]).toMatchObject({ status: 'success', outcome: 'failure' })
    const judged = `/api/v1/judgments?executionId=${execution?.executionId}`
    const { items } = (await server.request<Page<Judgment>>('GET', judged)).body
    expect(items).toMatchObject([{ verdict: 'qa_failure', source: `webhook:${made.source.sourceId}` }])
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types.filter((type) => type === 'webhooks.delivery.stored')).toHaveLength(2)
    expect(await sourceNow(made.source.sourceId)).toMatchObject({ accepted: 2, unmapped: 0, refused: 0 })
  })

  test('W1: a plain x-signature in hex or base64, keyed by the secret as shown, is taken', async () => {
    const made = await make()
    const body = mail('plain')
    const timestamp = String(Math.floor(server.clock.now() / 1000))
    const hmac = (encoding: 'hex' | 'base64', text: string) =>
      createHmac('sha256', made.secret).update(`${timestamp}.${text}`).digest(encoding)
    const hex = await post(made.source.sourceId, body, {
      'x-timestamp': timestamp,
      'x-signature': `sha256=${hmac('hex', body)}`,
    })
    expect(hex).toMatchObject({ status: 202, body: { state: 'stored' } })
    const other = mail('plain 2')
    const base64 = { 'x-timestamp': timestamp, 'x-signature': hmac('base64', other) }
    expect((await post(made.source.sourceId, other, base64)).status).toBe(202)
    expect(await post(made.source.sourceId, other, base64)).toMatchObject({
      status: 409,
      body: { code: 'message-replayed' },
    })
  })

  test('W1: what is not signed, signed wrongly or too old is refused, journaled and leaves nothing', async () => {
    const made = await make()
    const other = await make()
    const body = mail('refused')
    const at = (ms: number) => signed(made, body, 'stale', new Date(server.clock.now() + ms))
    await server.newEvents()
    const refusals = [
      await deliver(made, body, {} as never),
      await deliver(made, body, signed(other, body)),
      await deliver(made, `${body} `, signed(made, body)),
      await deliver(made, body, at(-301_000)),
      await deliver(made, body, at(301_000)),
      await deliver(made, 'no json', signed(made, 'no json')),
    ]
    const codes = refusals.map(({ status, body: refused }) => `${status} ${(refused as { code?: string }).code}`)
    expect(codes).toEqual([
      '401 signature-refused',
      '401 signature-refused',
      '401 signature-refused',
      '401 timestamp-stale',
      '401 timestamp-stale',
      '400 bad-request',
    ])
    const events = await server.newEvents()
    expect(events.map(({ type }) => type)).toEqual(codes.map(() => 'webhooks.delivery.refused'))
    expect(events.map(({ payload }) => (payload as { code: string }).code)).toEqual(
      codes.map((code) => code.split(' ')[1]),
    )
    expect(await deliveries(made.source.sourceId)).toEqual([])
    expect(await sourceNow(made.source.sourceId)).toMatchObject({ refused: 6, lastError: expect.any(String) })
    const unknown = await post('01900000-0000-7000-8000-000000000000', body)
    expect(unknown).toMatchObject({ status: 404, body: { code: 'source-unknown' } })
  })

  test('W1: a source that is switched off refuses, and a replaced secret counts no longer', async () => {
    const made = await make()
    const change = async (body: object) =>
      await server.request('PATCH', `/api/v1/webhook-sources/${made.source.sourceId}`, { body })
    await server.newEvents()
    expect((await change({ enabled: false })).body).toMatchObject({ enabled: false })
    expect((await deliver(made, mail('off'))).body).toMatchObject({ code: 'source-unknown' })
    await change({ enabled: true })
    const path = `/api/v1/webhook-sources/${made.source.sourceId}/secret`
    const { secret } = (await server.request<Made>('POST', path)).body
    expect((await deliver(made, mail('old'))).body).toMatchObject({ code: 'signature-refused' })
    expect((await deliver({ ...made, secret }, mail('new'))).status).toBe(202)
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['webhooks.source.changed', 'webhooks.secret.replaced']))
  })

  test('W2: a message signed anew counts once; a copy, or other content under its id, is refused', async () => {
    const made = await make()
    const body = mail('twice')
    const headers = signed(made, body, 'the id')
    const first = await deliver(made, body, headers)
    expect(first.body).toMatchObject({ state: 'stored', duplicate: false })
    expect(await deliver(made, body, headers)).toMatchObject({ status: 409, body: { code: 'message-replayed' } })
    server.clock.advance(60_000)
    const retry = await deliver(made, body, signed(made, body, 'the id'))
    expect(retry.body).toMatchObject({ duplicate: true, deliveryId: first.body.deliveryId })
    const other = mail('other')
    expect((await deliver(made, other, signed(made, other, 'the id'))).status).toBe(409)
    expect(await deliveries(made.source.sourceId)).toHaveLength(1)
  })

  test('W3: what cannot be mapped is kept seven days and replayed with a mended mapping', async () => {
    const made = await make({ mapping: { language: 'jsonata', expression: '{"executions": nowhere}' } })
    await server.newEvents()
    const kept = await deliver(made, mail('mended'))
    expect(kept).toMatchObject({ status: 202, body: { state: 'unmapped', faults: [{ path: '' }] } })
    const late = await deliver(made, mail('late'))
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types).toEqual(['webhooks.delivery.unmapped', 'webhooks.delivery.unmapped'])
    const replay = async ({ deliveryId }: WebhookReceipt) =>
      await server.request<WebhookReceipt>('POST', `/api/v1/webhook-deliveries/${deliveryId}/replay`)
    expect((await replay(kept.body)).body).toMatchObject({ state: 'unmapped' })
    await server.request('PATCH', `/api/v1/webhook-sources/${made.source.sourceId}`, {
      body: { mapping: { language: 'jsonata', expression } },
    })
    expect((await replay(kept.body)).body).toMatchObject({ state: 'stored', executions: 1 })
    expect(await replay(kept.body)).toMatchObject({ status: 409, body: { code: 'conflict' } })
    server.clock.advance(7 * 86_400_000 + 1)
    await server.settle()
    expect(await deliveries(made.source.sourceId, 'expired')).toMatchObject([
      { deliveryId: late.body.deliveryId, keptUntil: null },
    ])
    expect((await server.newEvents()).map(({ type }) => type)).toContain('webhooks.delivery.expired')
    server.clock.advance(24 * 86_400_000)
    await server.settle()
    expect(await deliveries(made.source.sourceId)).toEqual([])
  })

  test('W3: rows that do not fit are told, the others are stored, and the payload is kept', async () => {
    const template = {
      executions: {
        each: '/runs',
        as: {
          executionId: { traceId: ['/id'] },
          agent: 'partial',
          startedAt: '/at',
          status: { choose: '/ok', of: { true: 'success' }, otherwise: 'failure' },
        },
      },
    }
    const made = await make({ mapping: { language: 'pointers', template } })
    const runs = [
      { id: 'a', at: nowIso(), ok: true },
      { id: 'b', at: 'yesterday', ok: false },
    ]
    const reply = await deliver(made, JSON.stringify({ runs }))
    expect(reply.body).toMatchObject({
      state: 'partial',
      executions: 1,
      faults: [{ path: 'executions[1].startedAt', detail: expect.any(String) }],
    })
    expect((await deliveries(made.source.sourceId))[0]?.keptUntil).not.toBeNull()
    expect(await executionsOf('partial')).toMatchObject([{ status: 'success' }])
  })

  test('W3: what was let in and not stored is stored by the next job, after a crash too', async () => {
    const made = await make()
    const { deps } = server
    const reply = await deliver(made, mail('crashed'))
    const { organizationId } = server
    await deps.store.transaction({ organizationId }, async (tx) => {
      const rows = tx.tables<{
        webhook_deliveries: { delivery_id: string; state: string; sealed_payload: Uint8Array }
      }>()
      const sealed = deps.secrets.seal(
        Buffer.from(mail('crashed')),
        `webhooks/payload/${organizationId}/${reply.body.deliveryId}`,
      )
      await rows
        .updateTable('webhook_deliveries')
        .set({ state: 'received', sealed_payload: sealed })
        .where('delivery_id', '=', reply.body.deliveryId)
        .execute()
    })
    server.clock.advance(10_000)
    await server.settle()
    expect(await deliveries(made.source.sourceId)).toMatchObject([{ state: 'stored', attempts: 2 }])
  })

  test('W4: trying a mapping tells what would be stored and what is wrong, and stores nothing', async () => {
    const attempt = async (mapping: object, sample: unknown) =>
      (await server.request<WebhookTrialResult>('POST', '/api/v1/webhooks/try', { body: { mapping, sample } })).body
    const sample = { kind: 'sent', id: 'tried', at: nowIso() }
    await server.newEvents()
    const good = await attempt({ language: 'jsonata', expression }, sample)
    expect(good).toMatchObject({ executions: [{ agent: 'writer', environment: 'production' }], faults: [] })
    const bad = await attempt({ language: 'jsonata', expression }, { ...sample, at: 'never' })
    expect(bad.faults).toMatchObject([{ path: 'executions[0].startedAt' }])
    const syntax = await attempt({ language: 'jsonata', expression: '{"executions": ' }, sample)
    expect(syntax.faults).toMatchObject([{ path: 'mapping', detail: expect.stringContaining('at character') }])
    const endless = await attempt({ language: 'jsonata', expression: '($f := function() { $f() }; $f())' }, sample)
    expect(endless.faults).toMatchObject([{ path: 'mapping' }])
    const outcome = await attempt({ language: 'pointers', template: { outcomes: { judge: 'x' } } }, sample)
    expect(outcome.faults).toMatchObject([{ path: 'outcomes[0].subject' }])
    expect(await server.newEvents()).toEqual([])
  })

  test('W5: a secret is shown once, and neither it nor a payload lies in the database in clear', async () => {
    const made = await make({ name: 'shown once', mapping: null })
    const open = await make({ name: 'compared', kind: 'langgraph', mapping: null })
    await deliver(made, JSON.stringify({ word: 'a payload word' }))
    const listed = await server.request('GET', '/api/v1/webhook-sources')
    const rows = await server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      const tables = tx.tables<{ webhook_sources: object; webhook_deliveries: object }>()
      const found = [
        await tables.selectFrom('webhook_sources').selectAll().execute(),
        await tables.selectFrom('webhook_deliveries').selectAll().execute(),
      ]
      return JSON.stringify(found, (_, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      )
    })
    for (const text of [JSON.stringify(listed.body), rows]) {
      for (const { secret } of [made, open]) expect(text).not.toContain(secret.replace('whsec_', ''))
      expect(text).not.toContain('a payload word')
    }
  })

  test('W9: a source of another organization is reached by nobody from here', async () => {
    const viewer = await server.keyFor('viewer')
    const developer = await server.keyFor('developer')
    for (const key of [viewer, developer]) {
      expect((await server.request('GET', '/api/v1/webhook-sources', { key })).status).toBe(200)
      const body = { name: 'not theirs', kind: 'n8n' }
      expect((await server.request('POST', '/api/v1/webhook-sources', { key, body })).status).toBe(403)
    }
  })
})
