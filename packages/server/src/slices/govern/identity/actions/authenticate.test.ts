import type { ApiKey, Me } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Deps } from '../../../../ports/slice.ts'
import { describeOnStores } from '../../../../testkit/database.ts'
import { keyProof, type PeopleServer, startPeopleServer } from '../../../../testkit/people-server.ts'
import { createTestDeps } from '../../../../testkit/test-deps.ts'
import { authenticate, identitySlice } from '../index.ts'
import { credentialCacheMs, sessionAbsoluteMs, sessionIdleMs } from '../model/lifetimes.ts'

const dayMs = 86_400_000

describeOnStores('credentials over time', (kind) => {
  let server: PeopleServer

  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice])
  })
  afterAll(async () => server.close())

  /** Another process on the same database: the same store without this process's memory. */
  function anotherProcess(hints: boolean): Deps {
    const { store } = server.deps
    const listen: Deps['store']['listen'] = hints
      ? (channel, onHint) => store.listen(channel, onHint)
      : async () => async () => {}
    const its: Deps['store'] = {
      kind: store.kind,
      transaction: (scope, work, options) => store.transaction(scope, work, options),
      listen,
      notify: (channel, payload) => store.notify(channel, payload),
      status: () => store.status(),
      close: async () => {},
    }
    return createTestDeps(its, { clock: server.deps.clock, seed: 99 })
  }

  async function newKey(): Promise<{ apiKeyId: string; secret: string }> {
    const { admin } = server
    const made = await server.request<{ apiKey: ApiKey; secret: string }>(
      admin.proof,
      'POST',
      '/api/v1/identity/api-keys',
      {
        name: 'key',
        scopes: ['fleet:read'],
      },
    )
    return { apiKeyId: made.body.apiKey.apiKeyId, secret: made.body.secret }
  }

  const revoke = (apiKeyId: string) =>
    server.request(server.admin.proof, 'DELETE', `/api/v1/identity/api-keys/${apiKeyId}`)

  test('ID3: without hints a revocation counts in another process after ten seconds', async () => {
    const other = anotherProcess(false)
    const { apiKeyId, secret } = await newKey()
    expect((await authenticate(other, { apiKey: secret })).ok).toBe(true)
    await revoke(apiKeyId)
    server.deps.clock.advance(credentialCacheMs - 1)
    expect((await authenticate(other, { apiKey: secret })).ok).toBe(true)
    server.deps.clock.advance(1)
    expect(await authenticate(other, { apiKey: secret })).toMatchObject({ refusal: { code: 'not-authenticated' } })
  })

  test('ID3: with hints it counts when the hint arrives', async () => {
    const other = anotherProcess(true)
    const { apiKeyId, secret } = await newKey()
    expect((await authenticate(other, { apiKey: secret })).ok).toBe(true)
    await revoke(apiKeyId)
    await vi.waitFor(
      async () => {
        // The first use began to listen, which takes a moment: another change sends another hint.
        await revoke((await newKey()).apiKeyId)
        expect((await authenticate(other, { apiKey: secret })).ok).toBe(false)
      },
      { timeout: 10_000 },
    )
  })

  test('ID3: a key expires to the millisecond, remembered or not', async () => {
    const { admin, deps } = server
    const made = await server.request<{ secret: string }>(admin.proof, 'POST', '/api/v1/identity/api-keys', {
      name: 'short',
      scopes: ['fleet:read'],
      expiresInDays: 1,
    })
    const { secret } = made.body
    deps.clock.advance(dayMs - 1)
    expect((await authenticate(deps, { apiKey: secret })).ok).toBe(true)
    deps.clock.advance(1)
    expect(await authenticate(deps, { apiKey: secret })).toMatchObject({ refusal: { code: 'credential-expired' } })
  })

  test('the last use of a key is noted once a minute, beside the request', async () => {
    const { deps } = server
    const owner = await server.addOrganization()
    const secret = await server.addKey(['identity:read'], owner)
    const lastUsedAt = async () => {
      const { body } = await server.request<{ items: ApiKey[] }>(owner.proof, 'GET', '/api/v1/identity/api-keys')
      return body.items[0]?.lastUsedAt ?? null
    }
    await server.request(keyProof(secret), 'GET', '/api/v1/me')
    expect(await lastUsedAt()).toBeNull()
    const first = new Date(deps.clock.now()).toISOString()
    deps.clock.advance(500)
    await vi.waitFor(async () => expect(await lastUsedAt()).toBe(first))
    deps.clock.advance(30_000)
    await server.request(keyProof(secret), 'GET', '/api/v1/me')
    deps.clock.advance(500)
    expect(await lastUsedAt()).toBe(first)
    deps.clock.advance(30_000)
    await server.request(keyProof(secret), 'GET', '/api/v1/me')
    const second = new Date(deps.clock.now()).toISOString()
    deps.clock.advance(500)
    await vi.waitFor(async () => expect(await lastUsedAt()).toBe(second))
  })

  test('ID11: a session ends when nobody uses it, and after a week in any case', async () => {
    const { clock } = server.deps
    const person = await server.addPerson('viewer', await server.addOrganization())
    const me = () => server.request<Me>(person.proof, 'GET', '/api/v1/me')
    const lastSeenMs = async () => {
      const { organizationId, userId } = person
      const rows = await server.deps.store.transaction({ organizationId }, (tx) =>
        tx
          .tables<{ sessions: { user_id: string; last_seen_at: Date } }>()
          .selectFrom('sessions')
          .select('last_seen_at')
          .where('user_id', '=', userId)
          .execute(),
      )
      return rows[0]?.last_seen_at.getTime()
    }
    const use = async () => {
      clock.advance(sessionIdleMs - 1_000)
      const usedAt = clock.now()
      expect((await me()).status).toBe(200)
      clock.advance(500)
      await vi.waitFor(async () => expect(await lastSeenMs()).toBe(usedAt))
    }
    expect((await me()).body.expiresAt).toBe(new Date(clock.now() + sessionAbsoluteMs).toISOString())
    const began = clock.now()
    while (clock.now() + sessionIdleMs < began + sessionAbsoluteMs) await use()
    clock.advance(sessionAbsoluteMs - (clock.now() - began))
    expect(await me()).toMatchObject({ status: 401, body: { code: 'credential-expired' } })
    const idle = await server.addPerson('viewer', await server.addOrganization())
    clock.advance(sessionIdleMs)
    const reply = await server.request(idle.proof, 'GET', '/api/v1/me')
    expect(reply).toMatchObject({ status: 401, body: { code: 'credential-expired' } })
  })

  test('ID7: a link is dead after a day', async () => {
    const owner = await server.addOrganization()
    const { body } = await server.request<{ signInLink: string }>(owner.proof, 'POST', '/api/v1/identity/users', {
      email: 'late@example.com',
      role: 'viewer',
    })
    server.deps.clock.advance(dayMs)
    expect((await server.signIn(body.signInLink)).status).toBe(410)
  })

  test('sessions and links that have been dead for a month are thrown away, with their directory entries', async () => {
    const { deps } = server
    const count = async (
      table: 'sessions' | 'sign_in_links' | 'credential_directory',
      owner: { organizationId: string },
    ) => {
      const scope = table === 'credential_directory' ? 'deployment' : owner
      const rows = await deps.store.transaction(scope, (tx) =>
        tx.tables<Record<string, { organization_id: string }>>().selectFrom(table).select('organization_id').execute(),
      )
      return rows.filter((row) => row.organization_id === owner.organizationId).length
    }
    const { organizationId } = await server.addOrganization()
    const owner = { organizationId }
    const before = [
      await count('sessions', owner),
      await count('sign_in_links', owner),
      await count('credential_directory', owner),
    ]
    expect(before).toEqual([1, 1, 3])
    deps.clock.advance(31 * dayMs + sessionAbsoluteMs)
    for (const job of identitySlice.jobs) await job.run(deps)
    const after = [
      await count('sessions', owner),
      await count('sign_in_links', owner),
      await count('credential_directory', owner),
    ]
    // What is left is how the admin is found by address.
    expect(after).toEqual([0, 0, 1])
  })
})
