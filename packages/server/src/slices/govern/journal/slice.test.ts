import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { JournalEvent } from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalJson } from '../../../kernel/canonical-json.ts'
import type { Caller, Subscription } from '../../../ports/slice.ts'
import { describeOnStores, openTestStore } from '../../../testkit/database.ts'
import { callerOf, type SliceServer, startSliceServer } from '../../../testkit/slice-server.ts'
import { createTestDeps, type TestDeps } from '../../../testkit/test-deps.ts'
import type { TestStore } from '../../../testkit/test-stores.ts'
import { actorOf, append, appendDecision, createJournalWorker, journalSlice, type NewEvent } from './index.ts'

const actor = { kind: 'system', id: 'test' } as const
const because = { rule: 'enough-runs', observed: 3, limit: 20, text: 'there are 3 runs of the 20 that it takes' }

function environment(name: string, subject = `environment/${name}`): NewEvent {
  return { type: 'registry.environment.registered', subject, actor, payload: { name } }
}

interface Page {
  readonly items: readonly JournalEvent[]
  readonly nextCursor: string | null
}
interface Problem {
  readonly code: string
  readonly eventId?: string
}

describeOnStores('the journal', (kind) => {
  let opened: TestStore
  let server: SliceServer
  let deps: TestDeps
  beforeAll(async () => {
    opened = await openTestStore(kind)
    deps = createTestDeps(opened.store)
    server = await startSliceServer(deps, [journalSlice])
  })
  afterAll(async () => {
    await server.close()
    await opened.close()
  })

  const newAdmin = (): Caller => callerOf(randomUUID(), 'admin')
  const appendAs = async (caller: Caller, events: readonly NewEvent[]) =>
    await deps.store.transaction({ organizationId: caller.organizationId }, (tx) => append(deps, tx, events))
  const eventsOf = async (caller: Caller, query = '') =>
    (await server.request<Page>(caller, 'GET', `/api/v1/journal/events${query}`)).body.items
  const typesOf = async (caller: Caller) => (await eventsOf(caller)).map((event) => event.type).reverse()
  const post = async (caller: Caller, event: object) =>
    await server.request<Problem & { eventId: string }>(caller, 'POST', '/api/v1/journal/events', event)

  describe('appending', () => {
    test('J2: an event is there exactly if its transaction commits', async () => {
      const admin = newAdmin()
      const { organizationId } = admin
      const work = deps.store.transaction({ organizationId }, async (tx) => {
        await append(deps, tx, [environment('gone')])
        throw new Error('rolled back')
      })
      await expect(work).rejects.toThrow('rolled back')
      expect(await eventsOf(admin)).toEqual([])
      const [appended] = await appendAs(admin, [environment('kept')])
      expect(await eventsOf(admin)).toEqual([appended])
    })

    test('what is appended comes back as it was, whole batches at once', async () => {
      const admin = newAdmin()
      const events = Array.from({ length: 40 }, (_, at) => environment(`e${at}`))
      const appended = await appendAs(admin, events)
      expect(appended).toHaveLength(40)
      expect(await eventsOf(admin, '?limit=200')).toEqual(appended.toReversed())
      expect(appended[0]).toMatchObject({ causationId: null, correlationId: appended[0]?.eventId })
    })

    test('a payload that does not fit the catalogue ends the transaction', async () => {
      const admin = newAdmin()
      // The type system refuses it too; this is for what comes through a cast.
      const wrong = { ...environment('x'), payload: { name: 3 } } as unknown as NewEvent
      await expect(appendAs(admin, [wrong])).rejects.toThrow()
      expect(await eventsOf(admin)).toEqual([])
    })

    test('a decision appears again as decision.*, caused by it and with its because', async () => {
      const admin = newAdmin()
      const { organizationId } = admin
      const [decision, mirror] = await deps.store.transaction({ organizationId }, (tx) =>
        appendDecision(
          deps,
          tx,
          {
            type: 'approvals.request.decided',
            subject: 'approval/1',
            actor: actorOf(admin),
            correlationId: 'story',
            payload: { approvalId: randomUUID(), verdict: 'approved', actionDigest: 'd', because },
          },
          { verdict: 'approved', because },
        ),
      )
      expect(mirror).toMatchObject({
        type: 'decision.approvals.request',
        subject: 'approval/1',
        correlationId: 'story',
        causationId: decision?.eventId,
        payload: { verdict: 'approved', because, subject: 'approval/1' },
      })
      expect(await eventsOf(admin, '?type=decision.*')).toEqual([mirror])
    })

    test('an external token is told apart without its subject, which may be an address', () => {
      const token = { kind: 'token', subject: 'ada@example.com', issuer: 'https://login.example.com' } as const
      const id = actorOf({ actor: token }).id
      expect(id).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(actorOf({ actor: { ...token, issuer: 'https://other.example.com' } }).id).not.toBe(id)
    })

    test('J11: the serving role can neither change nor delete an event', async () => {
      const admin = newAdmin()
      await appendAs(admin, [environment('fixed')])
      for (const statement of [sql`update journal_events set type = 'x'`, sql`delete from journal_events`]) {
        const { organizationId } = admin
        const work = deps.store.transaction({ organizationId }, (tx) => statement.execute(tx.tables()))
        await expect(work).rejects.toMatchObject({ code: '42501' })
      }
    })
  })

  describe('the list', () => {
    test('goes through all events newest first, page by page, while new ones come in', async () => {
      const admin = newAdmin()
      const appended = await appendAs(
        admin,
        Array.from({ length: 7 }, (_, at) => environment(`e${at}`)),
      )
      const seen: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const query: string = cursor === '' ? '?limit=3' : `?limit=3&cursor=${encodeURIComponent(cursor)}`
        const page: Page = (await server.request<Page>(admin, 'GET', `/api/v1/journal/events${query}`)).body
        seen.push(...page.items.map((event) => event.eventId))
        cursor = page.nextCursor
        await appendAs(admin, [environment('later')])
      }
      expect(seen).toEqual(appended.map((event) => event.eventId).reverse())
    })

    test('filters by glob, subject and correlation id; % and _ mean themselves', async () => {
      const admin = newAdmin()
      const agent = { agentId: randomUUID(), name: 'a', domain: 'd' }
      await appendAs(admin, [
        { type: 'registry.agent.registered', subject: 'agent/1', actor, correlationId: 'c1', payload: agent },
        environment('x', 'environment/x'),
      ])
      const counts = async (query: string) => (await eventsOf(admin, query)).length
      expect(await counts('?type=registry.*')).toBe(2)
      expect(await counts('?type=*.agent.*')).toBe(1)
      expect(await counts('?type=registry.agent.registered')).toBe(1)
      expect(await counts('?type=registry%25')).toBe(0)
      expect(await counts('?type=registry_agent*')).toBe(0)
      expect(await counts('?subject=agent/1')).toBe(1)
      expect(await counts('?correlationId=c1')).toBe(1)
      expect(await counts('?subject=%00')).toBe(0)
    })

    test('a cursor of other filters, and one that was made up, are refused', async () => {
      const admin = newAdmin()
      await appendAs(admin, [environment('a'), environment('b')])
      const first = await server.request<Page>(admin, 'GET', '/api/v1/journal/events?limit=1')
      for (const query of [`cursor=${first.body.nextCursor}&type=qa_*`, 'cursor=nonsense', 'cursor=%25']) {
        const reply = await server.request<Problem>(admin, 'GET', `/api/v1/journal/events?${query}`)
        expect(reply).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
      }
    })

    test('J12: nobody sees an event, a source or a dead letter of another organization', async () => {
      const admin = newAdmin()
      const [event] = await appendAs(admin, [environment('secret')])
      const other = newAdmin()
      expect(await eventsOf(other)).toEqual([])
      const reply = await server.request<Problem>(other, 'GET', `/api/v1/journal/events/${event?.eventId}`)
      expect(reply).toMatchObject({ status: 404, body: { code: 'not-found' } })
      expect((await server.request(admin, 'GET', `/api/v1/journal/events/${event?.eventId}`)).body).toEqual(event)
    })
  })

  describe('events from outside', () => {
    const register = async (caller: Caller, input: object) =>
      await server.request<{ secret: string | null }>(caller, 'POST', '/api/v1/journal/sources', input)
    const hmac = (event: object, secret: string) =>
      createHmac('sha256', Buffer.from(secret, 'base64')).update(canonicalJson(event)).digest('base64')

    test('a source without a key is taken at its word', async () => {
      const admin = newAdmin()
      await register(admin, { name: 'n8n', algorithm: 'none' })
      const event = { source: 'n8n', type: 'ticket.opened', payload: { metric: 'tone' }, correlationId: 'run-1' }
      const reply = await post(admin, event)
      expect(reply.status).toBe(201)
      const [stored] = await eventsOf(admin, '?type=ticket.*')
      expect(stored).toMatchObject({
        eventId: reply.body.eventId,
        type: 'ticket.opened',
        subject: '',
        actor: { kind: 'source', id: 'n8n' },
        payload: { metric: 'tone' },
        correlationId: 'run-1',
      })
      expect(await post(admin, { ...event, signature: 'AAAA' })).toMatchObject({ status: 401 })
    })

    test('J7: an HMAC signature over the canonical JSON is checked; a bad one is refused, and the refusal is journaled', async () => {
      const admin = newAdmin()
      const { secret } = (await register(admin, { name: 'crm', algorithm: 'hmac-sha256' })).body
      expect(secret).toMatch(/^[A-Za-z0-9+/]{43}=$/)
      const event = { source: 'crm', type: 'ticket.closed', payload: { b: 2, a: [1.0, 'ü'] }, subject: 'ticket/1' }
      const signature = hmac(event, secret ?? '')
      expect((await post(admin, { ...event, signature })).status).toBe(201)
      const forged = [
        { ...event, signature: hmac({ ...event, subject: 'ticket/2' }, secret ?? '') },
        { ...event, payload: { b: 2, a: [1, 'u'] }, signature },
        { ...event, signature: signature.slice(0, 20) },
        { ...event, signature: '' },
        event,
      ]
      for (const one of forged) {
        expect(await post(admin, one)).toMatchObject({ status: 401, body: { code: 'signature-refused' } })
      }
      const types = await typesOf(admin)
      expect(types).toEqual([
        'journal.source.registered',
        'ticket.closed',
        ...forged.map(() => 'journal.event.refused'),
      ])
      const [refusal] = await eventsOf(admin, '?type=journal.event.refused')
      expect(refusal?.payload).toEqual({ source: 'crm', type: 'ticket.closed', code: 'signature-refused' })
    })

    test('J7: an Ed25519 signature is checked with the registered public key', async () => {
      const admin = newAdmin()
      const pair = generateKeyPairSync('ed25519')
      const raw = (key: KeyObject) => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')
      const publicKey = raw(pair.publicKey)
      expect((await register(admin, { name: 'ci', algorithm: 'ed25519', publicKey })).status).toBe(201)
      const event = { source: 'ci', type: 'build.done', payload: {}, occurredAt: '2026-01-02T03:04:05.678Z' }
      const signed = (key: KeyObject) => sign(null, Buffer.from(canonicalJson(event)), key).toString('base64')
      expect((await post(admin, { ...event, signature: signed(pair.privateKey) })).status).toBe(201)
      const stranger = generateKeyPairSync('ed25519').privateKey
      expect((await post(admin, { ...event, signature: signed(stranger) })).status).toBe(401)
      const [stored] = await eventsOf(admin, '?type=build.done')
      expect(stored?.occurredAt).toBe('2026-01-02T03:04:05.678Z')
    })

    test('J8: a signed message has one effect, however often it is sent and however many at once', async () => {
      const admin = newAdmin()
      const { secret } = (await register(admin, { name: 'crm', algorithm: 'hmac-sha256' })).body
      const event = { source: 'crm', type: 'ticket.closed', payload: { id: 7 } }
      const signed = { ...event, signature: hmac(event, secret ?? '') }
      const replies = await Promise.all(Array.from({ length: 5 }, () => post(admin, signed)))
      const accepted = replies.filter((reply) => reply.status === 201)
      expect(accepted).toHaveLength(1)
      for (const reply of replies.filter((one) => one.status !== 201)) {
        expect(reply).toMatchObject({
          status: 409,
          body: { code: 'already-exists', eventId: accepted[0]?.body.eventId },
        })
      }
      expect(await eventsOf(admin, '?type=ticket.closed')).toHaveLength(1)
    })

    test('J9: nobody outside writes a type of MetaAgent’s own', async () => {
      const admin = newAdmin()
      await register(admin, { name: 'n8n', algorithm: 'none' })
      for (const type of ['approvals.request.decided', 'ledger.something.new', 'decision.x.y', 'processing_metrics']) {
        const reply = await post(admin, { source: 'n8n', type, payload: {} })
        expect(reply, type).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
      }
    })

    test('an unknown and a revoked source are refused', async () => {
      const admin = newAdmin()
      const event = { source: 'nobody', type: 'x', payload: null }
      expect(await post(admin, event)).toMatchObject({ status: 404, body: { code: 'source-unknown' } })
      await register(admin, { name: 'nobody', algorithm: 'none' })
      expect((await post(admin, event)).status).toBe(201)
      const revoked = await server.request(admin, 'DELETE', '/api/v1/journal/sources/nobody')
      expect(revoked).toMatchObject({ status: 200, body: { name: 'nobody', revokedAt: expect.any(String) } })
      expect((await post(admin, event)).status).toBe(404)
      expect((await register(admin, { name: 'nobody', algorithm: 'none' })).status).toBe(409)
      const { body } = await server.request<{ items: object[] }>(admin, 'GET', '/api/v1/journal/sources')
      expect(body.items).toHaveLength(1)
      expect(await typesOf(admin)).toEqual([
        'journal.source.registered',
        'x',
        'journal.source.revoked',
        'journal.event.refused',
      ])
    })

    test('what the database cannot hold is refused with a reason', async () => {
      const admin = newAdmin()
      await register(admin, { name: 'odd', algorithm: 'none' })
      const deep = JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`)
      for (const [payload, status, code] of [
        ['a\0b', 400, 'invalid-body'],
        [{ 'k\0': 1 }, 400, 'invalid-body'],
        ['\ud800', 422, 'not-processable'],
        [deep, 422, 'not-processable'],
      ] as const) {
        const reply = await post(admin, { source: 'odd', type: 'x', payload })
        expect(reply).toMatchObject({ status, body: { code } })
      }
    })

    test('only admins register sources, and a public key must be one', async () => {
      const admin = newAdmin()
      const developer = callerOf(admin.organizationId, 'developer')
      expect((await register(developer, { name: 'x', algorithm: 'none' })).status).toBe(403)
      for (const input of [
        { name: 'x', algorithm: 'ed25519' },
        { name: 'x', algorithm: 'ed25519', publicKey: 'AAAA' },
        { name: 'x', algorithm: 'none', publicKey: 'AAAA' },
      ]) {
        expect((await register(admin, input)).status).toBe(422)
      }
      expect(await typesOf(admin)).toEqual([])
    })
  })

  describe('deliveries', () => {
    test('the status tells lag, deliveries and failures, of the own organization only', async () => {
      const admin = newAdmin()
      let broken = true
      const name = `status ${randomUUID()}`
      const subscription: Subscription = {
        name,
        pattern: 'registry.environment.*',
        startAt: 'now',
        handle: async (_deps, _tx, event) => {
          if (broken && event.subject === 'environment/bad') throw new Error('it is bad')
        },
      }
      const worker = createJournalWorker(deps, [subscription])
      await worker.runOnce()
      await appendAs(admin, [environment('good'), environment('bad'), environment('waiting')])
      await worker.runOnce()
      deps.clock.advance(500)
      const statusOf = async (caller: Caller) => {
        const path = '/api/v1/journal/subscribers'
        const reply = await server.request<{ items: { name: string }[] }>(caller, 'GET', path)
        return reply.body.items.find((item) => item.name === name)
      }
      expect(await statusOf(admin)).toEqual({
        name,
        pattern: 'registry.environment.*',
        lanes: 1,
        lagEvents: 2,
        lagMs: 500,
        delivered: 1,
        retried: 1,
        deadLetters: 0,
        lastError: 'Error: it is bad',
      })
      expect(await statusOf(newAdmin())).toMatchObject({ lagEvents: 0, lagMs: null, deadLetters: 0, lastError: null })

      for (let second = 0; second < 16; second++) {
        deps.clock.advance(1_000)
        await worker.runOnce()
      }
      const after = {
        lagEvents: 0,
        lagMs: null,
        delivered: 2,
        retried: 4,
        deadLetters: 1,
        lastError: 'Error: it is bad',
      }
      expect(await statusOf(admin)).toMatchObject(after)

      const letters = '/api/v1/journal/dead-letters'
      interface Letter {
        readonly deadLetterId: string
        readonly event: JournalEvent
      }
      const [letter] = (await server.request<{ items: Letter[] }>(admin, 'GET', letters)).body.items
      expect(letter).toMatchObject({
        subscriber: name,
        attempts: 5,
        replayedAt: null,
        event: { subject: 'environment/bad' },
      })
      expect((await server.request<{ items: Letter[] }>(newAdmin(), 'GET', letters)).body.items).toEqual([])

      const replay = async (caller: Caller) =>
        await server.request(caller, 'POST', `${letters}/${letter?.deadLetterId}/replay`)
      expect((await replay(newAdmin())).status).toBe(404)
      expect((await replay(admin)).status).toBe(202)
      await worker.runOnce()
      expect(await statusOf(admin)).toMatchObject({ deadLetters: 1 })
      broken = false
      expect((await replay(admin)).status).toBe(202)
      expect(await worker.runOnce()).toBe(1)
      expect(await statusOf(admin)).toMatchObject({ deadLetters: 0, lastError: null })
      expect(await replay(admin)).toMatchObject({ status: 409, body: { code: 'conflict' } })
      expect((await eventsOf(admin, '?type=journal.*')).map((event) => event.type)).toEqual([
        'journal.replay.requested',
        'journal.replay.requested',
        'journal.delivery.dead_lettered',
      ])
    })
  })
})
