import type { TestServer } from './test-server.ts'

/** Headers of a person who is signed in by a browser. */
export type SignedIn = Readonly<Record<string, string>>

/** Adds two admins to the first organization of a test server and signs them in: one asks, the other approves. */
export async function signedInAdmins(server: TestServer): Promise<readonly [SignedIn, SignedIn]> {
  return [await admin(server, 'first'), await admin(server, 'second')]
}

async function admin(server: TestServer, name: string): Promise<SignedIn> {
  const made = await server.request<{ signInLink: string }>('POST', '/api/v1/identity/users', {
    body: { email: `${name}-admin@example.com`, role: 'admin' },
  })
  const linkToken = made.body.signInLink.split('#token=')[1]
  const { headers } = await server.request('POST', '/api/v1/auth/sign-in', { key: null, body: { linkToken } })
  const cookie = /metaagent_session=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0]
  if (cookie === undefined) throw new Error(`${name} could not sign in`)
  return { cookie, 'sec-fetch-site': 'same-origin' }
}
