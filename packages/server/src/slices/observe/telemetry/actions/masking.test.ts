import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maySecret } from '../model/masking.ts'
import type { ActionRow } from '../model/rows.ts'
import { maskRows, maskTexts } from './masking.ts'

const repeat = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length)
const mixed = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z'

// Built here so that no scanner takes this file for a leak. One per rule of the preset, then ours.
const secrets: Readonly<Record<string, string>> = {
  aws: `AWS_SECRET_ACCESS_KEY=${repeat(mixed, 40)}`,
  npm: `npm_${repeat(mixed, 36)}`,
  'npm registry token': `//registry.npmjs.org/:_authToken=${repeat(mixed, 36)}`,
  'npm x-oauth': `https://${repeat(mixed, 40)}:x-oauth-basic@github.com/`,
  slack: `xoxb-${repeat('123456789', 12)}-${repeat(mixed, 24)}`,
  'slack hook': `HTTPS://hooks.slack.com/services/T${repeat('A1', 9)}/B${repeat('B2', 9)}/${repeat(mixed, 24)}`,
  basicauth: 'https://alice:wonderland42@git.internal.example/x',
  openai: `sk-${repeat(mixed, 20)}T3BlbkFJ${repeat(mixed, 20)}`,
  anthropic: `sk-ant-api03-${repeat(mixed, 93)}AA`,
  groq: `gsk_${repeat(mixed, 52)}`,
  huggingface: `hf_${repeat('abcDEF', 34)}`,
  linear: `lin_api_${repeat(mixed, 40)}`,
  notion: `ntn_${repeat('123', 11)}${repeat(mixed, 35)}`,
  privatekey: `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA${repeat(mixed, 200)}\n-----END RSA PRIVATE KEY-----`,
  sendgrid: `SG.${repeat(mixed, 22)}.${repeat(mixed, 43)}`,
  shopify: `shpat_${repeat('0aF', 32)}`,
  stripe: `sk_live_${repeat(mixed, 24)}`,
  github: `ghp_${repeat(mixed, 36)}`,
  'github fine-grained': `github_pat_${repeat(mixed, 82)}`,
  gitlab: `glpat-${repeat(mixed, 20)}`,
  grafana: `glsa_${repeat(mixed, 32)}_${repeat('0aF', 8)}`,
  'grafana cloud': `glc_${repeat(mixed, 60)}`,
  '1password': `ops_${Buffer.from(
    JSON.stringify({
      email: 'a@1passwordserviceaccounts.lcl',
      muk: { alg: 'A256GCM', ext: true, k: repeat(mixed, 43), key_ops: ['encrypt'], kty: 'oct', kid: 'mp' },
      secretKey: 'A3-C4ZJMN-PQTZTL-HGL84-G64M7-KVZRN-4ZVP6',
      srpX: repeat('0aF', 64),
      signInAddress: 'gotham.b5local.com:4000',
      userAuth: { method: 'SRPg-4096', alg: 'PBES2g-HS256', iterations: 100000, salt: repeat(mixed, 22) },
    }),
  ).toString('base64')}`,
  mongodb: `mongodb://svc:Tr0ub4dor@db.internal:27017/prod`,
  mysql: `mysql://svc:Tr0ub4dor@db.internal/prod`,
  postgres: `postgresql://svc:Tr0ub4dor@db.internal/prod`,
  vault: `hvs.${repeat(mixed, 95)}`,
  vercel: `vcp_${repeat(mixed, 40)}`,
  databricks: `dapi${repeat('0123456789abcdef', 32)}`,
  docker: `dckr_pat_${repeat(mixed, 27)}`,
  figma: `figd_${repeat(mixed, 45)}`,
  cloudflare: `cfut_${repeat(mixed, 40)}${repeat('0af', 8)}`,
  tailscale: `tskey-auth-${repeat(mixed, 16)}-${repeat(mixed, 32)}`,
  'aws key id': `AKIA${repeat('Q3EGRT5Y', 16)}`,
  bearer: `Bearer ${repeat(mixed, 40)}`,
  'password in an address': 'redis://:hunter2-hunter2@cache.internal:6379',
  jwt: `eyJ${repeat(mixed, 20)}.eyJ${repeat(mixed, 30)}.${repeat(mixed, 20)}`,
  'key of ours': `mak_${repeat(mixed, 43)}`,
}

