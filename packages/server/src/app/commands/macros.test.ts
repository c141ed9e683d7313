import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeKinds } from '../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../testkit/test-server.ts'
import { createApi } from './api.ts'
import { runMacroCommand, validateMacroCommand } from './macros.ts'
import { createOutput } from './output.ts'

let server: TestServer
const folder = mkdtempSync(join(tmpdir(), 'metaagent-macros-'))
const inputs = { type: 'object', properties: { service: { type: 'string' } }, additionalProperties: false }
const step = { name: 'tell', kind: 'journal-event', arguments: { name: 'done', data: { at: '{{inputs.service}}' } } }
beforeAll(async () => {
  server = await startTestServer(storeKinds[0] ?? 'pglite')
  const macro = { environments: ['staging'], enabled: true, impact: 'LOW', definition: { inputs, steps: [step] } }
  await server.request('POST', '/api/v1/macros', { body: { name: 'tell', ...macro } })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const file = (name: string, content: unknown) => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

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
const run = (input: string | undefined, more: object = {}, json = false) =>
  printed(json, (output) =>
    runMacroCommand(
      { name: 'tell', input, environment: 'staging', reason: 'By hand.', wait: true, ...more },
      output,
      api(),
      async () => await server.settle(),
    ),
  )
const validate = (path: string) => printed(false, (output) => validateMacroCommand({ file: path }, output, api()))

test('run waits for the end and prints a line a step, with --json the execution as it came', async () => {
  const done = await run(`@${file('input.json', { service: 'search' })}`)
  expect(done.answer).toBe(true)
  expect(done.text).toContain('succeeded    tell  journal-event  1×  Journaled done.')
  const json = await run('{"service":"search"}', {}, true)
  expect(JSON.parse(json.text)).toMatchObject({ status: 'succeeded', inputs: { service: 'search' } })
  // Without its input the step names what is not there.
  expect(await run(undefined)).toMatchObject({ answer: false, text: expect.stringContaining('failed') })
  expect(await run('{"service":"x"}', { wait: false })).toMatchObject({ answer: true })
})

test('what is refused is told in the server’s words, and what is no JSON in the command’s', async () => {
  await expect(run('{"other":1}')).rejects.toThrow('macro-refused')
  await expect(run('{')).rejects.toThrow('--input holds no JSON')
  await expect(run(`@${join(folder, 'nowhere.json')}`)).rejects.toThrow('cannot be read')
})

test('validate prints each problem with its place', async () => {
  const good = await validate(file('good.json', { name: 'other', definition: { inputs, steps: [step] } }))
  expect(good).toEqual({ answer: true, text: 'No problem.\n' })
  const bad = await validate(file('bad.json', { inputs, steps: [{ ...step, kind: 'teleport' }] }))
  expect(bad).toMatchObject({ answer: false, text: expect.stringContaining('/steps/0/kind  No part of this server') })
  const dependencies = [{ name: 'crm', direction: 'reading', range: '^1.0.0', schema: true }]
  const blocked = await validate(file('blocked.json', { inputs, steps: [step], dependencies }))
  expect(blocked).toMatchObject({ answer: true, text: expect.stringContaining('It would be blocked: crm') })
  await expect(validate(file('no.json', { steps: [] }))).rejects.toThrow('holds no macro')
})
