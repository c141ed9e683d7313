import fc from 'fast-check'
import { expect, test } from 'vitest'
import { whilePrivilegedWaits, whileSomebodyWaits, whoWaits } from '../../ports/urgency.ts'
import { openTestStore } from '../../testkit/database.ts'
import { type Line, Mutex } from './mutex.ts'

/** The order in which those who came while it was held got it, each freeing it at once. */
async function orderOf(lines: readonly Line[]): Promise<readonly number[]> {
  const mutex = new Mutex()
  const free = await mutex.acquire()
  const order: number[] = []
  const all = lines.map(async (line, number) => {
    const done = await mutex.acquire(line)
    order.push(number)
    done()
    done()
  })
  free()
  await Promise.all(all)
  return order
}

test('in one line the first who comes is the first served', async () => {
  expect(await orderOf(['patient', 'patient', 'patient'])).toEqual([0, 1, 2])
  expect(await orderOf(['urgent', 'urgent', 'urgent'])).toEqual([0, 1, 2])
})

test('the urgent go before the patient, but no more than four in a row', async () => {
  expect(await orderOf(['patient', 'urgent', 'patient', 'urgent'])).toEqual([1, 3, 0, 2])
  const six = Array.from({ length: 6 }, (): Line => 'urgent')
  expect(await orderOf(['patient', ...six, 'patient'])).toEqual([1, 2, 3, 4, 0, 5, 6, 7])
})

test('privileged clients go before all others, but no more than four in a row', async () => {
  expect(await orderOf(['patient', 'urgent', 'first'])).toEqual([2, 1, 0])
  const six = Array.from({ length: 6 }, (): Line => 'first')
  expect(await orderOf(['urgent', ...six, 'urgent'])).toEqual([1, 2, 3, 4, 0, 5, 6, 7])
})

test('law: everybody gets it once, one at a time, and freeing twice frees nobody else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom<Line>('first', 'urgent', 'patient'), { maxLength: 40 }),
      async (lines) => {
        const mutex = new Mutex()
        let holders = 0
        let served = 0
        await Promise.all(
          lines.map(async (line) => {
            const free = await mutex.acquire(line)
            holders += 1
            served += 1
            expect(holders).toBe(1)
            await Promise.resolve()
            holders -= 1
            free()
            free()
          }),
        )
        expect(served).toBe(lines.length)
        await mutex.hold(async () => expect(holders).toBe(0))
      },
    ),
  )
})

test('a question that somebody waits for begins before transactions that came earlier', async () => {
  const { store, close } = await openTestStore('pglite', { migrations: [] })
  try {
    const order: string[] = []
    const { promise: held, resolve: free } = Promise.withResolvers<void>()
    const first = store.transaction('deployment', async () => await held)
    const note = (who: string) => store.transaction('deployment', async () => void order.push(who))
    const others = [note('telemetry'), note('job'), whileSomebodyWaits(() => note('page'))]
    others.push(whilePrivilegedWaits(() => note('privileged client')))
    free()
    await Promise.all([first, ...others])
    expect(order).toEqual(['privileged client', 'page', 'telemetry', 'job'])
    expect(whoWaits()).toBeNull()
  } finally {
    await close()
  }
})
