import type { ApiKey, Me, User } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessCases, wrongCases } from '../../../testkit/access-matrix.ts'
import { describeOnStores, openTestStore } from '../../../testkit/database.ts'
import {
  cookieProof,
  keyProof,
  type PeopleServer,
  type Person,
  startPeopleServer,
  tokenOfLink,
} from '../../../testkit/people-server.ts'
import { createTestDeps } from '../../../testkit/test-deps.ts'
import { signIn } from './actions/sign-in.ts'
import { ensureFirstOrganization, identitySlice, listOrganizationIds } from './index.ts'

describeOnStores('identity', (kind) => {
  let server: PeopleServer

  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice])
  })
  afterAll(async () => server.close())

  const post = <Body>(path: string, body?: unknown, proof = server.admin.proof) =>
    server.request<Body>(proof, 'POST', path, body)
  const addUser = async (email: string, role = 'viewer') =>
    (await post<{ user: User; signInLink: string }>('/api/v1/identity/users', { email, role })).body
  const me = async (proof: Readonly<Record<string, string>>) => server.request<Me>(proof, 'GET', '/api/v1/me')

  test('ID14: every route asks for its scope, whoever comes', async () => {
    const cases = await accessCases(server, identitySlice)
    expect(cases.length).toBeGreaterThan(50)
    expect(wrongCases(cases)).toEqual([])
  })

  test('ID2: one organization cannot see or touch another one’s people, keys, issuers and subjects', async () => {
    const stranger = await server.addOrganization()
    const { user } = await addUser('tenant@example.com')
    const key = await post<{ apiKey: ApiKey }>('/api/v1/identity/api-keys', { name: 'k', scopes: ['fleet:read'] })
    const issuer = await post<{ issuerId: string }>('/api/v1/identity/issuers', {
      issuer: 'https://tenant.example',
      audience: 'tenant',
      jwksUrl: 'https://tenant.example/jwks',
      algorithms: ['ES256'],
      role: 'viewer',
    })
    expect([key.status, issuer.status]).toEqual([201, 201])
    const attempts = [
      ['PATCH', `/api/v1/identity/users/${user.userId}`, { role: 'admin' }],
      ['POST', `/api/v1/identity/users/${user.userId}/sign-in-link`, undefined],
      ['POST', `/api/v1/identity/subjects/${user.subjectId}/erase`, undefined],
      ['DELETE', `/api/v1/identity/api-keys/${key.body.apiKey.apiKeyId}`, undefined],
      ['DELETE', `/api/v1/identity/issuers/${issuer.body.issuerId}`, undefined],
    ] as const
    for (const [method, path, body] of attempts)
      expect(await server.request(stranger.proof, method, path, body)).toMatchObject({ status: 404 })
    for (const [list, count] of [
      ['users', 1],
      ['api-keys', 0],
      ['issuers', 0],
    ] as const) {
      const seen = await server.request<{ items: unknown[] }>(stranger.proof, 'GET', `/api/v1/identity/${list}`)
      expect(seen.body.items).toHaveLength(count)
    }
    expect((await me(stranger.proof)).body.organization.organizationId).toBe(stranger.organizationId)
  })

  test.each(['organizationId', 'userId', 'createdBy', 'responsibleUserId', 'actor'])(
    'ID1: a body that says who somebody is by %s is refused',
    async (field) => {
      const bodies = [
        ['POST', '/api/v1/identity/users', { email: 'x@example.com', role: 'viewer' }],
        ['POST', '/api/v1/identity/api-keys', { name: 'k', scopes: ['fleet:read'] }],
        ['PATCH', `/api/v1/identity/users/${server.admin.userId}`, { role: 'admin' }],
        ['PUT', '/api/v1/me/password', { password: 'a long enough password' }],
        ['POST', '/api/v1/auth/token', { expiresInSeconds: 60 }],
        ['POST', '/api/v1/auth/sign-in', { linkToken: 'a'.repeat(43) }],
      ] as const
      for (const [method, path, body] of bodies) {
        const reply = await server.request(server.admin.proof, method, path, { ...body, [field]: server.admin.userId })
        expect(reply).toMatchObject({ status: 400, body: { code: 'invalid-body' } })
      }
    },
  )

  describe('signing in', () => {
    test('ID7: a link makes one session, and its second use none', async () => {
      const { signInLink, user } = await addUser('once@example.com', 'developer')
      const first = await server.signIn(signInLink)
      expect(first).toMatchObject({
        status: 200,
        body: { role: 'developer', user: { userId: user.userId, email: 'once@example.com' } },
      })
      expect(first.headers.get('set-cookie')).toMatch(
        /^metaagent_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/,
      )
      expect(await server.signIn(signInLink)).toMatchObject({ status: 410, body: { code: 'link-used' } })
      const types = (await server.events())
        .filter((event) => event.subject.includes(user.userId))
        .map((event) => event.type)
      expect(types).toEqual(['identity.user.created', 'identity.sign_in_link.issued', 'identity.sign_in.refused'])
    })

    test('ID7: of many who follow one link at once, one gets in', async () => {
      const { signInLink } = await addUser('race@example.com')
      const replies = await Promise.all(Array.from({ length: 8 }, () => server.signIn(signInLink)))
      expect(replies.map((reply) => reply.status).sort((a, b) => a - b)).toEqual([
        200,
        ...Array.from({ length: 7 }, () => 410),
      ])
    })

    test('ID7: a link is void when a newer one is made and when its person is disabled', async () => {
      const { signInLink, user } = await addUser('void@example.com')
      const renewed = await post<{ signInLink: string }>(`/api/v1/identity/users/${user.userId}/sign-in-link`)
      expect((await server.signIn(signInLink)).status).toBe(410)
      await server.request(server.admin.proof, 'PATCH', `/api/v1/identity/users/${user.userId}`, { disabled: true })
      expect((await server.signIn(renewed.body.signInLink)).status).toBe(410)
    })

    test('ID11: every sign-in has a new token, and one that a browser brings along is never taken over', async () => {
      const planted = 'p'.repeat(43)
      const { signInLink } = await addUser('fixation@example.com')
      const reply = await server.request<Me>(cookieProof(planted), 'POST', '/api/v1/auth/sign-in', {
        linkToken: tokenOfLink(signInLink),
      })
      expect(reply.status).toBe(200)
      expect(reply.headers.get('set-cookie')).not.toContain(planted)
      expect((await me(cookieProof(planted))).status).toBe(401)
    })

    test('ID12: a wrong password and an unknown address get the same answer; the first is recorded', async () => {
      const { signInLink, user } = await addUser('Ada@Example.com')
      const session = await server.signIn(signInLink)
      const proof = cookieProof(/session=([^;]+)/.exec(session.headers.get('set-cookie') ?? '')?.[1] ?? '')
      const password = 'correct horse battery'
      expect((await server.request(proof, 'PUT', '/api/v1/me/password', { password })).status).toBe(204)
      const tryWith = (email: string, tried: string) =>
        server.request({}, 'POST', '/api/v1/auth/sign-in', { email, password: tried })
      expect((await tryWith('ada@example.COM', password)).status).toBe(200)
      const wrong = await tryWith('ada@example.com', 'not this one')
      const unknown = await tryWith('nobody@example.com', 'not this one')
      expect(wrong.status).toBe(401)
      expect({ ...wrong.body, instance: '' }).toEqual({ ...unknown.body, instance: '' })
      const refusals = (await server.events()).filter((event) => event.type === 'identity.sign_in.refused')
      expect(refusals.at(-1)).toMatchObject({ subject: `user/${user.userId}`, payload: { reason: 'wrong-password' } })
    })

    test('ID12: which of several organizations is meant is asked only of who knows a password', async () => {
      const email = 'two@example.com'
      for (const [owner, password] of [
        [await server.addOrganization(), 'the same password'],
        [await server.addOrganization(), 'the same password'],
        [await server.addOrganization(), 'another password'],
      ] as const) {
        const made = await post<{ signInLink: string }>(
          '/api/v1/identity/users',
          { email, role: 'viewer' },
          owner.proof,
        )
        const entered = await server.signIn(made.body.signInLink)
        const proof = cookieProof(/session=([^;]+)/.exec(entered.headers.get('set-cookie') ?? '')?.[1] ?? '')
        await server.request(proof, 'PUT', '/api/v1/me/password', { password })
      }
      const enter = (password: string, organization?: string) =>
        server.request<Me & { organizations: string[] }>({}, 'POST', '/api/v1/auth/sign-in', {
          email,
          password,
          organization,
        })
      expect((await enter('no such password')).status).toBe(401)
      expect((await enter('another password')).status).toBe(200)
      const asked = await enter('the same password')
      expect(asked).toMatchObject({ status: 422, body: { code: 'not-processable' } })
      const [, second] = asked.body.organizations
      expect(asked.body.organizations).toHaveLength(2)
      expect((await enter('the same password', second)).body.organization.name).toBe(second)
      expect((await enter('the same password', 'Elsewhere')).status).toBe(401)
    })

    test('a new password asks for the present one and ends the other sessions', async () => {
      const person = await server.addPerson('viewer')
      const set = (proof: Readonly<Record<string, string>>, body: unknown) =>
        server.request(proof, 'PUT', '/api/v1/me/password', body)
      expect((await set(person.proof, { password: 'the first password' })).status).toBe(204)
      const { body } = await server.request<{ items: User[] }>(server.admin.proof, 'GET', '/api/v1/identity/users')
      const email = body.items.find((user) => user.userId === person.userId)?.email
      const other = await server.request({}, 'POST', '/api/v1/auth/sign-in', { email, password: 'the first password' })
      const otherProof = cookieProof(/session=([^;]+)/.exec(other.headers.get('set-cookie') ?? '')?.[1] ?? '')
      expect((await me(otherProof)).status).toBe(200)
      expect((await set(person.proof, { password: 'the second password' })).status).toBe(403)
      const changed = { password: 'the second password', current: 'the first password' }
      expect((await set(person.proof, changed)).status).toBe(204)
      expect([(await me(person.proof)).status, (await me(otherProof)).status]).toEqual([200, 401])
    })

    test('ID3: signing out ends the session at once', async () => {
      const person = await server.addPerson('viewer')
      expect((await me(person.proof)).status).toBe(200)
      const out = await post('/api/v1/auth/sign-out', undefined, person.proof)
      expect(out.status).toBe(204)
      expect(out.headers.get('set-cookie')).toContain('Max-Age=0')
      expect((await me(person.proof)).status).toBe(401)
      expect((await server.events()).at(-1)).toMatchObject({ type: 'identity.session.ended' })
    })

    test('a session cookie counts for nothing that another site sends', async () => {
      const person = await server.addPerson('viewer')
      const crossSite = { ...person.proof, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
      expect(await post('/api/v1/auth/sign-out', undefined, crossSite)).toMatchObject({
        body: { code: 'csrf-refused' },
      })
      expect((await me(person.proof)).status).toBe(200)
    })
  })

  describe('people', () => {
    test('an organization says where its days begin; a zone that does not exist is refused and changes nothing', async () => {
      const path = '/api/v1/identity/organization'
      const patch = (timeZone: string) => server.request(server.admin.proof, 'PATCH', path, { timeZone })
      expect(await server.request(server.admin.proof, 'GET', path)).toMatchObject({ body: { timeZone: 'UTC' } })
      expect(await patch('Middle/Earth')).toMatchObject({ status: 422, body: { code: 'not-processable' } })
      expect(await patch('Europe/Berlin')).toMatchObject({ status: 200, body: { timeZone: 'Europe/Berlin' } })
      await patch('Europe/Berlin')
      const changes = (await server.events()).filter(({ type }) => type === 'identity.organization.changed')
      expect(changes.map(({ payload }) => payload)).toEqual([
        { name: null, timeZone: { from: 'UTC', to: 'Europe/Berlin' } },
      ])
      await patch('UTC')
    })

    test('an organization is renamed, once told; what changes nothing is not journaled', async () => {
      const path = '/api/v1/identity/organization'
      const patch = (body: object) => server.request(server.admin.proof, 'PATCH', path, body)
      const before = await server.request(server.admin.proof, 'GET', path)
      expect(await patch({ name: 'Northwind' })).toMatchObject({ status: 200, body: { name: 'Northwind' } })
      await patch({ name: 'Northwind' })
      await patch({})
      expect((await patch({ name: '' })).status).toBe(400)
      const [, ...names] = (await server.events()).filter(({ type }) => type === 'identity.organization.changed')
      const renamed = names.filter(({ payload }) => Object(payload).name !== null)
      expect(renamed).toMatchObject([{ payload: { name: { to: 'Northwind' }, timeZone: null } }])
      await patch({ name: (before.body as { name: string }).name })
    })

    test('an address is one person’s, however it is written', async () => {
      await addUser('double@example.com')
      const again = await post('/api/v1/identity/users', { email: 'DOUBLE@example.com', role: 'viewer' })
      expect(again).toMatchObject({ status: 409, body: { code: 'already-exists' } })
    })

    test('ID3: who is disabled or demoted loses the rights at once', async () => {
      const person = await server.addPerson('admin')
      const users = () => server.request(person.proof, 'GET', '/api/v1/identity/users')
      const change = (body: unknown) =>
        server.request(server.admin.proof, 'PATCH', `/api/v1/identity/users/${person.userId}`, body)
      expect((await users()).status).toBe(200)
      await change({ role: 'viewer' })
      expect((await users()).status).toBe(403)
      await change({ disabled: true })
      expect((await users()).status).toBe(401)
      await change({ disabled: false })
      expect((await users()).status).toBe(401)
      const types = (await server.events()).filter((event) => event.subject === `user/${person.userId}`)
      expect(types.filter((event) => event.type === 'identity.user.changed')).toHaveLength(3)
    })

    test('ID10: of two admins who demote each other at once, one stays', async () => {
      for (let round = 0; round < 4; round++) {
        const pair = [await server.addOrganization()]
        const [first] = pair
        if (first !== undefined) pair.push(await server.addPerson('admin', first))
        // Both are known to this process, so that the two requests meet in the database.
        for (const person of pair) await me(person.proof)
        const demote = (by: Person | undefined, whom: Person | undefined) =>
          server.request(by?.proof ?? {}, 'PATCH', `/api/v1/identity/users/${whom?.userId}`, { role: 'viewer' })
        await Promise.all([demote(pair[0], pair[1]), demote(pair[1], pair[0])])
        const roles = await Promise.all(pair.map(async (person) => (await me(person.proof)).body.role))
        expect(new Set(roles)).toEqual(new Set(['admin', 'viewer']))
      }
    })
  })

  describe('keys', () => {
    test('ID9: a key, a person and an issuer get no right that their maker lacks', async () => {
      const proof = keyProof(await server.addKey(['identity:write', 'fleet:read']))
      const tries = [
        ['/api/v1/identity/api-keys', { name: 'k', scopes: ['fleet:read', 'rollouts:decide'] }],
        ['/api/v1/identity/users', { email: 'mine@example.com', role: 'viewer' }],
        ['/api/v1/identity/users', { email: 'mine@example.com', role: 'admin' }],
        [
          '/api/v1/identity/issuers',
          {
            issuer: 'https://a.example',
            audience: 'a',
            jwksUrl: 'https://a.example/k',
            algorithms: ['ES256'],
            role: 'admin',
          },
        ],
        [`/api/v1/identity/users/${server.admin.userId}/sign-in-link`, undefined],
      ] as const
      for (const [path, body] of tries)
        expect(await post(path, body, proof)).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
      const allowed = await post<{ apiKey: ApiKey }>(
        '/api/v1/identity/api-keys',
        { name: 'k', scopes: ['fleet:read'] },
        proof,
      )
      expect(allowed).toMatchObject({ status: 201, body: { apiKey: { scopes: ['fleet:read', 'self:read'] } } })
    })

    test('ID3: a key works until it is revoked, and not a request longer', async () => {
      const made = await post<{ apiKey: ApiKey; secret: string }>('/api/v1/identity/api-keys', {
        name: 'shipping agent',
        scopes: ['telemetry:write'],
        expiresInDays: 30,
      })
      const { apiKey, secret } = made.body
      expect(secret).toMatch(/^mak_[a-z2-7]{8}_[\w-]{43}$/)
      expect(apiKey).toMatchObject({
        name: 'shipping agent',
        prefix: secret.slice(4, 12),
        revokedAt: null,
        lastUsedAt: null,
      })
      expect(await me(keyProof(secret))).toMatchObject({
        status: 200,
        body: { credential: 'api_key', role: null, user: null },
      })
      expect((await me({ 'x-api-key': secret })).status).toBe(200)
      const revoked = await server.request<ApiKey>(
        server.admin.proof,
        'DELETE',
        `/api/v1/identity/api-keys/${apiKey.apiKeyId}`,
      )
      expect(revoked.body.revokedAt).not.toBeNull()
      expect(await me(keyProof(secret))).toMatchObject({ status: 401, body: { code: 'not-authenticated' } })
      const own = (await server.events()).filter((event) => event.subject === `api_key/${apiKey.apiKeyId}`)
      expect(own.map((event) => event.type)).toEqual(['identity.api_key.created', 'identity.api_key.revoked'])
    })

    test('a key with the right prefix and another secret is refused', async () => {
      const secret = await server.addKey('admin')
      const forged = `${secret.slice(0, 13)}${'A'.repeat(43)}`
      expect((await me(keyProof(forged))).status).toBe(401)
    })
  })

  describe('first start', () => {
    test('ID8: of processes that start at once one makes the organization, and the last link counts', async () => {
      const testStore = await openTestStore(kind)
      const processes = [1, 2, 3, 4].map((seed) => createTestDeps(testStore.store, { clock: server.deps.clock, seed }))
      const started = await Promise.all(processes.map((deps) => ensureFirstOrganization(deps)))
      expect(new Set(started.map((one) => one.organizationId)).size).toBe(1)
      const { organizationId = '' } = started[0] ?? {}
      const [deps] = processes
      if (deps === undefined) throw new Error('four processes were started')
      expect(await listOrganizationIds(deps)).toEqual([organizationId])
      const entered = []
      for (const { signInLink } of started)
        entered.push((await signIn(deps, { linkToken: tokenOfLink(String(signInLink)) })).ok)
      expect(entered.filter((ok) => ok)).toHaveLength(1)
      const users = await deps.store.transaction({ organizationId }, (tx) =>
        tx.tables<{ users: { user_id: string } }>().selectFrom('users').select('user_id').execute(),
      )
      expect(users).toHaveLength(1)
      await testStore.close()
    })

    test('ID8: once somebody has signed in, a start makes no link any more', async () => {
      expect(await ensureFirstOrganization(server.deps)).toEqual({
        organizationId: server.admin.organizationId,
        signInLink: null,
      })
    })
  })
})
