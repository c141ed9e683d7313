import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Result } from '../kernel/result.ts'
import type { Caller, Deps, Slice } from '../ports/slice.ts'
import type { PresentedCredential } from './credentials.ts'
import type { RateLimits } from './rate-limit.ts'

/** The hot path: true when it took the request, which then skips every Fastify hook. */
export type HotPath = (request: IncomingMessage, response: ServerResponse) => boolean

export interface ShellOptions {
  readonly deps: Deps
  readonly slices: readonly Slice[]
  readonly authenticate: (deps: Deps, presented: PresentedCredential) => Promise<Result<Caller>>
  readonly rateLimits: RateLimits
  readonly hotPath: HotPath
  readonly version: string
  /** Reverse proxies whose X-Forwarded-For names the client, for limits per address. */
  readonly trustedProxies?: readonly string[]
  /** The built dashboard; null serves the API alone. */
  readonly dashboardDir: string | null
}