// Where the secret is not the end of the text.
const hiddenParts: Readonly<Record<string, string>> = {
  'npm x-oauth': repeat(mixed, 40),
  basicauth: 'wonderland42',
  'password in an address': 'hunter2-hunter2',
}

test.each(Object.entries(secrets))(
  'T6: %s: the quick look lets it through to the rules, and it is masked',
  async (name, secret) => {
    expect(maySecret(secret)).toBe(true)
    expect(maySecret(JSON.stringify({ text: `before ${secret} after` }))).toBe(true)
    const [masked] = await maskTexts([`before ${secret} after`])
    expect(masked?.masked).toBeGreaterThan(0)
    expect(masked?.text).toMatch(/^before .*\[masked:[a-z0-9-]+\].*$/s)
    expect(masked?.text).not.toContain(hiddenParts[name] ?? secret.slice(-12))
  },
)

const piece = fc.oneof(
  fc.constantFrom(...Object.values(secrets)),
  // Beginnings and ends of secrets: harmless alone, and so they must stay when their other half stands in the next text.
  fc
    .constantFrom(...Object.values(secrets))
    .chain((secret) => fc.nat({ max: secret.length }).map((at) => secret.slice(0, at))),
  fc
    .constantFrom(...Object.values(secrets))
    .chain((secret) => fc.nat({ max: secret.length }).map((at) => secret.slice(at))),
  fc.constantFrom(
    'AWS_SECRET_ACCESS_KEY=',
    '_authToken=',
    '-----BEGIN RSA PRIVATE KEY-----\n',
    '-----END RSA PRIVATE KEY-----',
    '// secretlint-disable',
    '{"private_key_id":1,"private_key":"-----BEGIN PRIVATE KEY"}',
    ' ',
    'an ordinary sentence',
    '\n',
    '␞',
  ),
)
const text = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(' '))

test('T6: searching texts together finds in each what searching it alone finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 2, maxLength: 6 }), async (texts) => {
      const together = await maskTexts(texts)
      const alone = await Promise.all(texts.map(async (one) => (await maskTexts([one]))[0]))
      expect(together).toEqual(alone)
    }),
    { numRuns: 150 },
  )
})

test('T6: a text without a trace of a secret holds none', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (one) => {
      const [masked] = await maskTexts([one])
      if ((masked?.masked ?? 0) > 0) expect(maySecret(one)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

const row = { input: null, output: null, attributes: null, errorMessage: null, masked: 0 } as unknown as ActionRow

test('T6: secrets are masked in inputs, outputs, attributes and messages, in keys too, and counted per row', async () => {
  const key = secrets['github'] ?? ''
  const rows = [
    { ...row, input: JSON.stringify({ messages: [{ content: `use ${key} please` }] }) },
    { ...row, output: '"clean"' },
    { ...row, attributes: JSON.stringify({ [key]: 1, other: `${key} and ${key}` }), errorMessage: `401 for ${key}` },
  ]
  const masked = await maskRows(rows)
  expect(masked[0]).toMatchObject({ input: '{"messages":[{"content":"use [masked:github] please"}]}', masked: 1 })
  expect(masked[1]).toBe(rows[1])
  expect(masked[2]).toMatchObject({
    attributes: '{"[masked:github]":1,"other":"[masked:github] and [masked:github]"}',
    errorMessage: '401 for [masked:github]',
    masked: 4,
  })
})

test('rows without secrets come back as they are', async () => {
  const rows = [row, { ...row, input: '"https://example.com/a@b"' }]
  expect(await maskRows([row])).toEqual([row])
  const masked = await maskRows(rows)
  expect(masked.map((one, index) => one === rows[index])).toEqual([true, true])
})

test('scanning leaves no performance marks behind', async () => {
  await maskTexts([secrets['github'] ?? ''])
  const before = performance.getEntries().length
  for (let round = 0; round < 5; round++) await maskTexts([secrets['github'] ?? ''])
  expect(performance.getEntries().length).toBe(before)
})
