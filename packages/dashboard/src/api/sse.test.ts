import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SseReader } from './sse.ts'

const stream =
  '\uFEFF: hello\n\nid: 1\nevent: fleet\ndata: {"a":1}\n\nid: 2\r\nevent: agent\r\ndata: x\r\ndata: y\r\n\r\nretry: 900\n\ndata\rid: 3\r\rdata: last\n\n'

function readAll(pieces: readonly string[]) {
  const reader = new SseReader()
  const chunks = pieces.map((piece) => reader.push(piece))
  return { events: chunks.flatMap(({ events }) => events), retry: chunks.flatMap(({ retryMs }) => retryMs ?? []) }
}

test('events, comments, waiting times and all three line ends are read as the standard says', () => {
  expect(readAll([stream])).toEqual({
    events: [
      { id: '1', event: 'fleet', data: '{"a":1}' },
      { id: '2', event: 'agent', data: 'x\ny' },
      { id: '3', event: 'message', data: '' },
      { id: '3', event: 'message', data: 'last' },
    ],
    retry: [900],
  })
})

test('wherever the network cuts the stream, the same events come out', () => {
  const whole = readAll([stream])
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), stream.length]
      const pieces = places.slice(1).map((end, index) => stream.slice(places[index], end))
      expect(readAll(pieces)).toEqual(whole)
    }),
  )
})

test('an unfinished event is held back, an event without data is dropped, an id with NUL is ignored', () => {
  expect(readAll(['event: agent\n\nid: a\0b\ndata: 1\n\ndata: 2\n'])).toEqual({
    events: [{ id: null, event: 'message', data: '1' }],
    retry: [],
  })
})

test('unknown fields and a waiting time that is no number change nothing', () => {
  expect(readAll(['foo: bar\nretry: soon\ndata: 1\n\n'])).toEqual({
    events: [{ id: null, event: 'message', data: '1' }],
    retry: [],
  })
})
