import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { type LlmServer, startLlmServer } from '../../testkit/llm/llm-server.ts'
import { systemClock } from '../system/system-clock.ts'
import { createLexicalEmbedder } from './lexical.ts'
import { createOpenAiEmbedder } from './openai-compatible.ts'

const model = 'text-embedding-3-small'

describe('vectors of words', () => {
  const embedder = createLexicalEmbedder()
  const vectorOf = async (text: string) => {
    const answer = await embedder.embed([text])
    return answer.kind === 'embedded' ? (answer.vectors[0] ?? []) : []
  }
  const cosine = async (a: string, b: string) => {
    const [left, right] = await Promise.all([vectorOf(a), vectorOf(b)])
    return left.reduce((sum, value, place) => sum + value * (right[place] ?? 0), 0)
  }

  test('have one length and one size, and depend on the words alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 40 }), async (words) => {
        const vector = await vectorOf(words.join(' '))
        expect(vector.length).toBe(embedder.dimensions)
        expect(Math.hypot(...vector)).toBeCloseTo(1, 6)
        expect(await vectorOf(words.join(' — ').toUpperCase())).toEqual(vector)
      }),
    )
    expect(Math.hypot(...(await vectorOf('…')))).toBe(0)
  })

  test('more words in common, and more in the same order, are nearer', async () => {
    const text = 'the customer asks whether the flight on tuesday can be moved to wednesday'
    const near = await cosine(text, 'a customer asks if his flight on tuesday can be moved to friday')
    const far = await cosine(text, 'restart the device and check that mobile data is switched on')
    const shuffled = await cosine(text, text.split(' ').toReversed().join(' '))
    expect(near).toBeGreaterThan(far + 0.2)
    expect(shuffled).toBeLessThan(0.99)
    expect(shuffled).toBeGreaterThan(near)
  })

  test('a version gives the vectors that it always gave', async () => {
    const vector = await vectorOf('where is my refund')
    const places = vector.flatMap((value, place) => (value === 0 ? [] : [[place, Math.round(value * 1e4)]]))
    expect(places).toMatchInlineSnapshot(`
      [
        [
          18,
          2294,
        ],
        [
          144,
          2294,
        ],
        [
          228,
          -4588,
        ],
        [
          313,
          -4588,
        ],
        [
          320,
          4588,
        ],
        [
          334,
          2294,
        ],
        [
          338,
          4588,
        ],
      ]
    `)
  })
})

describe('vectors of an endpoint', () => {
  let llm: LlmServer
  beforeAll(async () => {
    llm = await startLlmServer()
  })
  afterAll(async () => await llm.close())
  const embedderOf = (more: object = {}) =>
    createOpenAiEmbedder({ url: `${llm.url}/v1`, apiKey: 'k', model, dimensions: null, ...more }, systemClock)
  const failing = (status: number, headers: Readonly<Record<string, string>> = {}) =>
    llm.script({ when: { model }, error: { status, type: 'rate_limit_error', message: 'slow down', headers } })

  test('come in the order of the texts, with the tokens that they took', async () => {
    const answer = await embedderOf().embed(['one text', 'another'])
    expect(answer).toMatchObject({ kind: 'embedded', inputTokens: 4 })
    if (answer.kind !== 'embedded') return
    expect(answer.vectors.map(({ length }) => length)).toEqual([1_536, 1_536])
    expect(await embedderOf().embed(['another'])).toMatchObject({ vectors: [answer.vectors[1]] })
    expect(await embedderOf({ dimensions: 256 }).embed(['one text'])).toMatchObject({
      vectors: [expect.toSatisfy((vector: readonly number[]) => vector.length === 256)],
    })
  })

  test('are of a space of their own: host, model and length', () => {
    const spaces = [embedderOf(), embedderOf({ dimensions: 256 }), embedderOf({ model: 'other' })]
    expect(new Set(spaces.map(({ space }) => space)).size).toBe(3)
    expect(embedderOf()).toMatchObject({ model, dimensions: 1_536, name: new URL(llm.url).host })
    expect(embedderOf({ model: 'other' }).dimensions).toBeNull()
    const openAi = createOpenAiEmbedder(
      { url: 'https://api.openai.com/v1', apiKey: 'k', model, dimensions: null },
      systemClock,
    )
    expect(openAi.provider).toBe('openai')
  })

  test('overload is tried again, as soon as the endpoint wants it, and given up after three times', async () => {
    const clock = new FakeClock()
    const waits: number[] = []
    const watched = createOpenAiEmbedder(
      { url: `${llm.url}/v1/`, apiKey: 'k', model, dimensions: null },
      {
        now: () => clock.now(),
        monotonicMs: () => clock.monotonicMs(),
        after: (delayMs, callback) => {
          waits.push(delayMs)
          callback()
          return () => {}
        },
      },
    )
    failing(429, { 'retry-after': '7' })
    failing(503, { 'retry-after': new Date(clock.now() + 3_000).toUTCString() })
    expect((await watched.embed(['x'])).kind).toBe('embedded')
    failing(500, { 'retry-after': 'soon' })
    failing(500)
    failing(500)
    expect(await watched.embed(['x'])).toMatchObject({ kind: 'unavailable', detail: expect.stringContaining('500') })
    expect(waits[0]).toBe(7_000)
    expect(waits[1]).toBeLessThanOrEqual(3_000)
    expect(waits.slice(2)).toEqual([1_000, 2_000])
  })

  test('what it will never take is refused, a wrong key is not', async () => {
    expect((await embedderOf().embed([''])).kind).toBe('refused')
    expect((await embedderOf({ apiKey: null }).embed(['x'])).kind).toBe('unavailable')
  })

  test('an answer that holds no vectors is none', async () => {
    const replies = ['nonsense', '{"data":[]}', '{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}']
    const server = createServer((_request, response) => response.end(replies.shift()))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const embedder = embedderOf({ url, apiKey: null })
    for (const texts of [['x'], ['x'], ['x', 'y']])
      expect(await embedder.embed(texts)).toMatchObject({ kind: 'unavailable' })
    server.close()
    server.closeAllConnections()
    const gone = createOpenAiEmbedder(
      { url, apiKey: null, model, dimensions: null },
      {
        ...systemClock,
        after: (_delayMs, callback) => {
          callback()
          return () => {}
        },
      },
    )
    expect(await gone.embed(['x'])).toMatchObject({ kind: 'unavailable', detail: expect.stringContaining('no answer') })
  })
})
