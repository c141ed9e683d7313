import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { judgeApiKey, judgeLink, judgeSession, sessionAbsoluteMs, sessionIdleMs } from './lifetimes.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5))
const limits = { idleMs: sessionIdleMs, absoluteMs: sessionAbsoluteMs }
const session = { createdAt: now, lastSeenAt: now, expiresAt: addMs(now, sessionAbsoluteMs), endedAt: null }

describe('sessions', () => {
  test.each([
    ['in use', session, null, 0, null],
    ['a moment before it is idle', session, null, sessionIdleMs - 1, null],
    ['idle', session, null, sessionIdleMs, 'credential-expired'],
    [
      'used until its end',
      { ...session, lastSeenAt: session.expiresAt },
      null,
      sessionAbsoluteMs,
      'credential-expired',
    ],
    ['ended', { ...session, endedAt: now }, null, 0, 'not-authenticated'],
    ['of somebody who is disabled', session, now, 0, 'not-authenticated'],
  ])('%s', (_title, judged, disabledAt, laterMs, code) => {
    const result = judgeSession(judged, disabledAt, limits, addMs(now, laterMs))
    expect(result.ok ? null : result.refusal.code).toBe(code)
  })

  test('a session that does not count at one time never counts later', () => {
    const offsets = fc.integer({ min: 0, max: 10 * sessionAbsoluteMs })
    fc.assert(
      fc.property(offsets, offsets, (a, b) => {
        const [earlier, later] = a < b ? [a, b] : [b, a]
        const before = judgeSession(session, null, limits, addMs(now, earlier)).ok
        expect(before || !judgeSession(session, null, limits, addMs(now, later)).ok).toBe(true)
      }),
    )
  })
})

describe('keys and links', () => {
  const at = (offsetMs: number): Instant => addMs(now, offsetMs)

  test.each([
    ['without end', { expiresAt: null, revokedAt: null }, null],
    ['in time', { expiresAt: at(1), revokedAt: null }, null],
    ['at its end', { expiresAt: at(0), revokedAt: null }, 'credential-expired'],
    ['revoked', { expiresAt: null, revokedAt: at(-1) }, 'not-authenticated'],
  ])('a key %s', (_title, key, code) => {
    const result = judgeApiKey(key, now)
    expect(result.ok ? null : result.refusal.code).toBe(code)
  })

  test.each([
    ['fresh', { expiresAt: at(1), usedAt: null, voidedAt: null }, null, true],
    ['at its end', { expiresAt: at(0), usedAt: null, voidedAt: null }, null, false],
    ['used', { expiresAt: at(1), usedAt: at(-1), voidedAt: null }, null, false],
    ['void', { expiresAt: at(1), usedAt: null, voidedAt: at(-1) }, null, false],
    ['of somebody who is disabled', { expiresAt: at(1), usedAt: null, voidedAt: null }, now, false],
  ])('a link %s', (_title, link, disabledAt, ok) => {
    expect(judgeLink(link, disabledAt, now).ok).toBe(ok)
  })
})
