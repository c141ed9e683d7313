import { describe, expect, test } from 'vitest'
import { ConfigError, describeEnvironment, readConfig, unreadNames } from './config.ts'

const refusalOf = (environment: Readonly<Record<string, string>>): string => {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

describe('the environment', () => {
  test('without a single name it serves this machine on port 8001, embedded and with limits', () => {
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 8001,
      databaseUrl: null,
      dataDir: './.metaagent',
      durability: 'synced',
      rateLimit: { enabled: true },
    })
  })

  test('all its faults are told together, each by its name', () => {
    const told = refusalOf({ METAAGENT_PORT: 'eight', DATABASE_URL: 'mysql://db', METAAGENT_SECRET_KEY: 'c2hvcnQ=' })
    for (const name of ['METAAGENT_PORT', 'DATABASE_URL', 'METAAGENT_SECRET_KEY']) expect(told).toContain(`${name}: `)
  })

  test('the file of arbitrations lies in logs/arbitrations.jsonl of the data folder, and never further up', () => {
    expect(readConfig({}).arbitrationLog).toEqual({
      path: 'logs/arbitrations.jsonl',
      rotateBytes: 64 * 1024 * 1024,
      keep: 5,
    })
    expect(readConfig({ METAAGENT_ARBITRATION_LOG: '/var/log/a.jsonl' }).arbitrationLog.path).toBe('/var/log/a.jsonl')
    for (const path of ['../a.jsonl', 'logs/../../a.jsonl', 'logs\\..\\a.jsonl', 'a\0.jsonl'])
      expect(refusalOf({ METAAGENT_ARBITRATION_LOG: path })).toContain('METAAGENT_ARBITRATION_LOG: ')
  })

  test('the names of MetaQore count where ours are not set', () => {
    expect(readConfig({}).rateLimit).toEqual({
      enabled: true,
      apiPerMinute: 600,
      apiBurst: 600,
      ingestPerMinute: 60_000,
    })
    expect(readConfig({ METAQORE_ENABLE_RATE_LIMIT: 'true' }).rateLimit).toMatchObject({
      apiPerMinute: 120,
      apiBurst: 240,
    })
    const theirs = {
      METAQORE_API_KEY: 'correct-horse-battery',
      METAQORE_API_KEY_HEADER: 'X-MetaQore-Key',
      METAQORE_ENABLE_RATE_LIMIT: 'false',
      METAQORE_RATE_LIMIT_PER_MINUTE: '7',
      METAQORE_RATE_LIMIT_BURST: '0',
      METAQORE_PRIVILEGED_TOKEN: 'terraqore',
    }
    expect(readConfig(theirs)).toMatchObject({
      environmentKey: 'correct-horse-battery',
      apiKeyHeader: 'x-metaqore-key',
      rateLimit: { enabled: false, apiPerMinute: 7, apiBurst: 0 },
      privilegedToken: 'terraqore',
    })
    const ours = {
      METAAGENT_RATE_LIMIT: 'true',
      METAAGENT_RATE_LIMIT_PER_MINUTE: '9',
      METAAGENT_PRIVILEGED_TOKEN: 'own',
    }
    expect(readConfig({ ...theirs, ...ours })).toMatchObject({
      rateLimit: { enabled: true, apiPerMinute: 9 },
      privilegedToken: 'own',
    })
    expect(JSON.stringify(describeEnvironment(theirs))).not.toMatch(/correct-horse|terraqore/)
  })

  test.each([
    ['METAQORE_API_KEY', 'short'],
    ['METAQORE_API_KEY', 'with a space in between'],
    ['METAQORE_API_KEY', 'mak_abcdefgh_0123456789'],
    ['METAQORE_API_KEY', 'looks.like.a-json-web-token'],
    ['METAQORE_API_KEY_HEADER', 'Cookie'],
    ['METAQORE_API_KEY_HEADER', 'no header'],
    ['METAQORE_ENABLE_RATE_LIMIT', 'perhaps'],
    ['METAQORE_RATE_LIMIT_PER_MINUTE', '0'],
    ['METAQORE_RATE_LIMIT_BURST', '-1'],
    ['METAQORE_PRIVILEGED_TOKEN', 'two words'],
  ])('%s=%s is refused by its name', (name, value) => {
    expect(refusalOf({ [name]: value })).toContain(`${name}: `)
  })

  test('an empty value counts as none', () => {
    expect(readConfig({ METAAGENT_PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 8001, databaseUrl: null })
  })

  test('a public address loses its trailing slash, a key becomes 32 bytes', () => {
    const key = Buffer.alloc(32, 7)
    const config = readConfig({
      METAAGENT_PUBLIC_URL: 'https://agents.example.org/',
      METAAGENT_SECRET_KEY: key.toString('base64'),
    })
    expect(config.publicUrl).toBe('https://agents.example.org')
    expect(config.secretKey).toEqual(new Uint8Array(key))
  })

  test('texts leave for an endpoint only when one is named, or a key for OpenAI’s', () => {
    expect(readConfig({ METAAGENT_EMBEDDINGS_MODEL: 'text-embedding-3-large' }).embeddings).toBeNull()
    const openAi = {
      url: 'https://api.openai.com/v1',
      apiKey: 'k',
      model: 'text-embedding-3-small',
      dimensions: null,
    }
    expect(readConfig({ METAAGENT_EMBEDDINGS_KEY: 'k' }).embeddings).toEqual(openAi)
    const own = { METAAGENT_EMBEDDINGS_URL: 'http://localhost:11434/v1', METAAGENT_EMBEDDINGS_DIMENSIONS: '256' }
    expect(readConfig(own).embeddings).toMatchObject({
      url: own.METAAGENT_EMBEDDINGS_URL,
      apiKey: null,
      dimensions: 256,
    })
  })

  test('every name has a description and shows its default', () => {
    const described = describeEnvironment()
    expect(described.find(({ name }) => name === 'METAAGENT_PORT')).toMatchObject({ defaultValue: '8001' })
    expect(described.filter(({ description }) => description === '').map(({ name }) => name)).toEqual([])
  })

  test('what is shown of it holds no secret', () => {
    const environment = { DATABASE_URL: 'postgres://app:hunter2@db/metaagent', METAAGENT_API_KEY: 'ma_live_hunter2' }
    const shown = JSON.stringify(describeEnvironment(environment))
    expect(shown).toContain('postgres://app:***@db/metaagent')
    expect(shown).not.toContain('hunter2')
  })

  test('a misspelled name is noticed', () => {
    expect(unreadNames({ METAAGENT_PROT: '1', METAAGENT_PORT: '1', PATH: '/bin' })).toEqual(['METAAGENT_PROT'])
  })
})
