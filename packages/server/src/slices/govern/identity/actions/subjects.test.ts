import type { Sealed, User } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { type PeopleServer, type Person, startPeopleServer } from '../../../../testkit/people-server.ts'
import { eraseSubject, identitySlice, seal, sealForNew, unseal } from '../index.ts'

const tables = [
  'organizations',
  'subject_keys',
  'users',
  'sessions',
  'api_keys',
  'sign_in_links',
  'trusted_issuers',
  'signing_keys',
  'credential_directory',
  'journal_events',
]

describeOnStores('personal data', (kind) => {
  let server: PeopleServer

  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice])
  })
  afterAll(async () => server.close())

  const inOwn = <T>(person: Person, work: Parameters<typeof server.deps.store.transaction<T>>[1]) =>
    server.deps.store.transaction({ organizationId: person.organizationId }, work)

  /** Everything that the database holds in the slice's tables and the journal, as its owner sees it. */
  async function everything(): Promise<string> {
    return server.testStore.owner.migrate(async (sql) => {
      const found: unknown[] = []
      await sql.exec('set local role none')
      for (const table of tables) found.push(await sql.query(`select t::text as row from ${table} t`))
      return JSON.stringify(found)
    })
  }

  test('ID6: a field is bound to its subject, its meaning and its organization', async () => {
    const { deps, admin } = server
    const subjectId = deps.ids.uuid()
    const sealed = await inOwn(admin, (tx) => seal(deps, tx, subjectId, 'Grüße, Ada', 'user.email'))
    expect(JSON.stringify(sealed)).not.toContain('Ada')
    expect(await inOwn(admin, (tx) => unseal(deps, tx, sealed, 'user.email'))).toBe('Grüße, Ada')
    await expect(inOwn(admin, (tx) => unseal(deps, tx, sealed, 'user.display_name'))).rejects.toThrow()
    const flipped = { ...sealed, ct: `${sealed.ct.startsWith('A') ? 'B' : 'A'}${sealed.ct.slice(1)}` }
    await expect(inOwn(admin, (tx) => unseal(deps, tx, flipped, 'user.email'))).rejects.toThrow()
    const other = await inOwn(admin, (tx) => seal(deps, tx, deps.ids.uuid(), 'x', 'user.email'))
    const moved = { ...sealed, subject: other.subject }
    await expect(inOwn(admin, (tx) => unseal(deps, tx, moved, 'user.email'))).rejects.toThrow()
    const stranger = await server.addOrganization()
    expect(await inOwn(stranger, (tx) => unseal(deps, tx, sealed, 'user.email'))).toBeNull()
  })

  test('ID6: many new subjects are sealed at once, each under its own key', async () => {
    const { deps, admin } = server
    const [ada, bob] = [deps.ids.uuid(), deps.ids.uuid()]
    const fields = [
      { subjectId: ada, plaintext: 'Ada' },
      { subjectId: bob, plaintext: 'Bob' },
    ]
    const sealed = await inOwn(admin, (tx) => sealForNew(deps, tx, fields, 'masking.value'))
    const opened = () =>
      inOwn(admin, (tx) => Promise.all(sealed.map((field) => unseal(deps, tx, field, 'masking.value'))))
    expect(await opened()).toEqual(['Ada', 'Bob'])
    await inOwn(admin, (tx) => eraseSubject(deps, tx, ada, { kind: 'system', id: 'test' }))
    expect(await opened()).toEqual([null, 'Bob'])
    await expect(inOwn(admin, (tx) => sealForNew(deps, tx, fields, 'masking.value'))).rejects.toThrow(/subject_keys/)
  })

  test('ID6: the same text is never the same ciphertext', async () => {
    const { deps, admin } = server
    const subjectId = deps.ids.uuid()
    const [a, b] = await inOwn(admin, async (tx) => [
      await seal(deps, tx, subjectId, 'same', 'x'),
      await seal(deps, tx, subjectId, 'same', 'x'),
    ])
    expect(a?.ct).not.toBe(b?.ct)
  })

  test('ID4: the database holds no credential and no name in clear', async () => {
    const owner = await server.addOrganization()
    const key = await server.addKey('admin', owner)
    const { body } = await server.request<{ signInLink: string }>(owner.proof, 'POST', '/api/v1/identity/users', {
      email: 'secret-person@example.com',
      displayName: 'Grace Hopper',
      role: 'viewer',
    })
    await server.request(owner.proof, 'PUT', '/api/v1/me/password', { password: 'a very plain password' })
    await server.request(owner.proof, 'POST', '/api/v1/auth/token', { expiresInSeconds: 60 })
    const text = await everything()
    expect(text).toContain(key.slice(4, 12))
    expect(text).toContain('argon2id')
    const token = body.signInLink.split('#token=')[1] ?? ''
    for (const secret of [
      key,
      key.slice(13),
      owner.token,
      token,
      'secret-person',
      'Grace',
      'a very plain password',
      '"d":',
    ])
      expect(text.includes(secret)).toBe(false)
  })

  test('ID6: erasing a person leaves every event as it was and nothing of them to read', async () => {
    const { deps } = server
    const owner = await server.addOrganization()
    const email = 'erased@example.com'
    const person = await server.addPerson('developer', owner)
    const made = await server.request<{ user: User; signInLink: string }>(
      owner.proof,
      'POST',
      '/api/v1/identity/users',
      {
        email,
        displayName: 'To Be Erased',
        role: 'viewer',
      },
    )
    const { user, signInLink } = made.body
    const created = (await server.events(owner)).find((event) => event.subject === `user/${user.userId}`)
    const sealed = (created?.payload as { email: Sealed } | undefined)?.email
    if (sealed === undefined) throw new Error('a created person is journaled')
    expect(await inOwn(owner, (tx) => unseal(deps, tx, sealed, 'user.email'))).toBe(email)

    const before = await server.events(owner)
    const erase = () =>
      server.request<{ erasedAt: string }>(owner.proof, 'POST', `/api/v1/identity/subjects/${user.subjectId}/erase`)
    const first = await erase()
    expect(first.status).toBe(200)
    server.deps.clock.advance(1_000)
    expect((await erase()).body).toEqual(first.body)

    expect(await inOwn(owner, (tx) => unseal(deps, tx, sealed, 'user.email'))).toBeNull()
    expect((await server.events(owner)).slice(0, before.length)).toEqual(before)
    const told = (await server.events(owner)).filter((event) => event.type === 'identity.subject.erased')
    expect(told).toMatchObject([{ payload: { subjectId: user.subjectId } }])
    expect((await server.signIn(signInLink)).status).toBe(410)
    const list = await server.request<{ items: User[] }>(owner.proof, 'GET', '/api/v1/identity/users')
    const left = list.body.items.find((one) => one.userId === user.userId)
    expect(left).toMatchObject({ email: null, displayName: null, disabledAt: first.body.erasedAt })
    await expect(inOwn(owner, (tx) => seal(deps, tx, user.subjectId, 'again', 'user.email'))).rejects.toThrow(/erased/)
    const again = await server.request(owner.proof, 'POST', '/api/v1/identity/users', { email, role: 'viewer' })
    expect(again.status).toBe(201)
    expect((await server.request(person.proof, 'GET', '/api/v1/me')).status).toBe(200)
  })

  test('ID6: an erased person’s sessions end with them', async () => {
    const owner = await server.addOrganization()
    const person = await server.addPerson('developer', owner)
    const list = await server.request<{ items: User[] }>(owner.proof, 'GET', '/api/v1/identity/users')
    const user = list.body.items.find((one) => one.userId === person.userId)
    expect((await server.request(person.proof, 'GET', '/api/v1/me')).status).toBe(200)
    await server.request(owner.proof, 'POST', `/api/v1/identity/subjects/${user?.subjectId}/erase`)
    expect((await server.request(person.proof, 'GET', '/api/v1/me')).status).toBe(401)
  })

  test('ID10: the last admin is not erased, an unknown subject is not found', async () => {
    const { deps } = server
    const owner = await server.addOrganization()
    const list = await server.request<{ items: User[] }>(owner.proof, 'GET', '/api/v1/identity/users')
    const path = `/api/v1/identity/subjects/${list.body.items[0]?.subjectId}/erase`
    expect(await server.request(owner.proof, 'POST', path)).toMatchObject({ status: 409, body: { code: 'conflict' } })
    const actor = { kind: 'system', id: 'test' } as const
    const unknown = await inOwn(owner, (tx) => eraseSubject(deps, tx, deps.ids.uuid(), actor))
    expect(unknown).toMatchObject({ ok: false, refusal: { code: 'not-found' } })
  })
})
