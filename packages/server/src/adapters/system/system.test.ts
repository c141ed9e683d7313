import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../kernel/instant.ts'
import type { Clock } from '../../ports/clock.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { seededRandom } from '../../testkit/seeded-random.ts'
import { pinoLog } from './pino-log.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'
import { uuidV7 } from './uuid-v7.ts'

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('UUIDv7', () => {
  test('every id is of version 7 and of the RFC variant, and carries the clock in its first 48 bits', () => {
    const clock = new FakeClock(instantFromEpochMs(0x017f22e279b0))
    const id = uuidV7(clock, systemRandom).uuid()
    expect(id).toMatch(pattern)
    expect(id.startsWith('017f22e2-79b0-7')).toBe(true) // the time of RFC 9562's example (appendix A.6)
  })

  test('ids rise strictly within a millisecond, over milliseconds and when the clock goes back', () => {
    let nowMs = 1_700_000_000_000
    const clock: Clock = { ...systemClock, now: () => instantFromEpochMs(nowMs) }
    const ids = uuidV7(clock, seededRandom(5))
    const made: string[] = []
    for (const step of [0, 1, 0, -5, -1, 3, 100, -50]) {
      nowMs += step
      for (let count = 0; count < 200; count++) made.push(ids.uuid())
    }
    expect([...made].sort()).toEqual(made)
    expect(new Set(made).size).toBe(made.length)
    for (const id of made) expect(id).toMatch(pattern)
  })
})

describe('the system', () => {
  test('the clock tells whole milliseconds and a monotonic time', () => {
    const before = systemClock.monotonicMs()
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000)
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before)
  })

  test('a timer fires once unless it was cancelled', async () => {
    const fired: string[] = []
    const cancel = systemClock.after(1, () => fired.push('cancelled'))
    cancel()
    await new Promise<void>((resolve) => {
      systemClock.after(5, () => {
        fired.push('kept')
        resolve()
      })
    })
    expect(fired).toEqual(['kept'])
  })

  test('random bytes differ, and units stay in [0, 1)', () => {
    expect(systemRandom.bytes(32)).not.toEqual(systemRandom.bytes(32))
    for (let count = 0; count < 1_000; count++) {
      const unit = systemRandom.unit()
      expect(unit).toBeGreaterThanOrEqual(0)
      expect(unit).toBeLessThan(1)
    }
  })

  test('a log line is one line of JSON with level, fields and message, and errors keep their stack', () => {
    const lines: string[] = []
    const sink = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const log = pinoLog('info', sink)
    log.debug({}, 'not shown')
    log.info({ agentId: 'a' }, 'shown')
    log.warn({}, 'warned')
    log.error({ error: new Error('boom') }, 'failed')
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['shown', 'warned', 'failed'])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, agentId: 'a', msg: 'shown' })
    expect(JSON.parse(lines[2] ?? '').error).toMatchObject({ message: 'boom', stack: expect.stringContaining('at ') })
  })
})
