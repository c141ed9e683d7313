import { type AccessScope, accessScopes, type Role, scopesOfRole } from '@metaagent/contract'
import type { Route, Slice } from '../ports/slice.ts'
import { cookieProof, keyProof, type PeopleServer, type Proof } from './people-server.ts'

export interface AccessCase {
  readonly route: string
  readonly as: string
  readonly expected: 'open' | 'not-authenticated' | 'not-allowed' | 'let through'
  readonly observed: string
}

const anyId = '01900000-0000-7000-8000-0000000000ff'

/**
 * Calls every JSON and bytes route of a slice as nobody, as each role by key, as a person with a custom role (if any), and with a key
 * that holds every scope but the route's, and returns what should have happened beside what did. Bodies are left out: who may not ask is turned
 * away before a body is looked at, and who may gets as far as the schema.
 */
export async function accessCases(
  server: PeopleServer,
  slice: Slice,
  custom: CustomPerson | null = null,
): Promise<readonly AccessCase[]> {
  const keys: Record<Role, string> = {
    admin: await server.addKey('admin'),
    developer: await server.addKey('developer'),
    viewer: await server.addKey('viewer'),
  }
  const cases: AccessCase[] = []
  for (const route of slice.routes) {
    if (route.kind === 'stream') continue
    const name = `${route.method} ${route.path}`
    const observe = async (proof: Proof) => observed(await server.request(proof, route.method, pathOf(route)))
    const { access } = route
    cases.push({
      route: name,
      as: 'nobody',
      expected: access === null ? 'open' : 'not-authenticated',
      observed: await observe({}),
    })
    if (access === null) continue
    for (const [role, key] of Object.entries(keys) as [Role, string][]) {
      const expected = scopesOfRole[role].includes(access) ? 'let through' : 'not-allowed'
      cases.push({ route: name, as: role, expected, observed: await observe(keyProof(key)) })
    }
    // Signing out would end the session that the other routes are asked with.
    if (custom !== null && route.operationId !== 'signOut') {
      const expected = custom.scopes.has(access) ? 'let through' : 'not-allowed'
      cases.push({ route: name, as: 'a custom role', expected, observed: await observe(custom.proof) })
    }
    const others = scopesOfRole.admin.filter((scope) => scope !== access)
    if (access === 'self:read') continue
    const lacking = keyProof(await server.addKey(others))
    cases.push({ route: name, as: `all but ${access}`, expected: 'not-allowed', observed: await observe(lacking) })
  }
  return cases
}

/** Somebody with a role of the organization's own. */
export interface CustomPerson {
  readonly proof: Proof
  readonly scopes: ReadonlySet<AccessScope>
}

/** Signs a person in whose role holds every second scope of the catalogue: no built-in role is like it. */
export async function addCustomPerson(server: PeopleServer): Promise<CustomPerson> {
  const { proof } = server.admin
  const wanted = accessScopes.filter((scope, at) => at % 2 === 0 || scope === 'self:read')
  const role = await server.request<{ roleId: string; scopes: AccessScope[] }>(
    proof,
    'POST',
    '/api/v1/identity/roles',
    {
      name: 'Every second scope',
      scopes: wanted,
    },
  )
  const person = { email: 'custom@example.com', customRoleId: role.body.roleId }
  const made = await server.request<{ signInLink: string }>(proof, 'POST', '/api/v1/identity/users', person)
  const entered = await server.signIn(made.body.signInLink)
  const token = /metaagent_session=([^;]+)/.exec(entered.headers.get('set-cookie') ?? '')?.[1] ?? ''
  return { proof: cookieProof(token), scopes: new Set(role.body.scopes) }
}

/** Cases in which something else happened than should have. */
export function wrongCases(cases: readonly AccessCase[]): readonly AccessCase[] {
  return cases.filter(({ expected, observed: seen }) => {
    if (expected === 'open' || expected === 'let through')
      return seen === 'not-authenticated' || seen === 'scope missing'
    return seen !== (expected === 'not-allowed' ? 'scope missing' : expected)
  })
}

function pathOf(route: Route): string {
  return route.path.replace(/:\w+/g, anyId)
}

/** `scope missing` is the shell's refusal; a slice's own `not-allowed` means that the request got as far as the slice. */
function observed(reply: { status: number; body: unknown }): string {
  const body = reply.body as { code?: string; scope?: string } | null
  if (body?.code === 'not-allowed' && typeof body.scope === 'string') return 'scope missing'
  return body?.code ?? String(reply.status)
}
