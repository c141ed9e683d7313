import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { type AgentPage, type Execution, TelemetryBatch } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../testkit/test-server.ts'
import { createApi } from '../commands/api.ts'
import { importTau2 } from '../commands/import-tau2.ts'
import { createOutput } from '../commands/output.ts'
import { mapTau2, type Tau2Import, userSimulator } from './tau2.ts'

const folder = fileURLToPath(new URL('../../../../../examples/tau2/', import.meta.url))
const fileNames = readdirSync(folder)
  .filter((name) => name.endsWith('.json.gz'))
  .sort()
const naming = { environment: 'benchmark' }

/** What a results file says, read without the importer. */
interface RawFile {
  readonly simulations: readonly {
    readonly reward_info: { readonly reward: number } | null
    readonly messages: readonly { readonly role: string; readonly usage?: { readonly prompt_tokens?: number } | null }[]
  }[]
}

const read = (name: string): RawFile => JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString('utf8'))
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const executionsOf = ({ batches }: Tau2Import) => batches.flatMap(({ executions = [] }) => executions)
const actionsOf = ({ batches }: Tau2Import) => batches.flatMap(({ actions = [] }) => actions)

const message = (role: string, fields: object = {}) => ({ role, content: `says the ${role}`, ...fields })
const simulation = (fields: object = {}) => ({
  id: 'run-1',
  task_id: '7',
  start_time: '2025-08-01T16:20:00.000000',
  duration: 12.5,
  termination_reason: 'user_stop',
  reward_info: { reward: 1 },
  messages: [message('assistant'), message('user')],
  ...fields,
})
const map = (content: unknown, fileName = 'model_airline.json') => mapTau2(fileName, content, naming)
const only = (fields: object) => {
  const mapped = map({ simulations: [simulation(fields)] })
  const [execution] = executionsOf(mapped)
  if (execution === undefined) throw new Error('one simulation is one execution')
  return { execution, actions: actionsOf(mapped) }
}

describe('the shipped files', () => {
  test('there are some', () => expect(fileNames.length).toBeGreaterThanOrEqual(6))

  test.each(fileNames)('%s: every simulation is an execution and every message an action', (name) => {
    const raw = read(name)
    const mapped = mapTau2(name, raw, naming)
    const messages = raw.simulations.flatMap((one) => one.messages)
    expect([mapped.executions, mapped.actions]).toEqual([raw.simulations.length, messages.length])
    expect(executionsOf(mapped)).toHaveLength(raw.simulations.length)
    expect(actionsOf(mapped)).toHaveLength(messages.length)
    const succeeded = executionsOf(mapped).filter(({ status }) => status === 'success').length
    expect(succeeded).toBe(raw.simulations.filter((one) => one.reward_info?.reward === 1).length)
    const inputTokens = sum(actionsOf(mapped).map(({ usage }) => usage?.inputTokens ?? 0))
    expect(inputTokens).toBe(sum(messages.map(({ usage }) => usage?.prompt_tokens ?? 0)))
    expect(actionsOf(mapped).filter(({ kind }) => kind === 'tool')).toHaveLength(
      messages.filter(({ role }) => role === 'tool').length,
    )
  })

  test.each(fileNames)('%s: everything fits the contract, each id is there once', (name) => {
    const mapped = mapTau2(name, read(name), naming)
    for (const batch of mapped.batches) expect(TelemetryBatch.safeParse(batch).error).toBeUndefined()
    expect(new Set(executionsOf(mapped).map(({ executionId }) => executionId)).size).toBe(mapped.executions)
    const actionIds = actionsOf(mapped).map(({ executionId, actionId }) => `${executionId}/${actionId}`)
    expect(new Set(actionIds).size).toBe(mapped.actions)
  })

  test('two models on the same tasks are two releases of one agent, tried on the same units', () => {
    const telecom = fileNames
      .filter((name) => name.includes('telecom'))
      .map((name) => mapTau2(name, read(name), naming))
    expect(new Set(telecom.map(({ agent }) => agent))).toEqual(new Set(['tau2-telecom']))
    expect(new Set(telecom.map(({ release }) => release)).size).toBe(telecom.length)
    const [first, second] = telecom.map((one) => executionsOf(one).map(({ unit }) => unit))
    expect(new Set(first)).toEqual(new Set(second))
  })
})

