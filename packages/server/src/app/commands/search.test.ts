import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeKinds } from '../../testkit/database.ts'
import { executionReport } from '../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../testkit/test-server.ts'
import { createApi } from './api.ts'
import { createOutput } from './output.ts'
import { searchCommand, similarCommand } from './search.ts'

let server: TestServer
const first = executionReport({ output: 'the refund goes back to the card' })
const second = executionReport({ output: 'a refund went back to a card', status: 'failure' })
beforeAll(async () => {
  server = await startTestServer(storeKinds[0] ?? 'pglite')
  await server.request('POST', '/api/v1/telemetry', { body: { executions: [first, second] } })
})
afterAll(async () => await server.close())

/** What a command prints, in lines. */
async function printed<Of>(json: boolean, run: (output: ReturnType<typeof createOutput>) => Promise<Of>) {
  let text = ''
  const write = (part: string) => {
    text += part
    return true
  }
  const answer = await run(createOutput(json, { stdout: { write }, stderr: { write } } as never))
  return { answer, text }
}
const api = () => createApi(server.url, server.adminKey)
const search = (words: string, json = false) =>
  printed(json, (output) => searchCommand({ words, limit: 10 }, output, api()))
const similar = (executionId: string, more: object = {}, json = false) =>
  printed(json, (output) => similarCommand({ executionId, limit: 10, ...more }, output, api()))

test('one that was not read yet is said to be pending, and nothing is found', async () => {
  expect(await similar(first.executionId)).toMatchObject({ answer: false, text: expect.stringContaining('Ask again') })
  expect(await search('refund')).toMatchObject({ answer: 0, text: 'No ended execution holds that.\n' })
  await server.settle()
})

test('search prints a line an execution, with --json the page as it came', async () => {
  const found = await search('refund')
  expect(found.answer).toBe(2)
  expect(found.text).toContain(`${second.executionId}  2026-01-04T10:00:00.000Z  failure  support  cost unknown`)
  expect(JSON.parse((await search('goes', true)).text)).toMatchObject({ items: [{ executionId: first.executionId }] })
})

test('similar prints how similar each is and by what, with --json the answer as it came', async () => {
  const found = await similar(first.executionId)
  expect(found.answer).toBe(true)
  expect(found.text).toMatch(new RegExp(`^0\\.\\d{4}  ${second.executionId}  .*\nCompared by lexical-384-v1`))
  const filtered = await similar(first.executionId, { agent: 'support', status: 'success' })
  expect(filtered.text).toContain('There is no other')
  expect(JSON.parse((await similar(first.executionId, {}, true)).text)).toMatchObject({ state: 'ready' })
})

test('what is refused is told in the server’s words', async () => {
  await expect(search('!!!')).rejects.toThrow('no word')
  await expect(similar('0'.repeat(31))).rejects.toThrow('invalid-path')
})
