import {
  accessScopes,
  type OrganizationPoliciesState,
  type RoleDefinition,
  scopesOfRole,
  type User,
} from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { keyProof, type PeopleServer, type Person, startPeopleServer } from '../../../../testkit/people-server.ts'
import { identitySlice } from '../index.ts'

const hourMs = 3_600_000

describeOnStores('custom roles and policies', (kind) => {
  let server: PeopleServer
  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice])
  })
  afterAll(async () => server.close())

  const addRole = async (by: Person, body: Record<string, unknown>) =>
    (await server.request<RoleDefinition>(by.proof, 'POST', '/api/v1/identity/roles', body)).body

  async function enterWith(owner: Person, customRoleId: unknown): Promise<Person> {
    const body = { email: `${String(customRoleId)}@example.com`, customRoleId }
    const made = await server.request<{ user: User; signInLink: string }>(
      owner.proof,
      'POST',
      '/api/v1/identity/users',
      body,
    )
    expect(made).toMatchObject({ status: 201, body: { user: { role: null, customRole: { roleId: customRoleId } } } })
    const entered = await server.signIn(made.body.signInLink)
    const token = /metaagent_session=([^;]+)/.exec(entered.headers.get('set-cookie') ?? '')?.[1] ?? ''
    const proof = { cookie: `metaagent_session=${token}`, 'sec-fetch-site': 'same-origin' }
    return { organizationId: owner.organizationId, userId: made.body.user.userId, proof, token }
  }

  test('ID15: a custom role allows exactly its scopes, and a change of it counts at once for everybody who has it', async () => {
    const owner = await server.addOrganization()
    const scopes = ['identity:read', 'fleet:read']
    const role = await addRole(owner, { name: 'Auditor', scopes })
    expect(role).toMatchObject({ members: 0, version: 1, countsAs: 'viewer' })
    const person = await enterWith(owner, role.roleId)
    const me = await server.request(person.proof, 'GET', '/api/v1/me')
    expect(me.body).toMatchObject({ role: 'viewer', customRole: { name: 'Auditor' } })
    expect(me.body['scopes']).toEqual(['fleet:read', 'identity:read', 'self:read'])
    const users = () => server.request(person.proof, 'GET', '/api/v1/identity/users')
    expect(await users()).toMatchObject({ status: 200 })
    const path = `/api/v1/identity/roles/${role.roleId}`
    const change = { name: 'Auditor', scopes: ['fleet:read'], countsAs: 'developer', expectedVersion: 1 }
    const changed = await server.request(owner.proof, 'PUT', path, change)
    expect(changed).toMatchObject({ status: 200, body: { version: 2, members: 1, countsAs: 'developer' } })
    expect(await users()).toMatchObject({ status: 403, body: { scope: 'identity:read' } })
    expect((await server.request(person.proof, 'GET', '/api/v1/me')).body).toMatchObject({ role: 'developer' })
    expect(await server.request(owner.proof, 'PUT', path, change)).toMatchObject({ status: 412, body: { version: 2 } })
    expect(await server.request(owner.proof, 'DELETE', path)).toMatchObject({ status: 409, body: { members: 1 } })
    const asUser = `/api/v1/identity/users/${person.userId}`
    const moved = await server.request(owner.proof, 'PATCH', asUser, { role: 'viewer' })
    expect(moved).toMatchObject({ status: 200, body: { role: 'viewer', customRole: null } })
    expect(await server.request(owner.proof, 'DELETE', path)).toMatchObject({ status: 200 })
    const types = (await server.events(owner)).map(({ type, subject }) => `${type} ${subject}`)
    const subject = `role/${role.roleId}`
    expect(types.filter((text) => text.endsWith(subject))).toEqual([
      `identity.role.created ${subject}`,
      `identity.role.changed ${subject}`,
      `identity.role.removed ${subject}`,
    ])
  })

  test('ID9: who may manage people hands out no more than they hold: neither in a role, nor by giving one', async () => {
    const owner = await server.addOrganization()
    const strong = await addRole(owner, { name: 'Strong', scopes: ['privacy:write', 'fleet:read'] })
    const manager = await addRole(owner, { name: 'Manager', scopes: ['identity:read', 'identity:write', 'fleet:read'] })
    const person = await enterWith(owner, manager.roleId)
    const ask = (method: string, path: string, body: unknown) =>
      server.request(person.proof, method, `/api/v1/identity${path}`, body)
    const refused = { status: 403, body: { code: 'not-allowed' } }
    expect(await ask('POST', '/roles', { name: 'Mine', scopes: ['privacy:write'] })).toMatchObject(refused)
    expect(await ask('POST', '/roles', { name: 'Mine', scopes: ['fleet:read'], countsAs: 'admin' })).toMatchObject(
      refused,
    )
    const own = { name: 'Manager', scopes: [...accessScopes], expectedVersion: 1 }
    expect(await ask('PUT', `/roles/${manager.roleId}`, own)).toMatchObject(refused)
    expect(await ask('PUT', `/roles/${strong.roleId}`, { ...own, scopes: ['fleet:read'] })).toMatchObject(refused)
    expect(await ask('PATCH', `/users/${person.userId}`, { customRoleId: strong.roleId })).toMatchObject(refused)
    expect(await ask('PATCH', `/users/${owner.userId}`, { role: 'viewer' })).toMatchObject(refused)
    expect(await ask('POST', '/api-keys', { name: 'x', scopes: ['privacy:write'] })).toMatchObject(refused)
    expect(await ask('POST', '/roles', { name: 'Watcher', scopes: ['fleet:read'] })).toMatchObject({ status: 201 })
  })

  test('ID10: a role with every scope does not replace the last admin', async () => {
    const owner = await server.addOrganization()
    const all = await addRole(owner, { name: 'All', scopes: [...accessScopes], countsAs: 'admin' })
    await enterWith(owner, all.roleId)
    const patch = { customRoleId: all.roleId }
    const asked = await server.request(owner.proof, 'PATCH', `/api/v1/identity/users/${owner.userId}`, patch)
    expect(asked).toMatchObject({ status: 409, body: { code: 'conflict' } })
  })

  test('ID2: a role of another organization is not there, and names are an organization’s own', async () => {
    const [owner, stranger] = [await server.addOrganization(), await server.addOrganization()]
    const role = await addRole(owner, { name: 'Shared name', scopes: ['fleet:read'] })
    const notFound = { status: 404, body: { code: 'not-found' } }
    const ask = (method: string, path: string, body?: unknown) =>
      server.request(stranger.proof, method, `/api/v1/identity${path}`, body)
    const change = { name: 'x', scopes: ['fleet:read'], expectedVersion: 1 }
    expect(await ask('PUT', `/roles/${role.roleId}`, change)).toMatchObject(notFound)
    expect(await ask('DELETE', `/roles/${role.roleId}`)).toMatchObject(notFound)
    expect(await ask('POST', '/users', { email: 'a@example.com', customRoleId: role.roleId })).toMatchObject(notFound)
    expect(await ask('POST', '/roles', { name: 'SHARED NAME', scopes: ['fleet:read'] })).toMatchObject({ status: 201 })
    const again = { name: 'shared name', scopes: ['fleet:read'] }
    expect(await server.request(owner.proof, 'POST', '/api/v1/identity/roles', again)).toMatchObject({ status: 409 })
    expect((await ask('GET', '/roles')).body).toMatchObject({ items: { length: 4 } })
  })

  test('ID16: open sessions, passwords, foreign tokens and new keys are held to the policies from the change on', async () => {
    const owner = await server.addOrganization()
    const path = '/api/v1/identity/policies'
    const before = (await server.request<OrganizationPoliciesState>(owner.proof, 'GET', path)).body
    expect(before).toEqual({
      policies: {
        sessionIdleMinutes: 720,
        sessionHours: 168,
        passwordSignIn: true,
        foreignTokens: true,
        apiKeysMadeBy: 'anybody',
        apiKeyDaysMax: null,
      },
      version: 0,
      changedAt: null,
    })
    const email = await setPassword(owner)
    const signIn = () =>
      server.request({}, 'POST', '/api/v1/auth/sign-in', { email, password: 'a very plain password' })
    expect(await signIn()).toMatchObject({ status: 200 })
    const strict = { sessionIdleMinutes: 30, sessionHours: 2, passwordSignIn: false, foreignTokens: false }
    const policies = { ...before.policies, ...strict, apiKeysMadeBy: 'people', apiKeyDaysMax: 30 }
    const changed = await server.request(owner.proof, 'PUT', path, { policies, expectedVersion: 0 })
    expect(changed).toMatchObject({ status: 200, body: { policies, version: 1 } })
    const stale = await server.request(owner.proof, 'PUT', path, { policies, expectedVersion: 0 })
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition-failed', version: 1 } })
    expect(await signIn()).toMatchObject({ status: 401 })
    const keys = '/api/v1/identity/api-keys'
    const byKey = keyProof(await server.addKey('admin', owner))
    const key = { name: 'x', scopes: scopesOfRole.viewer, expiresInDays: 30 }
    expect(await server.request(byKey, 'POST', keys, key)).toMatchObject({ status: 403 })
    expect(await server.request(owner.proof, 'POST', keys, { ...key, expiresInDays: 31 })).toMatchObject({
      status: 422,
    })
    expect(await server.request(owner.proof, 'POST', keys, key)).toMatchObject({ status: 201 })
    const me = await server.request<{ expiresAt: string }>(owner.proof, 'GET', '/api/v1/me')
    expect(Date.parse(me.body.expiresAt)).toBeLessThanOrEqual(server.deps.clock.now() + 2 * hourMs)
    server.deps.clock.advance(hourMs / 2 + 11_000)
    expect(await server.request(owner.proof, 'GET', '/api/v1/me')).toMatchObject({
      status: 401,
      body: { code: 'credential-expired', detail: expect.stringContaining('30 minutes') },
    })
    const events = (await server.events(owner)).filter(({ type }) => type === 'identity.policies.changed')
    expect(events.map(({ payload }) => payload)).toEqual([{ version: 1, from: before.policies, to: policies }])
  })

  async function setPassword(person: Person): Promise<string> {
    const password = { password: 'a very plain password' }
    expect(await server.request(person.proof, 'PUT', '/api/v1/me/password', password)).toMatchObject({ status: 204 })
    const users = await server.request<{ items: User[] }>(person.proof, 'GET', '/api/v1/identity/users')
    return users.body.items.find(({ userId }) => userId === person.userId)?.email ?? ''
  }
})