describe('ids', () => {
  test('are derived from the file and the run: a second import has the same', () => {
    const content = { simulations: [simulation(), simulation({ id: 'run-2' }), simulation({ trial: 1 })] }
    expect(map(content)).toEqual(map(structuredClone(content)))
    expect(map(content, 'model_airline.json.gz')).toEqual(map(content))
    const ids = executionsOf(map(content)).map(({ executionId }) => executionId)
    expect(new Set(ids).size).toBe(3)
    const elsewhere = executionsOf(map(content, 'other_airline.json')).map(({ executionId }) => executionId)
    expect(elsewhere.filter((id) => ids.includes(id))).toEqual([])
  })

  test('keep runs apart whose file repeats an id or names none, on every import alike', () => {
    const content = [simulation(), simulation(), simulation({ id: null }), simulation({ id: null, task_id: 8 })]
    const ids = executionsOf(map(content)).map(({ executionId }) => executionId)
    expect(new Set(ids).size).toBe(4)
    expect(executionsOf(map([...content, simulation()])).map(({ executionId }) => executionId)).toEqual([
      ...ids,
      expect.any(String),
    ])
    expect(executionsOf(map(content))[2]).not.toHaveProperty('conversationId')
  })

  test('have the form of OpenTelemetry’s', () => {
    const { execution, actions } = only({})
    expect(execution.executionId).toMatch(/^[0-9a-f]{32}$/)
    for (const { actionId } of actions) expect(actionId).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('forms of the file', () => {
  test('the bare list of simulations is read, and the file’s name gives domain and release', () => {
    const mapped = map([simulation()], 'someone__claude_retail_1trial.json')
    expect(mapped).toMatchObject({
      agent: 'tau2-retail',
      domain: 'retail',
      release: 'someone__claude_retail_1trial',
      executions: 1,
      actions: 2,
    })
    expect(map([], 'empty_mock.json')).toMatchObject({ domain: 'mock', executions: 0, batches: [] })
  })

  test('the header names domain, model and the user’s model', () => {
    const info = {
      agent_info: { llm: 'gpt-4.1', implementation: 'llm_agent' },
      user_info: { llm: 'gpt-4.1-mini' },
      environment_info: { domain_name: 'telecom' },
    }
    const mapped = map({ info, simulations: [simulation()] })
    expect(mapped).toMatchObject({ agent: 'tau2-telecom', release: 'gpt-4.1' })
    expect(actionsOf(mapped)).toMatchObject([
      { agent: 'tau2-telecom', release: 'gpt-4.1', kind: 'llm', model: 'gpt-4.1' },
      { agent: userSimulator, kind: 'llm', model: 'gpt-4.1-mini' },
    ])
    expect(actionsOf(mapped)[1]).not.toHaveProperty('release')
  })

  test('options name agent and release instead', () => {
    const named = mapTau2('x.json', [simulation()], { agent: 'support', release: 'v2', environment: 'staging' })
    expect(executionsOf(named)).toMatchObject([{ agent: 'support', release: 'v2', environment: 'staging' }])
  })

  test.each([
    ['an unknown role', { messages: [message('narrator')] }, /simulations\.0\.messages\.0\.role/],
    ['a time that is none', { start_time: 'yesterday' }, /simulations\.0\.start_time: is no time/],
    ['a message’s time that is none', { messages: [message('user', { timestamp: '?' })] }, /messages\.0\.timestamp/],
    ['messages that are none', { messages: 'none' }, /simulations\.0\.messages/],
    ['no task', { task_id: undefined }, /simulations\.0\.task_id/],
  ])('%s is refused with the place where it stands', (_name, fields, place) => {
    for (const content of [{ simulations: [simulation(fields)] }, [simulation(fields)]]) {
      expect(() => map(content)).toThrow(/model_airline\.json is no τ²-bench results file/)
      expect(() => map(content)).toThrow(place)
    }
  })

  test.each([[null], ['text'], [{}], [[1]]])('%j is refused', (content) => {
    expect(() => map(content)).toThrow(/is no τ²-bench results file/)
  })
})

describe('what was not recorded is unknown', () => {
  test('a cost of zero beside tokens means that nobody priced the model', () => {
    const priced = [message('assistant', { usage: { prompt_tokens: 10, completion_tokens: 2 } })]
    expect(only({ agent_cost: 0, messages: priced }).execution).not.toHaveProperty('reportedCostUsd')
    expect(only({ agent_cost: null, messages: priced }).execution).not.toHaveProperty('reportedCostUsd')
    expect(only({ agent_cost: 0.02, messages: priced }).execution.reportedCostUsd).toBe(0.02)
    expect(only({ agent_cost: 0 }).execution.reportedCostUsd).toBe(0)
  })

  test('messages without times have no length, and stay within the run', () => {
    const { execution, actions } = only({})
    for (const { startedAt, endedAt } of actions)
      expect([startedAt, endedAt]).toEqual(Array(2).fill(execution.startedAt))
  })

  test('a time that goes back does not make a negative length', () => {
    const { actions } = only({
      messages: [
        message('assistant', { timestamp: '2025-08-01T16:20:05' }),
        message('user', { timestamp: '2025-08-01T16:20:03' }),
        message('assistant', { timestamp: '2025-08-01T18:20:07+02:00' }),
      ],
    })
    expect(actions.map(({ startedAt, endedAt }) => [startedAt.slice(17), endedAt.slice(17)])).toEqual([
      ['00.000Z', '05.000Z'],
      ['05.000Z', '05.000Z'],
      ['05.000Z', '07.000Z'],
    ])
  })

  test('a run without duration ends when it says, else nobody knows', () => {
    expect(only({}).execution.endedAt).toBe('2025-08-01T16:20:12.500Z')
    const ended = only({ duration: null, end_time: '2025-08-01T16:20:30' })
    expect(ended.execution.endedAt).toBe('2025-08-01T16:20:30.000Z')
    expect(only({ duration: null }).execution).not.toHaveProperty('endedAt')
  })

  test('a run that was cut off before its reward did not succeed and has no score', () => {
    const { execution } = only({ reward_info: null, termination_reason: 'max_steps' })
    expect(execution).toMatchObject({ status: 'failure', endReason: 'max_steps' })
    expect(execution).not.toHaveProperty('score')
    expect(only({ reward_info: { reward: 0.5 } }).execution).toMatchObject({ status: 'failure', score: 0.5 })
  })
})

describe('actions', () => {
  test('a tool’s answer belongs to the call that asked for it', () => {
    const call = { id: 'call-1', name: 'get_user', arguments: { user: 'mia' } }
    const { actions } = only({
      messages: [
        message('user'),
        message('assistant', { content: null, tool_calls: [call] }),
        { role: 'tool', id: 'call-1', content: '{"tier":"gold"}', requestor: 'assistant', error: false },
        { role: 'tool', id: 'nobody asked', content: 'gone', requestor: 'user', error: true },
      ],
    })
    const [, turn, answer, stray] = actions
    expect(turn).toMatchObject({ kind: 'llm', name: 'call get_user', input: [{ role: 'user' }] })
    expect(answer).toMatchObject({
      kind: 'tool',
      name: 'get_user',
      parentActionId: turn?.actionId,
      input: { user: 'mia' },
      status: 'success',
    })
    expect(stray).toMatchObject({ agent: userSimulator, name: 'tool', status: 'failure', errorMessage: 'gone' })
    expect(stray).not.toHaveProperty('parentActionId')
  })

  test('a system message is no call of a model', () => {
    const { actions } = only({ messages: [message('system'), message('assistant')] })
    expect(actions).toMatchObject([
      { kind: 'other', name: 'system', output: 'says the system' },
      { kind: 'llm', input: [{ role: 'system' }] },
    ])
  })

  test('a run without messages is an execution without actions', () => {
    expect(only({ messages: null })).toMatchObject({ execution: { status: 'success' }, actions: [] })
  })

  test('each trial of a task is a unit of its own', () => {
    expect(only({ trial: 0 }).execution.unit).toBe('7')
    expect(only({ trial: 2 }).execution.unit).toBe('7#2')
  })
})

/** Enough for two agents with two releases; `npm run suite -- tau2-ingest` imports the rest. */
const imports = fileNames.filter((name) => /model_training__results__(gpt-4.1|ft.*airline)/.test(name))

describeOnStores('importing', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const importFiles = async (names: readonly string[], key = server.adminKey) => {
    const complaints: string[] = []
    const output = { ...createOutput(true), complain: (text: string) => complaints.push(text) }
    const paths = names.map((name) => join(folder, name))
    return { imported: await importTau2(createApi(server.url, key), paths, naming, output), complaints }
  }

  const allExecutions = async (): Promise<readonly Execution[]> => {
    const found: Execution[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      type Page = { items: Execution[]; nextCursor: string | null }
      const path: string = `/api/v1/executions?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
      const { body } = await server.request<Page>('GET', path)
      found.push(...body.items)
      cursor = body.nextCursor
    }
    return found
  }

  test('stores what the files hold, once, however often they are imported', async () => {
    const files = imports.map(read)
    expect(imports).toHaveLength(3)
    const { imported, complaints } = await importFiles(imports)
    expect(complaints).toEqual([])
    expect(
      imported.map(({ executions, actions, duplicates, rejected }) => [executions, actions, duplicates, rejected]),
    ).toEqual(
      files.map(({ simulations }) => [
        simulations.length,
        sum(simulations.map(({ messages }) => messages.length)),
        0,
        0,
      ]),
    )
    const stored = await allExecutions()
    expect(stored).toHaveLength(sum(files.map(({ simulations }) => simulations.length)))
    expect(sum(stored.map(({ totals }) => totals.actions))).toBe(sum(imported.map(({ actions }) => actions)))
    expect(stored.filter(({ status }) => status === 'success')).toHaveLength(
      sum(files.map(({ simulations }) => simulations.filter((one) => one.reward_info?.reward === 1).length)),
    )

    const again = await importFiles(imports)
    for (const { executions, actions, duplicates } of again.imported) expect(duplicates).toBe(executions + actions)
    expect(await allExecutions()).toEqual(stored)
  })

  test('puts agents into their benchmark’s domain, unless somebody chose another', async () => {
    const agents = async () => (await server.request<z.infer<typeof AgentPage>>('GET', '/api/v1/agents')).body.items
    expect(Object.fromEntries((await agents()).map(({ name, domain }) => [name, domain]))).toEqual({
      'tau2-airline': 'airline',
      'tau2-telecom': 'telecom',
      [userSimulator]: 'simulation',
    })
    const airline = (await agents()).find(({ name }) => name === 'tau2-airline')
    await server.request('PATCH', `/api/v1/agents/${airline?.agentId}`, { body: { domain: 'travel' } })
    await importFiles(imports.filter((name) => name.includes('airline')).slice(0, 1))
    expect((await agents()).find(({ name }) => name === 'tau2-airline')?.domain).toBe('travel')
  })

  test('a key that may only write telemetry imports, and is told what it could not do', async () => {
    const key = await server.keyFor(['telemetry:write'])
    const { imported, complaints } = await importFiles(imports.slice(0, 1), key)
    expect(imported).toHaveLength(1)
    expect(complaints).toEqual([expect.stringMatching(/The runs are in.*not-allowed/)])
  })

  test('nothing is sent when one of the files cannot be read', async () => {
    const missing = importFiles([imports[0] ?? '', 'README.md'])
    await expect(missing).rejects.toThrow(/README\.md is not JSON/)
    await expect(importFiles(['nowhere.json'])).rejects.toThrow(/There is no file/)
  })

  test('a refused key says so', async () => {
    await expect(importFiles(imports.slice(0, 1), 'mak_wrong')).rejects.toThrow(/was refused: not-authenticated/)
  })
})
