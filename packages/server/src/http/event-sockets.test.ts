import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { StreamEvent } from '../ports/slice.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { MemoryLog } from '../testkit/memory-log.ts'
import { EventSockets } from './event-sockets.ts'

let listener: WebSocketServer
beforeAll(async () => {
  listener = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(listener, 'listening')
})
afterAll(() => listener.close())

async function connect(options: { autoPong?: boolean } = {}) {
  const accepted = once(listener, 'connection')
  const client = new WebSocket(`ws://127.0.0.1:${(listener.address() as AddressInfo).port}`, options)
  const closed = once(client, 'close') as Promise<[number, Buffer]>
  client.on('error', () => {})
  await once(client, 'open')
  const [socket] = (await accepted) as [WebSocket]
  return { client, closed, socket }
}

/** As many events as are taken, a quarter of a megabyte each. */
async function* endless(): AsyncGenerator<StreamEvent> {
  for (let number = 0; ; number++) {
    await setImmediate()
    yield { id: String(number), event: 'journal-event', data: 'x'.repeat(262_144) }
  }
}

async function* silent(signal: AbortSignal): AsyncGenerator<StreamEvent> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  yield* []
}

test('a client that does not take what waits for it holds its source back, and after ten seconds is told to go on later', async () => {
  const clock = new FakeClock()
  const sockets = new EventSockets(clock, new MemoryLog())
  const { client, closed, socket } = await connect()
  const ids: string[] = []
  client.on('message', (data) => ids.push((JSON.parse(String(data)) as { id: string }).id))
  const abort = new AbortController()
  client.pause()
  const served = sockets.serve(socket, abort, endless(), async () => true)
  while (socket.bufferedAmount <= 1_048_576) await setImmediate()
  const heldBackAt = socket.bufferedAmount
  for (let turn = 0; turn < 20; turn++) await setImmediate()
  expect(socket.bufferedAmount).toBe(heldBackAt)
  clock.advance(10_000)
  await served
  expect(abort.signal.aborted).toBe(true)
  const gone = once(socket, 'close')
  client.resume()
  const [code] = await closed
  await gone
  expect(code).toBe(1013)
  // Nothing was left out before it: the last id is where to go on.
  expect(ids).toEqual(ids.map((_, number) => String(number)))
  expect(sockets.count).toBe(0)
})

test('a client that answers no ping is cut off, one that does stays', async () => {
  const clock = new FakeClock()
  const sockets = new EventSockets(clock, new MemoryLog())
  const [deaf, well] = [await connect({ autoPong: false }), await connect()]
  for (const { socket } of [deaf, well]) {
    const abort = new AbortController()
    void sockets.serve(socket, abort, silent(abort.signal), async () => true)
  }
  const pinged = [once(deaf.client, 'ping'), once(well.client, 'ping'), once(well.socket, 'pong')]
  clock.advance(15_000)
  await Promise.all(pinged)
  clock.advance(15_000)
  expect((await deaf.closed)[0]).toBe(1006)
  expect(well.client.readyState).toBe(WebSocket.OPEN)
  sockets.endAll()
  expect((await well.closed)[0]).toBe(1001)
})
