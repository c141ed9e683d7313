import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { OpenAIEmbeddings } from '@langchain/openai'
import { embed, generateText, streamText } from 'ai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type LlmServer, startLlmServer } from './llm-server.ts'

let llm: LlmServer
beforeAll(async () => {
  llm = await startLlmServer()
})
afterEach(() => {
  llm.reset()
})
afterAll(async () => {
  await llm.close()
})

const post = async (path: string, body: unknown, headers: Record<string, string> = { authorization: 'Bearer k' }) => {
  const response = await fetch(`${llm.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const client = () => ({ baseURL: `${llm.url}/v1`, apiKey: 'k' })
const dialects = [
  { api: 'chat', create: () => createOpenAI(client()).chat('gpt-4.1') },
  { api: 'responses', create: () => createOpenAI(client()).responses('gpt-4.1') },
  { api: 'messages', create: () => createAnthropic(client())('claude-sonnet-4-5') },
]
const usage = {
  inputTokens: 900,
  outputTokens: 70,
  cacheReadTokens: 300,
  cacheWriteTokens: 0,
}

describe.each(dialects)('$api', ({ create }) => {
  test('one turn says the same through the vendor’s format in one piece and streamed', async () => {
    const turn = { text: 'Thirty-two characters of answers.', reasoning: 'Hm.', usage }
    llm.script(turn, turn)
    const whole = await generateText({ model: create(), prompt: 'x' })
    const streamed = streamText({ model: create(), prompt: 'x' })
    const said = { text: whole.text, usage: whole.usage.inputTokenDetails, out: whole.usage.outputTokens }
    expect({
      text: await streamed.text,
      usage: (await streamed.usage).inputTokenDetails,
      out: (await streamed.usage).outputTokens,
    }).toEqual(said)
    expect(said).toMatchObject({ text: turn.text, out: 70, usage: { noCacheTokens: 600, cacheReadTokens: 300 } })
  })

  test('the same script gives the same bytes each time', async () => {
    const turn = { text: 'again', toolCalls: [{ name: 'look', arguments: { at: 'this' } }] }
    const read = async () => {
      llm.reset()
      llm.script(turn)
      const { response } = await generateText({ model: create(), prompt: 'x', maxRetries: 0 })
      return JSON.stringify(response.body)
    }
    expect(await read()).toBe(await read())
  })

  test('an error comes in the vendor’s form, and a request without a turn is told so', async () => {
    llm.script({ error: { status: 529, type: 'overloaded_error', message: 'Busy now.' } })
    await expect(generateText({ model: create(), prompt: 'x', maxRetries: 0 })).rejects.toThrow('Busy now.')
    await expect(generateText({ model: create(), prompt: 'x', maxRetries: 0 })).rejects.toThrow('has no turn')
  })
})

test('turns answer the requests that they are meant for, in any order', async () => {
  llm.script(
    { when: { model: 'gpt-4.1-mini' }, text: 'small' },
    { when: { lastMessageContains: 'two' }, text: 'second' },
    { text: 'other', repeat: true },
  )
  const ask = async (model: string, prompt: string) =>
    (await generateText({ model: createOpenAI(client()).chat(model), prompt })).text
  expect(await ask('gpt-4.1', 'one')).toBe('other')
  expect(await ask('gpt-4.1', 'two')).toBe('second')
  expect(await ask('gpt-4.1-mini', 'three')).toBe('small')
  expect(await ask('gpt-4.1-mini', 'four')).toBe('other')
  expect(llm.left).toEqual([])
  expect(llm.requests.map(({ path }) => path)).toEqual(Array.from({ length: 4 }, () => '/chat/completions'))
})

test('embeddings are unit vectors that depend on the text alone, as numbers and as base64', async () => {
  const numbers = await embed({ model: createOpenAI(client()).embedding('text-embedding-3-small'), value: 'hello' })
  const base64 = await new OpenAIEmbeddings({
    model: 'text-embedding-3-small',
    apiKey: 'k',
    configuration: { baseURL: `${llm.url}/v1` },
  }).embedQuery('hello')
  expect(numbers.embedding).toHaveLength(1_536)
  expect(Math.hypot(...numbers.embedding)).toBeCloseTo(1, 5)
  expect(base64.map((value) => Math.fround(value))).toEqual(numbers.embedding.map((value) => Math.fround(value)))
})

test.each([
  ['no key', '/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'x' }] }, {}, 401],
  ['no messages', '/v1/chat/completions', { model: 'm' }, { authorization: 'Bearer k' }, 400],
  [
    'a tool result that answers nothing',
    '/v1/chat/completions',
    { model: 'm', messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] },
    { authorization: 'Bearer k' },
    400,
  ],
  [
    'a tool call that nobody answered',
    '/v1/chat/completions',
    {
      model: 'm',
      messages: [
        { role: 'assistant', tool_calls: [{ id: 'a' }] },
        { role: 'user', content: 'x' },
      ],
    },
    { authorization: 'Bearer k' },
    400,
  ],
  [
    'an output without its call',
    '/v1/responses',
    { model: 'm', input: [{ type: 'function_call_output', call_id: 'a', output: 'x' }] },
    { authorization: 'Bearer k' },
    400,
  ],
  [
    'no version',
    '/v1/messages',
    { model: 'm', max_tokens: 9, messages: [{ role: 'user' }] },
    { 'x-api-key': 'k' },
    400,
  ],
  [
    'sampling under the newest version',
    '/v1/messages',
    { model: 'm', max_tokens: 9, temperature: 1, messages: [{ role: 'user', content: 'x' }] },
    { 'x-api-key': 'k', 'anthropic-version': '2026-10-21' },
    400,
  ],
  [
    'a tool use that nobody answered',
    '/v1/messages',
    {
      model: 'm',
      max_tokens: 9,
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a' }] },
        { role: 'user', content: 'x' },
      ],
    },
    { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    400,
  ],
] as [string, string, unknown, Record<string, string>, number][])(
  'what the vendors refuse is refused: %s',
  async (_, path, body, headers, status) => {
    llm.script({ text: 'never said' })
    expect((await post(path, body, headers)).status).toBe(status)
    expect(llm.left).toHaveLength(1)
  },
)

test('a stream can break in the middle, with the vendor’s error event or by a closed connection', async () => {
  const ask = { model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }
  llm.script({ text: 'a long enough answer', breakAfterEvents: { events: 2, by: 'error' } })
  const broken = await post('/v1/chat/completions', ask)
  expect(broken.text.trim().split('\n\n')).toHaveLength(3)
  expect(broken.text).toContain('"type":"server_error"')
  llm.script({ text: 'a long enough answer', breakAfterEvents: { events: 2, by: 'cut' } })
  await expect(post('/v1/chat/completions', ask)).rejects.toThrow()
})

test('another process starts it, reads its address, scripts it over HTTP, and ends it by closing its input', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const line = await new Promise<string>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    const { url } = JSON.parse(line) as { url: string }
    const send = async (path: string, body: unknown) =>
      await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer k' },
        body: JSON.stringify(body),
      })
    await send('/_script', [{ text: 'from outside' }])
    const reply = await send('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'x' }] })
    expect(await reply.text()).toContain('from outside')
    expect(await (await fetch(`${url}/_requests`)).json()).toHaveLength(1)
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.stdin.end()
    await ended
  }
})
