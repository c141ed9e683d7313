import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LedgerStatus } from '@metaagent/contract'
import { runVerifyCli } from '@metaagent/verify/cli'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { storeKinds } from '../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../testkit/test-server.ts'
import { createApi } from './api.ts'
import {
  type AuditFormat,
  auditAnchorCommand,
  auditExportCommand,
  auditTailCommand,
  rotateKeyCommand,
} from './audit.ts'
import { createOutput } from './output.ts'

let server: TestServer
let folder: string
let key: string
beforeAll(async () => {
  server = await startTestServer(storeKinds[0] ?? 'pglite')
  folder = mkdtempSync(join(tmpdir(), 'audit-'))
  for (const name of ['one', 'two', 'three'])
    await server.request('POST', '/api/v1/journal/sources', { body: { name, algorithm: 'none' } })
  await server.settle()
  key = (await server.request<z.infer<typeof LedgerStatus>>('GET', '/api/v1/ledger')).body.verifierKey
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const api = () => createApi(server.url, server.adminKey)

/** What a command prints. */
async function printed<Of>(json: boolean, run: (output: ReturnType<typeof createOutput>) => Promise<Of>) {
  let text = ''
  const write = (part: string) => {
    text += part
    return true
  }
  const answer = await run(createOutput(json, { stdout: { write }, stderr: { write } } as never))
  return { answer, text }
}

async function verified(path: string) {
  let text = ''
  const io = { stdin: process.stdin, writeOut: (part: string) => (text += part), writeError: () => {} }
  const exit = await runVerifyCli([path, '--json', '--key', key], io)
  return { exit, ...(JSON.parse(text) as object) }
}

test('an export of each format verifies with the pinned key, and a changed one does not', async () => {
  for (const format of ['jsonl', 'json', 'csv'] as const satisfies readonly AuditFormat[]) {
    const out = join(folder, `ledger.${format}`)
    const { text } = await printed(true, (output) => auditExportCommand({ format, out }, output, api()))
    expect(JSON.parse(text)).toMatchObject({
      file: out,
      kind: 'export',
      beside: expect.arrayContaining([`${out}.keys.json`]),
    })
    expect(await verified(out)).toMatchObject({ exit: 0, kind: 'export' })
    expect(JSON.parse(readFileSync(`${out}.keys.json`, 'utf8'))).toMatchObject({ signing: 1 })
    writeFileSync(out, readFileSync(out, 'utf8').replace('three', 'THREE'))
    expect(await verified(out)).toMatchObject({ exit: 1 })
  }
  const out = join(folder, 'part.csv')
  await printed(true, (output) => auditExportCommand({ format: 'csv', out, type: 'journal.*' }, output, api()))
  expect(await verified(out)).toMatchObject({ exit: 0, kind: 'selection', entries: 3, filter: 'type=journal.*' })
})

test('tail prints the newest, oldest first, and with --json a line of JSON each', async () => {
  const asked = { lines: 2, follow: false, type: 'journal.source.*' }
  const never = new AbortController().signal
  const { text } = await printed(false, (output) => auditTailCommand(asked, output, never, api()))
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('  ')[2]),
  ).toEqual(Array(2).fill('journal.source.registered'))
  const { text: json } = await printed(true, (output) => auditTailCommand(asked, output, never, api()))
  const names = json
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).content.payload.name)
  expect(names).toEqual(['two', 'three'])
})

test('tail follows what comes until it is stopped', async () => {
  const stop = new AbortController()
  const asked = { lines: 1, follow: true, subject: 'rest' }
  const stopped = printed(false, (output) => auditTailCommand(asked, output, stop.signal, api()))
  stop.abort()
  expect((await stopped).text).toBe('')
})

test('anchor says that there is none, then keeps the checkpoint at each', async () => {
  const anchor = (list: boolean) => printed(false, (output) => auditAnchorCommand({ list }, output, api()))
  expect(await anchor(false)).toMatchObject({ answer: false, text: expect.stringContaining('No anchor') })
  await server.request('POST', '/api/v1/anchors', { body: { name: 'disk', settings: { kind: 'file' } } })
  expect(await anchor(true)).toMatchObject({ answer: false, text: 'disk  file  unknown  newest kept: none\n' })
  expect(await anchor(false)).toMatchObject({ answer: true, text: expect.stringMatching(/^disk {2}file {2}anchored/) })
})

test('a rotation without an approval is refused in the server’s words, and filters are checked', async () => {
  const rotation = { overlapDays: 30, reason: 'r' }
  await expect(printed(false, (output) => rotateKeyCommand(rotation, output, api()))).rejects.toThrow(
    'approval-required',
  )
  const wrong = { lines: 1, follow: false, from: 'yesterday' }
  const never = new AbortController().signal
  await expect(printed(false, (output) => auditTailCommand(wrong, output, never, api()))).rejects.toThrow(
    '--from takes',
  )
})

test('the Makefile has a target for each, and verifying needs a file', () => {
  const root = fileURLToPath(new URL('../../../../../', import.meta.url))
  const makefile = readFileSync(join(root, 'Makefile'), 'utf8')
  for (const name of ['tail', 'export', 'verify', 'anchor'])
    expect(makefile).toMatch(new RegExp(`^audit-${name}:\\n(\\t.*\\n)*\\t@\\$\\(CLI\\) audit ${name} `, 'm'))
  for (const name of ['test', 'start', 'demo']) expect(makefile).toContain(`\n${name}:\n`)
})
