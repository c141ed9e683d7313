import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { countedKey, createRateLimits } from './rate-limit.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const policies = { api: { quota: 3, windowSeconds: 60, burst: 2 } }

describe('rate limits', () => {
  test('a reply says the policy and what is left of it', async () => {
    const limits = createRateLimits({ enabled: true })
    const { headers, refusal } = await limits.take('sign-in', '192.0.2.1')
    expect(refusal).toBeNull()
    expect(headers).toEqual({ 'ratelimit-policy': '"sign-in";q=10;w=60', ratelimit: '"sign-in";r=9;t=60' })
  })

  test('the eleventh sign-in of one address within a minute is refused, another address is not', async () => {
    const limits = createRateLimits({ enabled: true })
    for (let i = 0; i < 10; i++) expect((await limits.take('sign-in', '192.0.2.1')).refusal).toBeNull()
    vi.advanceTimersByTime(20_000)
    const refused = await limits.take('sign-in', '192.0.2.1')
    expect(refused.refusal).toMatchObject({ code: 'rate-limited', extensions: { retryAfterSeconds: 40 } })
    expect(refused.headers['retry-after']).toBe('40')
    expect(refused.headers['ratelimit']).toBe('"sign-in";r=0;t=40')
    expect((await limits.take('sign-in', '192.0.2.2')).refusal).toBeNull()
  })

  test('a window that has passed gives the whole quota back', async () => {
    const limits = createRateLimits({ enabled: true })
    for (let i = 0; i < 11; i++) await limits.take('sign-in', '192.0.2.1')
    vi.advanceTimersByTime(60_001)
    expect((await limits.take('sign-in', '192.0.2.1')).refusal).toBeNull()
  })

  test('a burst is let through once per ten windows, and both quotas are shown', async () => {
    const limits = createRateLimits({ enabled: true, policies })
    for (let i = 0; i < 3; i++) await limits.take('api', 'key:1')
    const burst = await limits.take('api', 'key:1')
    expect(burst.refusal).toBeNull()
    expect(burst.headers).toEqual({
      'ratelimit-policy': '"api";q=3;w=60, "api-burst";q=2;w=600',
      ratelimit: '"api";r=0;t=60, "api-burst";r=1;t=600',
    })
    await limits.take('api', 'key:1')
    expect((await limits.take('api', 'key:1')).refusal).toMatchObject({ extensions: { retryAfterSeconds: 60 } })
    vi.advanceTimersByTime(60_001)
    for (let i = 0; i < 3; i++) expect((await limits.take('api', 'key:1')).refusal).toBeNull()
    expect((await limits.take('api', 'key:1')).refusal?.code).toBe('rate-limited')
  })

  test('one credential spends nothing of another one or of another class', async () => {
    const limits = createRateLimits({ enabled: true, policies: { api: { quota: 1, windowSeconds: 60, burst: 0 } } })
    await limits.take('api', 'key:1')
    expect((await limits.take('api', 'key:1')).refusal?.code).toBe('rate-limited')
    expect((await limits.take('api', 'key:2')).refusal).toBeNull()
    expect((await limits.take('ingest', 'key:1')).refusal).toBeNull()
  })

  test('limits that are switched off let everything through', async () => {
    const limits = createRateLimits({ enabled: false })
    for (let i = 0; i < 50; i++) expect(await limits.take('sign-in', 'x')).toEqual({ headers: {}, refusal: null })
  })

  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:2::99', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['key:0190', 'key:0190'],
  ])('%s is counted under %s', (key, counted) => {
    expect(countedKey(key)).toBe(counted)
  })
})
