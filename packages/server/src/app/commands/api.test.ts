import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { readConfig } from '../config.ts'
import { apiFor, CommandRefused, createApi } from './api.ts'

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

let stop: (() => Promise<void>) | null = null
afterEach(async () => {
  await stop?.()
  stop = null
})

/** A server that gives these answers in turn, the last one for ever; returns its address and what it was asked. */
async function answering(...answers: readonly Answer[]): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    asked.push(request)
    request.resume().once('end', () => response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const Reply = z.object({ name: z.string() })
const busy = (status: number): Answer => ({ status, body: '', headers: { 'retry-after': '0.01' } })
const fine: Answer = { status: 200, body: '{"name":"ok"}' }

test('waits and asks again when the server is busy, as long as it is', async () => {
  const { url, asked } = await answering(busy(429), busy(503), fine)
  expect(await createApi(url, 'mak_1').request('POST', '/x', Reply, { a: 1 })).toEqual({ name: 'ok' })
  expect(asked).toHaveLength(3)
  for (const { headers } of asked) expect(headers.authorization).toBe('Bearer mak_1')
})

test('a refusal is told in the server’s own words, and not asked again', async () => {
  const detail = 'The agent has no release "v9".'
  const problem = { type: '/docs', title: 'No', status: 404, code: 'not-found', detail }
  const { url, asked } = await answering({ status: 404, body: JSON.stringify(problem) })
  const refused = createApi(url, 'k').request('GET', '/x', Reply)
  await expect(refused).rejects.toThrow(`GET /x was refused: not-found. ${detail}`)
  expect(asked).toHaveLength(1)
})

test('a proxy’s page is told by its status', async () => {
  const { url } = await answering({ status: 502, body: '<html>Bad gateway</html>' })
  await expect(createApi(url, 'k').text('/x')).rejects.toThrow('GET /x was refused: HTTP 502')
})

test.each(['{"other":1}', '<html>', ''])('an answer of another kind is no answer: %s', async (body) => {
  const { url } = await answering({ status: 200, body })
  await expect(createApi(url, 'k').request('GET', '/x', Reply)).rejects.toThrow(CommandRefused)
})

test('options beat the environment, and without a key it says where to get one', () => {
  const config = readConfig({ METAAGENT_URL: 'http://env:1', METAAGENT_API_KEY: 'mak_env' })
  expect(apiFor(config, {}).url).toBe('http://env:1')
  expect(apiFor(config, { url: 'http://option:2/' }).url).toBe('http://option:2')
  expect(apiFor(readConfig({ METAAGENT_PORT: '9000' }), { apiKey: 'k' }).url).toBe('http://localhost:9000')
  expect(() => apiFor(readConfig({}), {})).toThrow(/--api-key or set METAAGENT_API_KEY/)
})
