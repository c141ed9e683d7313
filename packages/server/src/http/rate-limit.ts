import { isIP, isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Refusal } from '../kernel/result.ts'

/** `sign-in` is counted per address, `api` and `ingest` (batches, not rows) per credential. */
export type LimitClass = 'sign-in' | 'api' | 'ingest'

/** `quota` requests per window; once they are spent, `burst` more per ten windows. */
export interface LimitPolicy {
  readonly quota: number
  readonly windowSeconds: number
  readonly burst: number
}

export interface RateLimitVerdict {
  /** `RateLimit`, `RateLimit-Policy` and, when refused, `Retry-After`; they go with every reply. */
  readonly headers: Readonly<Record<string, string>>
  readonly refusal: Refusal | null
}

export interface RateLimits {
  /**
   * Takes `count` requests out of a class's quota. `key` is a credential's id or a peer's address; addresses of
   * IPv6 count per /64, which is what one subscriber has. `factor` widens the quota for this key; each factor counts apart.
   */
  take(limitClass: LimitClass, key: string, count?: number, factor?: number): Promise<RateLimitVerdict>
}

/** Ten tries a minute make guessing a password hopeless and leave room for people who mistype. */
export const defaultPolicies: Readonly<Record<LimitClass, LimitPolicy>> = {
  'sign-in': { quota: 10, windowSeconds: 60, burst: 0 },
  api: { quota: 600, windowSeconds: 60, burst: 600 },
  ingest: { quota: 6_000, windowSeconds: 60, burst: 6_000 },
}

const burstWindows = 10

/** The limits that the configuration asks for; `enabled: false` lets everything through and sends no headers. */
export function createRateLimits(options: {
  readonly enabled: boolean
  readonly policies?: Partial<Readonly<Record<LimitClass, LimitPolicy>>>
}): RateLimits {
  if (!options.enabled) return { take: async () => ({ headers: {}, refusal: null }) }
  const policies = { ...defaultPolicies, ...options.policies }
  const limiters: Readonly<Record<LimitClass, Limiter>> = {
    'sign-in': new Limiter('sign-in', policies['sign-in']),
    api: new Limiter('api', policies.api),
    ingest: new Limiter('ingest', policies.ingest),
  }
  const widened = new Map<string, Limiter>()
  const limiterOf = (limitClass: LimitClass, factor: number): Limiter => {
    if (factor === 1) return limiters[limitClass]
    const name = `${limitClass} ${factor}`
    const known = widened.get(name)
    if (known !== undefined) return known
    const { quota, windowSeconds, burst } = policies[limitClass]
    const made = new Limiter(limitClass, { quota: quota * factor, windowSeconds, burst: burst * factor })
    widened.set(name, made)
    return made
  }
  return {
    take: async (limitClass, key, count = 1, factor = 1) => limiterOf(limitClass, factor).take(countedKey(key), count),
  }
}

/**
 * Fixed windows in this process's memory: no request waits for the database to be counted, and N processes behind a
 * balancer let through at most N times the quota.
 */
class Limiter {
  readonly #name: LimitClass
  readonly #steady: RateLimiterMemory
  readonly #burst: RateLimiterMemory | null
  readonly #policyHeader: string

  constructor(name: LimitClass, policy: LimitPolicy) {
    const burstSeconds = policy.windowSeconds * burstWindows
    this.#name = name
    this.#steady = new RateLimiterMemory({ points: policy.quota, duration: policy.windowSeconds })
    this.#burst = policy.burst === 0 ? null : new RateLimiterMemory({ points: policy.burst, duration: burstSeconds })
    this.#policyHeader = [
      `"${name}";q=${policy.quota};w=${policy.windowSeconds}`,
      ...(policy.burst === 0 ? [] : [`"${name}-burst";q=${policy.burst};w=${burstSeconds}`]),
    ].join(', ')
  }

  async take(key: string, count: number): Promise<RateLimitVerdict> {
    const steady = await consume(this.#steady, key, count)
    if (steady.taken) return this.#verdict([`"${this.#name}"${counters(steady.state)}`], null)
    const items = [`"${this.#name}"${counters(steady.state)}`]
    let waitMs = steady.state.msBeforeNext
    if (this.#burst !== null) {
      const burst = await consume(this.#burst, key, count)
      items.push(`"${this.#name}-burst"${counters(burst.state)}`)
      if (burst.taken) return this.#verdict(items, null)
      waitMs = Math.min(waitMs, burst.state.msBeforeNext)
    }
    return this.#verdict(items, Math.max(1, Math.ceil(waitMs / 1000)))
  }

  #verdict(items: readonly string[], retryAfterSeconds: number | null): RateLimitVerdict {
    // draft-ietf-httpapi-ratelimit-headers-11: lists of quoted policy names with q, w (policy) and r, t (state).
    const headers = { 'ratelimit-policy': this.#policyHeader, ratelimit: items.join(', ') }
    if (retryAfterSeconds === null) return { headers, refusal: null }
    return {
      headers: { ...headers, 'retry-after': String(retryAfterSeconds) },
      refusal: {
        code: 'rate-limited',
        detail: `The quota '${this.#name}' is spent. Send again in ${retryAfterSeconds} s; the RateLimit headers say what is left.`,
        extensions: { retryAfterSeconds, policy: this.#name },
      },
    }
  }
}

function counters(state: RateLimiterRes): string {
  return `;r=${Math.max(0, state.remainingPoints)};t=${Math.max(0, Math.ceil(state.msBeforeNext / 1000))}`
}

async function consume(
  limiter: RateLimiterMemory,
  key: string,
  count: number,
): Promise<{ taken: boolean; state: RateLimiterRes }> {
  try {
    return { taken: true, state: await limiter.consume(key, count) }
  } catch (refused) {
    // The library rejects with its state when the quota is spent, and with an Error when something is broken.
    if (refused instanceof RateLimiterRes) return { taken: false, state: refused }
    throw refused
  }
}

/** What a peer is counted under: an IPv4 address, the /64 of an IPv6 address, or the credential as given. */
export function countedKey(key: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(key)?.[1]
  if (mapped !== undefined && isIP(mapped) === 4) return mapped
  const address = key.replace(/%.*$/, '')
  if (!isIPv6(address)) return key
  const [head = '', tail] = address.split('::', 2)
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // A dotted IPv4 tail stands for two groups; it never reaches the first four.
  const groups = 8 - (address.includes('.') ? 1 : 0)
  const zeros =
    tail === undefined ? [] : new Array<string>(Math.max(0, groups - before.length - after.length)).fill('0')
  const prefix = [...before, ...zeros, ...after].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${prefix.join(':')}::/64`
}
