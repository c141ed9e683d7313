import { type Role, scopesOfRole } from '@metaagent/contract'
import { createRateLimits } from '../http/rate-limit.ts'
import { createShell } from '../http/server.ts'
import { ok, refuse } from '../kernel/result.ts'
import type { Caller, Deps, Slice } from '../ports/slice.ts'

export interface SliceReply<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** Some slices behind the real HTTP shell, with callers that the test makes up instead of credentials. */
export interface SliceServer {
  /** Sends JSON as a caller; JSON comes parsed, anything else as text. */
  request<Body = unknown>(as: Caller, method: string, path: string, body?: unknown): Promise<SliceReply<Body>>
  /** The reply's bytes, for what is not text. */
  bytes(as: Caller, path: string): Promise<Uint8Array>
  close(): Promise<void>
}

/** Someone of a role in an organization. */
export function callerOf(organizationId: string, role: Role, userId = '01900000-0000-7000-8000-00000000000a'): Caller {
  const actor = { kind: 'user', userId, sessionId: null } as const
  return { organizationId, actor, role, scopes: new Set(scopesOfRole[role]) }
}

/** Serves slices alone, so that their tests need no other slice. Whole-house tests use `startTestServer`. */
export async function startSliceServer(deps: Deps, slices: readonly Slice[]): Promise<SliceServer> {
  const callers = new Map<string, Caller>()
  const shell = await createShell({
    deps,
    slices,
    authenticate: async (_deps, { authorization }) => {
      const caller = callers.get(authorization?.slice('Bearer '.length) ?? '')
      return caller === undefined ? refuse('not-authenticated', 'The test knows no such caller.') : ok(caller)
    },
    rateLimits: createRateLimits({ enabled: false }),
    hotPath: () => false,
    version: '0.0.0',
    dashboardDir: null,
  })
  const url = await shell.listen('127.0.0.1', 0)
  const send = async (as: Caller, method: string, path: string, body?: unknown) => {
    const key = `caller-${callers.size}`
    callers.set(key, as)
    return await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  return {
    request: async <Body>(as: Caller, method: string, path: string, body?: unknown) => {
      const response = await send(as, method, path, body)
      const text = await response.text()
      const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? null : isJson ? JSON.parse(text) : text) as Body,
      }
    },
    bytes: async (as, path) => new Uint8Array(await (await send(as, 'GET', path)).arrayBuffer()),
    close: async () => await shell.close(),
  }
}
