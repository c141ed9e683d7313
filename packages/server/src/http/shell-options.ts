import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Result } from '../kernel/result.ts'
import type { Caller, Deps, Slice } from '../ports/slice.ts'
import type { PresentedCredential } from './credentials.ts'
import type { PrivilegedClientMiddleware } from './privileged-client.ts'
import type { RateLimits } from './rate-limit.ts'
import type { RequestLanes } from './request-lanes.ts'

/** The hot path: true when it took the request, which then skips every Fastify hook. */
export type HotPath = (request: IncomingMessage, response: ServerResponse) => boolean

export interface ShellOptions {
  readonly deps: Deps
  readonly slices: readonly Slice[]
  readonly authenticate: (deps: Deps, presented: PresentedCredential) => Promise<Result<Caller>>
  /** The access token in a ticket for one stream; absent: there are no tickets. */
  readonly redeemTicket?: (deps: Deps, ticket: string) => Result<{ readonly token: string }>
  readonly rateLimits: RateLimits
  /** Who shares the deployment's secret; absent: nobody. */
  readonly privilegedClients?: PrivilegedClientMiddleware
  /** How many times the rate limits a privileged client of an organization has; absent: once. */
  readonly privilegedRateFactor?: (organizationId: string) => Promise<number>
  /** Which requests wait when there are many; absent: as many as a process takes by default. */
  readonly lanes?: RequestLanes
  /** Another header that may carry an API key, lower case. */
  readonly apiKeyHeader?: string
  readonly hotPath: HotPath
  readonly version: string
  /** Reverse proxies whose X-Forwarded-For names the client, for limits per address. */
  readonly trustedProxies?: readonly string[]
  /** The built dashboard; null serves the API alone. */
  readonly dashboardDir: string | null
}
