import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../testkit/fake-clock.ts'
import { type Admission, RequestLanes } from './request-lanes.ts'

const limits = { ordinary: 2, privileged: 1, waiting: 3, longestWaitMs: 1_000 }
const leave = (admission: Admission) => admission.ok && admission.leave()
/** What a request is told so far: null while it waits. */
async function told(entering: Promise<Admission>): Promise<Admission | null> {
  return await Promise.race([entering, new Promise<null>((resolve) => setImmediate(() => resolve(null)))])
}

test('ordinary requests beyond their slots wait in their order, and then are refused; privileged ones are let by', async () => {
  const lanes = new RequestLanes(new FakeClock(), limits)
  const first = [await lanes.enter(false), await lanes.enter(false)]
  const waiting = [lanes.enter(false), lanes.enter(false), lanes.enter(false)]
  const refused = await lanes.enter(false)
  expect(refused).toMatchObject({ ok: false, refusal: { code: 'saturated', extensions: { retryAfterSeconds: 1 } } })
  expect(await told(lanes.enter(true))).toMatchObject({ ok: true })
  expect(await told(waiting[0] as Promise<Admission>)).toBeNull()
  leave(first[0] as Admission)
  expect(await told(waiting[0] as Promise<Admission>)).toMatchObject({ ok: true })
  expect(await told(waiting[1] as Promise<Admission>)).toBeNull()
  expect(lanes.figures()).toMatchObject({
    ordinary: { slots: 2, inFlight: 2, waiting: 2, served: 1, refused: 1 },
    privileged: { slots: 1, inFlight: 1, waiting: 0, served: 0, refused: 0, p99Ms: null },
  })
})

test('who waits too long is refused, and a slot that is left counts once', async () => {
  const clock = new FakeClock()
  const lanes = new RequestLanes(clock, { ...limits, ordinary: 1 })
  const first = await lanes.enter(false)
  const second = lanes.enter(false)
  clock.advance(1_000)
  expect(await second).toMatchObject({ ok: false })
  leave(first)
  leave(first)
  expect(lanes.figures().ordinary).toMatchObject({ inFlight: 0, waiting: 0, served: 1, refused: 1 })
})

test('a privileged client takes an ordinary slot while its own are full, and no more than there are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 12 }), async (asked) => {
      const lanes = new RequestLanes(new FakeClock(), { ...limits, waiting: 100 })
      for (const isPrivileged of asked) await told(lanes.enter(isPrivileged))
      const { ordinary, privileged } = lanes.figures()
      expect(ordinary.inFlight).toBeLessThanOrEqual(2)
      expect(privileged.inFlight).toBeLessThanOrEqual(1)
      expect(ordinary.inFlight + ordinary.waiting + privileged.inFlight + privileged.waiting).toBe(asked.length)
      if (asked.includes(true)) expect(privileged.inFlight + ordinary.inFlight).toBeGreaterThan(0)
    }),
  )
})
