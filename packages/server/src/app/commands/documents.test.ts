import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeKinds } from '../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../testkit/test-server.ts'
import { createApi } from './api.ts'
import { pullDocumentCommand } from './documents.ts'
import { createOutput } from './output.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(storeKinds[0] ?? 'pglite')
})
afterAll(async () => await server.close())

/** What `documents pull` prints, on both streams. */
async function pull(name: string, json = false) {
  const printed = { stdout: '', stderr: '' }
  const into = (stream: keyof typeof printed) => ({
    write: (part: string) => {
      printed[stream] += part
      return true
    },
  })
  const output = createOutput(json, { stdout: into('stdout'), stderr: into('stderr') } as never)
  const key = await server.keyFor(['documents:read'])
  const inForce = await pullDocumentCommand({ name }, output, createApi(server.url, key))
  return { inForce, ...printed }
}

test('documents pull prints what is in force, letter for letter; with --json where it comes from as well', async () => {
  const { body } = await server.request<{ text: string }>('GET', '/api/v1/documents/QA.md')
  expect(await pull('QA.md')).toEqual({ inForce: true, stdout: body.text, stderr: '' })
  expect(JSON.parse((await pull('agents.md', true)).stdout)).toMatchObject({ name: 'AGENTS.md', version: 1 })
})

test('a document without a ratified text prints nothing and says so; one that is not there is refused', async () => {
  const body = { name: 'NEW.md', text: '# New\n', reason: 'r' }
  expect((await server.request('POST', '/api/v1/documents', { body })).status).toBe(201)
  expect(await pull('NEW.md')).toMatchObject({ inForce: false, stdout: '', stderr: expect.stringContaining('yet') })
  await expect(pull('NONE.md')).rejects.toThrow('not-found')
})
