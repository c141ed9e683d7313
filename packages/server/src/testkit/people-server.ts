import { type AccessScope, type JournalEvent, type Me, type Role, scopesOfRole, type User } from '@metaagent/contract'
import { createRateLimits } from '../http/rate-limit.ts'
import { createShell } from '../http/server.ts'
import type { Slice } from '../ports/slice.ts'
import {
  authenticate,
  createOrganization,
  ensureFirstOrganization,
  issueApiKey,
} from '../slices/govern/identity/index.ts'
import { openTestStore, type StoreKind } from './database.ts'
import { createTestDeps, type TestDeps } from './test-deps.ts'
import type { TestStore } from './test-stores.ts'

export interface PeopleReply<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** Headers that prove who asks; empty: nobody. */
export type Proof = Readonly<Record<string, string>>

/** Somebody who is signed in by the dashboard's own way: a one-time link and a cookie. */
export interface Person {
  readonly organizationId: string
  readonly userId: string
  readonly proof: Proof
  /** The session's token, as it stands in the cookie. */
  readonly token: string
}

/** Some slices behind the real HTTP shell with real credentials, so that people, roles and tenants are what is tested. */
export interface PeopleServer {
  readonly url: string
  readonly deps: TestDeps
  readonly testStore: TestStore
  /** The first admin of the first organization. */
  readonly admin: Person
  request<Body = Record<string, unknown>>(
    proof: Proof,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<PeopleReply<Body>>
  signIn(link: string): Promise<PeopleReply<Me>>
  /** Adds a person to an admin's organization and signs them in. */
  addPerson(role: Role, by?: Person): Promise<Person>
  /** Makes an organization of its own and signs its admin in. */
  addOrganization(): Promise<Person>
  /** An API key of a person's organization, made without asking for rights. */
  addKey(scopes: Role | readonly AccessScope[], of?: Person): Promise<string>
  /** The journal of a person's organization, oldest first. */
  events(of?: Person): Promise<readonly Pick<JournalEvent, 'eventId' | 'type' | 'subject' | 'actor' | 'payload'>[]>
  close(): Promise<void>
}

/** Starts the slices on a fresh store with a clock that only the test moves. */
export async function startPeopleServer(kind: StoreKind, slices: readonly Slice[]): Promise<PeopleServer> {
  const testStore = await openTestStore(kind)
  const deps = createTestDeps(testStore.store)
  const shell = await createShell({
    deps,
    slices,
    authenticate,
    rateLimits: createRateLimits({ enabled: false }),
    hotPath: () => false,
    version: '0.0.0',
    dashboardDir: null,
  })
  const url = await shell.listen('127.0.0.1', 0)
  const request: PeopleServer['request'] = (proof, method, path, body) => send(url, proof, method, path, body)
  const signIn = (link: string) => request<Me>({}, 'POST', '/api/v1/auth/sign-in', { linkToken: tokenOfLink(link) })
  const enter = async (link: string): Promise<Person> => personOf(await signIn(link))
  const { signInLink } = await ensureFirstOrganization(deps)
  const admin = await enter(String(signInLink))
  let count = 0
  return {
    url,
    deps,
    testStore,
    admin,
    request,
    signIn,
    addPerson: async (role, by = admin) => {
      const email = `person-${++count}@example.com`
      const made = await request<{ user: User; signInLink: string }>(by.proof, 'POST', '/api/v1/identity/users', {
        email,
        role,
      })
      return enter(made.body.signInLink)
    },
    addOrganization: async () => {
      const name = `Organization ${++count}`
      const actor = { kind: 'system', id: 'test' } as const
      const input = { name, adminEmail: `admin-${count}@example.org`, adminName: null, actor }
      const made = await deps.store.transaction('deployment', (tx) => createOrganization(deps, tx, input))
      return enter(made.signInLink)
    },
    addKey: async (access, of = admin) => {
      const { organizationId } = of
      const scopes = typeof access === 'string' ? scopesOfRole[access] : access
      const key = { name: 'test', scopes, expiresAt: null, actor: { kind: 'system', id: 'test' } } as const
      return (await deps.store.transaction({ organizationId }, (tx) => issueApiKey(deps, tx, key))).secret
    },
    events: (of = admin) => readJournal(deps, of.organizationId),
    close: async () => {
      await shell.close()
      await testStore.close()
    },
  }
}

/** The token that a sign-in link carries behind `#`. */
export function tokenOfLink(link: string): string {
  return link.slice(link.indexOf('#token=') + '#token='.length)
}

/** Proof by API key. */
export function keyProof(key: string): Proof {
  return { authorization: `Bearer ${key}` }
}

/** Proof by session cookie, sent as the dashboard's own pages send it. */
export function cookieProof(token: string): Proof {
  return { cookie: `metaagent_session=${token}`, 'sec-fetch-site': 'same-origin' }
}

function personOf(reply: PeopleReply<Me>): Person {
  const token = /metaagent_session=([^;]+)/.exec(reply.headers.get('set-cookie') ?? '')?.[1]
  const { user, organization } = reply.body
  if (token === undefined || user === null) throw new Error(`a sign-in was refused: ${JSON.stringify(reply.body)}`)
  return { organizationId: organization.organizationId, userId: user.userId, proof: cookieProof(token), token }
}

async function send<Body>(
  url: string,
  proof: Proof,
  method: string,
  path: string,
  body: unknown,
): Promise<PeopleReply<Body>> {
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...proof, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  const read = text === '' ? null : isJson ? JSON.parse(text) : text
  return { status: response.status, headers: response.headers, body: read as Body }
}

async function readJournal(deps: TestDeps, organizationId: string) {
  interface Row {
    event_id: string
    organization_id: string
    type: string
    subject: string
    actor: JournalEvent['actor']
    payload: JournalEvent['payload']
  }
  const rows = await deps.store.transaction({ organizationId }, (tx) =>
    tx
      .tables<{ journal_events: Row }>()
      .selectFrom('journal_events')
      .select(['event_id', 'type', 'subject', 'actor', 'payload'])
      .where('organization_id', '=', organizationId)
      .orderBy('event_id')
      .execute(),
  )
  return rows.map(({ event_id, ...row }) => ({ eventId: event_id, ...row }))
}
