import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

let folder = ''
const put = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'metaagent-secrets-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a secret may lie in a file, and the line end after it is no part of it', () => {
  const key = Buffer.alloc(32, 7).toString('base64')
  const config = readConfig({
    METAAGENT_SECRET_KEY_FILE: put('key', `${key}\n`),
    DATABASE_URL_FILE: put('url', 'postgres://metaagent_serving:x@localhost/metaagent\n'),
  })
  expect(config.secretKey).toEqual(new Uint8Array(32).fill(7))
  expect(config.databaseUrl).toBe('postgres://metaagent_serving:x@localhost/metaagent')
})

test('a file that is not there and a secret that is set both ways are told with all other faults', () => {
  const environment = {
    METAAGENT_PORT: 'x',
    METAAGENT_SECRET_KEY_FILE: join(folder, 'absent'),
    DATABASE_URL_FILE: put('url', 'postgres://localhost/metaagent'),
    DATABASE_URL: 'postgres://localhost/metaagent',
  }
  expect(() => readConfig(environment)).toThrow(ConfigError)
  for (const name of ['METAAGENT_PORT', 'METAAGENT_SECRET_KEY_FILE', 'DATABASE_URL_FILE'])
    expect(() => readConfig(environment)).toThrow(new RegExp(name))
})
