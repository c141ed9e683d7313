import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { QaEventsBody, TelemetryBatch } from '@metaagent/contract'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AgentLogger } from './agent-logger.ts'
import { newActionId, newExecutionId } from './ids.ts'
import { resolveSettings } from './settings.ts'
import { snapshot } from './snapshot.ts'

type Answer = { status: number; body: unknown; headers?: Record<string, string> }

/** A receiver that speaks the wire protocol: it validates with the contract's schema and answers as told. */
class Receiver {
  readonly batches: ReturnType<typeof TelemetryBatch.parse>[] = []
  readonly judgments: Readonly<Record<string, unknown>>[] = []
  readonly keys: (string | undefined)[] = []
  answers: Answer[] = []
  readonly #server: Server = createServer((request, response) => {
    void readBody(request).then((body) => {
      this.keys.push(request.headers.authorization)
      const answer = this.answers.shift()
      if (request.url === '/api/v1/qa/events' && answer === undefined) {
        const { events } = QaEventsBody.parse(JSON.parse(body)) as { events: Record<string, unknown>[] }
        this.judgments.push(...events)
        response.writeHead(200, { 'content-type': 'application/json' })
        return response.end(JSON.stringify({ accepted: events.length, duplicates: 0, rejected: [] }))
      }
      if (answer === undefined || answer.status === 200) this.batches.push(TelemetryBatch.parse(JSON.parse(body)))
      const last = this.batches.at(-1)
      const receipt = {
        accepted: { executions: last?.executions.length ?? 0, actions: last?.actions.length ?? 0 },
        duplicates: { executions: 0, actions: 0 },
        rejected: [],
      }
      response.writeHead(answer?.status ?? 200, { 'content-type': 'application/json', ...answer?.headers })
      response.end(JSON.stringify(answer?.body ?? receipt))
    })
  })

  async open(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get rows() {
    return {
      executions: this.batches.flatMap((batch) => batch.executions),
      actions: this.batches.flatMap((batch) => batch.actions),
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

let receiver: Receiver
let url: string

beforeEach(async () => {
  receiver = new Receiver()
  url = await receiver.open()
})

afterEach(async () => {
  await receiver.close()
})

const logger = (options: ConstructorParameters<typeof AgentLogger>[0] = {}) =>
  new AgentLogger({ url, apiKey: 'mak_test', agent: 'support', release: 'v1', flushIntervalMs: 60_000, ...options })

describe('what judges say', () => {
  const verdict = { type: 'qa_success', judge: 'grader', judgeKind: 'model', metric: 'helpfulness' } as const

  test('judgments of a run, of a step and of anything arrive beside the telemetry, in the shape of the contract', async () => {
    const log = logger()
    const run = log.startExecution()
    const step = run.action({ kind: 'tool', name: 'search' })
    step.judge({ ...verdict, type: 'qa_failure' as const, explanation: `${'long '.repeat(1_500)}` })
    step.end()
    run.end({ status: 'success' })
    run.judge({ answer: '{"verdict":"pass"}', judge: 'llm', metric: 'tone' })
    log.judge({ ...verdict, subject: { kind: 'series', id: 'nightly' }, idempotencyKey: 'own' })
    await log.close()
    expect(receiver.rows.executions).toHaveLength(2)
    expect(receiver.rows.actions).toHaveLength(1)
    expect(log.stats).toMatchObject({ sent: 6, queued: 0, rejected: 0, dropped: 0 })
    expect(receiver.judgments.map(({ subject }) => subject)).toEqual([
      { kind: 'action', id: `${run.executionId}/${step.actionId}` },
      { kind: 'execution', id: run.executionId },
      { kind: 'series', id: 'nightly' },
    ])
    expect(receiver.judgments[2]).toMatchObject({ idempotencyKey: 'own', observedAt: expect.any(String) })
    const keys = receiver.judgments.map(({ idempotencyKey }) => idempotencyKey)
    expect(new Set(keys).size).toBe(3)
  })

  test('a key without the right loses judgments alone, counted and told', async () => {
    const log = logger()
    const run = log.startExecution()
    await log.flush()
    receiver.answers = [{ status: 403, body: { code: 'not-allowed', detail: 'This needs the scope judgments:write.' } }]
    run.judge(verdict)
    await log.flush()
    expect(log.stats).toMatchObject({ sent: 1, rejected: 1, lastError: expect.stringContaining('judgments:write') })
    run.end({ status: 'success' })
    await log.close()
    expect(log.stats).toMatchObject({ sent: 2, rejected: 1 })
  })

  test('nothing that is wrong with a judgment is thrown into the agent', async () => {
    const log = logger()
    const hostile = new Proxy(verdict, {
      ownKeys: () => {
        throw new Error('no')
      },
    })
    expect(() => log.judge({ ...verdict, subject: null as never })).not.toThrow()
    expect(() => log.judge(hostile as never)).not.toThrow()
    expect(log.stats).toMatchObject({ queued: 1, dropped: 1 })
  })
})

describe('what arrives', () => {
  test('an execution with nested actions arrives whole, in the shape of the contract', async () => {
    const log = logger()
    const run = log.startExecution({ input: { question: 'why?' }, unit: 'task-1', conversationId: 'c-1' })
    const call = run.action({ kind: 'llm', name: 'answer', provider: 'openai', model: 'gpt-4.1' })
    const tool = call.action({ kind: 'tool', name: 'search', input: { q: 'why' } })
    tool.end({ output: ['because'] })
    call.end({ usage: { inputTokens: 12, outputTokens: 3 }, output: 'because' })
    run.end({ status: 'success', output: 'because' })
    await log.close()
    const { executions, actions } = receiver.rows
    expect(executions.map(({ status }) => status)).toEqual(['running', 'success'])
    expect(executions[1]).toMatchObject({
      executionId: run.executionId,
      unit: 'task-1',
      release: 'v1',
      environment: 'production',
    })
    expect(actions.map(({ name, parentActionId }) => [name, parentActionId])).toEqual([
      ['search', call.actionId],
      ['answer', null],
    ])
    expect(receiver.keys[0]).toBe('Bearer mak_test')
    expect(log.stats).toEqual({ queued: 0, sent: 4, rejected: 0, dropped: 0, lastError: null })
  })

  test('ending twice reports once', async () => {
    const log = logger()
    const run = log.startExecution()
    const step = run.action({ kind: 'tool', name: 'once' })
    step.end()
    step.end({ error: new Error('late') })
    run.end({ status: 'success' })
    run.end({ status: 'failure' })
    await log.close()
    expect(receiver.rows.actions).toHaveLength(1)
    expect(receiver.rows.executions.map(({ status }) => status)).toEqual(['running', 'success'])
  })

  test('execute passes the result and the error of the work through and reports both', async () => {
    const log = logger()
    await expect(log.execute({}, async () => 42)).resolves.toBe(42)
    const fault = new TypeError('no such tool')
    await expect(
      log.execute({}, async () => {
        throw fault
      }),
    ).rejects.toBe(fault)
    await log.close()
    expect(receiver.rows.executions.filter(({ status }) => status !== 'running')).toMatchObject([
      { status: 'success', output: 42 },
      { status: 'failure', errorType: 'TypeError', errorMessage: 'no such tool' },
    ])
  })

  test('waiting for a person is reported as waiting, not as a failure', async () => {
    const log = logger()
    const run = log.startExecution()
    run.wait('approval')
    run.end({ status: 'cancelled' })
    await log.close()
    expect(receiver.rows.executions.map(({ status }) => status)).toEqual(['running', 'waiting', 'cancelled'])
  })

  test('a run that goes on says so, and each open report is later than the one before', async () => {
    const log = logger()
    const run = log.startExecution()
    run.wait('approval')
    run.resume()
    run.end({ status: 'success' })
    run.resume()
    await log.close()
    const { executions } = receiver.rows
    expect(executions.map(({ status }) => status)).toEqual(['running', 'waiting', 'running', 'success'])
    const times = executions.slice(0, 3).map(({ reportedAt }) => String(reportedAt))
    expect([...new Set(times)].sort()).toEqual(times)
  })

  test('the value at the time of the call is reported, whatever the agent does to it later', async () => {
    const log = logger()
    const input = { items: [1] }
    const run = log.startExecution({ input })
    input.items.push(2)
    run.end({ status: 'success' })
    await log.close()
    expect(receiver.rows.executions[0]?.input).toEqual({ items: [1] })
  })

  test('rows leave in batches of at most batchRows, in order', async () => {
    const log = logger({ batchRows: 10 })
    const run = log.startExecution()
    for (let at = 0; at < 34; at++) run.action({ kind: 'tool', name: `step ${at}` }).end()
    await log.flush()
    expect(Math.max(...receiver.batches.map((batch) => batch.actions.length + batch.executions.length))).toBe(10)
    expect(receiver.rows.actions.map(({ name }) => name)).toEqual(Array.from({ length: 34 }, (_, at) => `step ${at}`))
  })
})

describe('when things go wrong', () => {
  test('a server that is down leaves the agent alone, and the rows wait for it', async () => {
    await receiver.close()
    const log = logger()
    expect(() => log.startExecution({ input: 1 }).end({ status: 'success' })).not.toThrow()
    await log.flush()
    expect(log.stats).toMatchObject({ queued: 2, sent: 0, dropped: 0 })
    expect(log.stats.lastError).not.toBeNull()
    await log.close(0)
    expect(log.stats).toMatchObject({ queued: 0, dropped: 2 })
  })

  test.each([429, 500, 503])('after a %s the same rows are sent again and none is lost', async (status) => {
    receiver.answers = [{ status, body: { code: 'queue-full' }, headers: { 'retry-after': '0' } }]
    const log = logger()
    log.startExecution().end({ status: 'success' })
    await log.close()
    expect(receiver.rows.executions).toHaveLength(2)
    expect(log.stats).toMatchObject({ sent: 2, rejected: 0, dropped: 0, lastError: null })
  })

  test('a refusal for good is counted with its reason and does not block what follows', async () => {
    receiver.answers = [{ status: 401, body: { code: 'not-authenticated', detail: 'The key was revoked.' } }]
    const log = logger()
    log.startExecution()
    await log.flush()
    expect(log.stats).toMatchObject({ rejected: 1, lastError: '401 not-authenticated The key was revoked.' })
    log.startExecution()
    await log.close()
    expect(log.stats).toMatchObject({ sent: 1, rejected: 1 })
  })

  test('rows that the server refuses alone are counted as rejected', async () => {
    const rejected = [{ list: 'executions', index: 0, path: 'agent', detail: 'too long' }]
    const receipt = { accepted: { executions: 1, actions: 0 }, duplicates: { executions: 0, actions: 0 }, rejected }
    receiver.answers = [{ status: 200, body: receipt }]
    const log = logger()
    log.startExecution().end({ status: 'success' })
    await log.close()
    expect(log.stats).toMatchObject({ sent: 1, rejected: 1 })
  })

  test('beyond the limit of the queue rows are dropped and counted, and onLoss hears of it', async () => {
    await receiver.close()
    const losses: number[] = []
    const log = logger({ queueRows: 5, onLoss: ({ dropped }) => losses.push(dropped) })
    for (let at = 0; at < 8; at++) log.startExecution()
    expect(log.stats).toMatchObject({ queued: 5, dropped: 3 })
    expect(losses).toEqual([1])
    await log.close(0)
  })

  test('the queue is bounded in bytes, too', async () => {
    const log = logger({ queueBytes: 2_000 })
    for (let at = 0; at < 10; at++) log.startExecution({ input: 'x'.repeat(500) })
    expect(log.stats.dropped).toBeGreaterThan(0)
    await log.close()
  })

  test('an onLoss that throws does not reach the agent', async () => {
    const log = logger({
      queueRows: 0,
      onLoss: () => {
        throw new Error('mine')
      },
    })
    expect(() => log.startExecution()).not.toThrow()
    await log.close(0)
  })

  test('without a key nothing is sent and everything is counted', async () => {
    const log = logger({ apiKey: '' })
    log.startExecution()
    await log.close()
    expect(log.stats).toMatchObject({ sent: 0, dropped: 1, lastError: 'no API key is set (METAAGENT_API_KEY)' })
    expect(receiver.batches).toHaveLength(0)
  })

  test('disabled means that nothing happens', async () => {
    const log = logger({ disabled: true })
    log.startExecution({ input: 1 }).action({ kind: 'tool', name: 'x', input: 2 }).end()
    await log.close()
    expect(log.stats).toMatchObject({ queued: 0, sent: 0, dropped: 0 })
  })

  test('an invalid date is lost and counted, not thrown', async () => {
    const log = logger()
    const run = log.startExecution()
    expect(() => run.end({ status: 'success', endedAt: new Date(Number.NaN) })).not.toThrow()
    expect(log.stats.dropped).toBe(1)
    await log.close()
  })
})

describe('settings', () => {
  test('options win over the environment, and the environment over defaults', () => {
    process.env['METAAGENT_AGENT'] = 'from-environment'
    process.env['METAAGENT_URL'] = 'http://example.test/'
    try {
      expect(resolveSettings({})).toMatchObject({
        agent: 'from-environment',
        url: 'http://example.test',
        environment: 'production',
        release: null,
      })
      expect(resolveSettings({ agent: 'from-option' }).agent).toBe('from-option')
    } finally {
      delete process.env['METAAGENT_AGENT']
      delete process.env['METAAGENT_URL']
    }
  })
})

describe('snapshot', () => {
  test('law: any value becomes JSON that parses back to itself, without throwing', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          const taken = snapshot(value, 1_000)
          expect(JSON.parse(JSON.stringify(taken))).toEqual(taken)
        },
      ),
    )
  })

  test.each([
    ['a circle', () => Object.assign({} as Record<string, unknown>, { self: null }), '{"self":null}'],
    ['a function', () => ({ f: () => 1 }), '{"f":"[function]"}'],
    ['NaN', () => Number.NaN, '"NaN"'],
    ['a negative zero', () => [-0], '[0]'],
    ['a member that would be a prototype', () => JSON.parse('{"__proto__":{"a":1},"b":2}'), '{"b":2}'],
    ['an error', () => new RangeError('far'), '{"name":"RangeError","message":"far"}'],
    ['bytes', () => new Uint8Array(3), '"[3 bytes]"'],
    ['a long text', () => 'abcdef', '"abcd… [2 characters cut]"'],
  ])('%s is said in words', (_, make, expected) => {
    expect(JSON.stringify(snapshot(make(), 4))).toBe(expected)
  })

  test('a true circle ends', () => {
    const node: Record<string, unknown> = {}
    node['self'] = node
    expect(snapshot(node, 100)).toEqual({ self: '[circular]' })
  })

  test('a getter that throws makes the value unreadable, not the agent fail', () => {
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('boo')
      },
    })
    expect(snapshot(hostile, 100)).toBe('[unreadable]')
  })

  test('depth is bounded', () => {
    let deep: unknown = 1
    for (let at = 0; at < 100; at++) deep = { deep }
    expect(JSON.stringify(snapshot(deep, 100))).toContain('[too deep]')
  })
})

describe('ids', () => {
  test('execution ids are UUIDv7 in hex and sort by time', () => {
    const early = newExecutionId(1_000)
    const late = newExecutionId(2_000)
    expect(early).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    expect(early < late).toBe(true)
  })

  test('action ids are 16 hex digits, differ, and sort in the order in which they were made', () => {
    const made = Array.from({ length: 1_000 }, () => newActionId())
    const ids = new Set(made)
    expect(ids.size).toBe(1_000)
    expect(made.toSorted()).toEqual(made)
    for (const id of ids) expect(id).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
  })
})
