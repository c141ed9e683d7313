import { type JsonValue, N8nExecution } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { langGraphRuns, n8nExecution } from '../../../../testkit/webhook-payloads.ts'
import {
  decideAdmission,
  decideRepetition,
  type Proof,
  readTimestamp,
  replayWindowMs,
  sentSecret,
} from './admission.ts'
import { mapLangGraphRun } from './langgraph.ts'
import { agentOf, readMapped } from './mapped.ts'
import { mapN8nExecution } from './n8n-execution.ts'
import { fillTemplate, TemplateFault } from './pointers.ts'

const now = instantFromEpochMs(1_767_520_800_000)
const source = { name: 'mail', kind: 'signed', enabled: true } as const
const context = { environment: 'production', agents: { names: {}, fallback: null } }
/** What came over the wire. */
const asJson = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value))
const codeOf = (proof: Proof, enabled = true) => {
  const decided = decideAdmission({ ...source, enabled }, proof, now)
  return decided.ok ? 'ok' : decided.refusal.code
}

describe('admission', () => {
  test.each([
    ['right', 0, 'ok'],
    ['right', replayWindowMs, 'ok'],
    ['right', -replayWindowMs, 'ok'],
    ['right', replayWindowMs + 1, 'timestamp-stale'],
    ['right', -replayWindowMs - 1, 'timestamp-stale'],
    ['right', null, 'timestamp-stale'],
    ['wrong', 0, 'signature-refused'],
    ['absent', null, 'signature-refused'],
  ] as const)('W1: a signature that is %s, sent %s ms from now, is %s', (state, offset, code) => {
    expect(codeOf({ kind: 'signature', state, sentAt: offset === null ? null : addMs(now, offset) })).toBe(code)
  })

  test('W1: a source that is off lets nothing in, whatever the proof', () => {
    const proofs: Proof[] = [
      { kind: 'secret', state: 'right' },
      { kind: 'signature', state: 'right', sentAt: now },
    ]
    expect(proofs.map((proof) => codeOf(proof, false))).toEqual(['source-unknown', 'source-unknown'])
    expect(proofs.map((proof) => codeOf(proof))).toEqual(['ok', 'ok'])
  })

  test('W1: only whole seconds since 1970 are a time stamp', () => {
    expect(readTimestamp('1767520800')).toBe(now)
    for (const text of ['', '1767520800000', '-1', '1767520800.5', '2026-01-04T10:00:00Z', 'NaN'])
      expect(readTimestamp(text)).toBeNull()
  })

  test('W1: a secret is taken from the path, then its own header, then a bearer token', () => {
    const headers = { 'x-webhook-secret': 'header', authorization: 'Bearer token' }
    expect(sentSecret(headers, 'path')).toBe('path')
    expect(sentSecret(headers, null)).toBe('header')
    expect(sentSecret({ authorization: 'Bearer token' }, null)).toBe('token')
    expect(sentSecret({}, null)).toBeNull()
  })

  test.each([
    ['signed', true, false, 'retry'],
    ['signed', true, true, 'message-replayed'],
    ['signed', false, false, 'message-replayed'],
    ['langgraph', true, true, 'retry'],
    ['n8n', false, true, 'message-replayed'],
  ] as const)('W2: %s, same body %s, same proof %s: %s', (kind, sameBody, sameProof, expected) => {
    const decided = decideRepetition(kind, { sameBody, sameProof })
    expect(decided.ok ? decided.value : decided.refusal.code).toBe(expected)
  })
})

describe('templates', () => {
  const ids = { trace: (...texts: readonly string[]) => texts.join('+'), span: () => 'span' }
  const payload = { a: { 'b/c': 1, '~': 2 }, list: [{ id: 'x' }, { id: 'y' }], ok: true }
  test.each<[string, JsonValue, JsonValue]>([
    ['pointers find members', { v: '/a/b~1c', w: '/a/~0', x: '/list/1/id' }, { v: 1, w: 2, x: 'y' }],
    ['what is not found is left out', { v: '/nothing', w: '/list/9/id', x: 'text' }, { x: 'text' }],
    ['inherited members are not found', { v: '/a/constructor' }, {}],
    ['values stand as they are', { v: { value: '/a' }, n: 3, z: null }, { v: '/a', n: 3, z: null }],
    [
      'lists are filled item by item',
      { v: { each: '/list', as: { id: '/id', ok: { root: '/ok' } } } },
      {
        v: [
          { id: 'x', ok: true },
          { id: 'y', ok: true },
        ],
      },
    ],
    ['a list that is not there is empty', { v: { each: '/none', as: '/id' } }, { v: [] }],
    ['a text chooses', { v: { choose: '/ok', of: { true: 'yes' }, otherwise: 'no' } }, { v: 'yes' }],
    ['an unknown text takes the other', { v: { choose: '/a/~0', of: { 1: 'one' }, otherwise: 'no' } }, { v: 'no' }],
    ['ids are made of texts', { v: { traceId: ['t', '/list/0/id'] }, s: { spanId: ['/ok/x', 's'] } }, { v: 't+x' }],
  ])('W4: %s', (name, template, filled) => {
    if (name === 'ids are made of texts') {
      expect(() => fillTemplate(template, payload, ids)).toThrow(TemplateFault)
      expect(fillTemplate({ v: { traceId: ['t', '/list/0/id'] } }, payload, ids)).toEqual(filled)
    } else expect(fillTemplate(template, payload, ids)).toEqual(filled)
  })

  test('W4: any JSON fills any JSON, or says why not', () => {
    const json = fc.jsonValue() as fc.Arbitrary<JsonValue>
    fc.assert(
      fc.property(json, json, (template, value) => {
        try {
          fillTemplate(template, value, ids)
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateFault)
        }
      }),
    )
  })
})

describe('what a mapping made', () => {
  test('W4: anything that is no batch is a fault with its place', () => {
    for (const value of [null, 1, 'x', [], {}, { executions: [] }] as JsonValue[])
      expect(readMapped(value, context).faults).toHaveLength(1)
    expect(readMapped({ metrics: [] }, context).faults).toMatchObject([{ path: 'metrics' }])
    expect(readMapped({ outcomes: [{ judge: 'x' }] }, context).faults).toMatchObject([{ path: 'outcomes[0].subject' }])
  })

  test('W3: a single row is a list of one, its agent is renamed, and its own environment stays', () => {
    const renamed = { environment: 'staging', agents: { names: { w: 'writer' }, fallback: null } }
    expect(readMapped({ executions: { agent: 'w' } }, renamed).executions).toEqual([
      { environment: 'staging', agent: 'writer' },
    ])
    expect(readMapped({ actions: [{ agent: 'v', environment: 'test' }] }, renamed).actions).toEqual([
      { environment: 'test', agent: 'v' },
    ])
    expect(agentOf({ names: { id: 'by id' }, fallback: 'other' }, 'name', 'id')).toBe('by id')
    expect(agentOf({ names: {}, fallback: 'other' }, 'name')).toBe('other')
    expect(agentOf({ names: {}, fallback: null }, null, 'id')).toBe('id')
  })
})

describe('LangGraph', () => {
  const statusOf = (change: object) =>
    mapLangGraphRun(asJson({ ...langGraphRuns.succeeded, ...change }), context, now).executions[0]
  test.each([
    ['success', 'success'],
    ['error', 'failure'],
    ['timeout', 'failure'],
    ['interrupted', 'waiting'],
    ['pending', 'running'],
  ])('W6: %s is %s', (status, expected) => {
    expect(statusOf({ status })).toMatchObject({ status: expected })
  })

  test('W6: a success whose state holds an interrupt waits, and an error as object tells its type', () => {
    expect(statusOf({ values: { __interrupt__: [{ value: 'ok?' }] } })).toMatchObject({ status: 'waiting' })
    expect(statusOf({ status: 'error', error: { error: 'TypeError', message: 'no' } })).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no',
    })
    expect(mapLangGraphRun({ hello: 1 }, context, now).faults).toMatchObject([{ path: 'run_id' }])
  })
})

describe('n8n', () => {
  const ids = {
    execution: (id: string) => id,
    action: (id: string, node: string, run: number) => `${id} ${node} ${run}`,
  }
  test('W7: an estimate of zero is unknown, and a tree that is known elsewhere gets only its model calls', () => {
    const raw = n8nExecution(7, now, {}, { promptTokens: 0, completionTokens: 0 })
    const execution = N8nExecution.parse(raw)
    const own = mapN8nExecution(execution, context, null, ids)
    expect(own.executions).toHaveLength(1)
    expect(own.actions).toHaveLength(5)
    const calls = own.actions.filter((action) => (action as { kind?: string }).kind === 'llm')
    expect(calls[0]).toHaveProperty('usage', { inputTokens: 100, outputTokens: 20 })
    expect(calls[1]).not.toHaveProperty('usage')
    const spans = [{ actionId: 's1', value: 'OpenAI Chat Model' }]
    const known = mapN8nExecution(execution, context, { executionId: 't', agent: 'a', environment: 'e', spans }, ids)
    expect(known.executions).toEqual([])
    expect(known.actions).toMatchObject([{ executionId: 't', agent: 'a', parentActionId: 's1' }, { environment: 'e' }])
    expect(known.actions[1]).not.toHaveProperty('parentActionId')
  })

  test.each([
    [{ status: 'success' }, 'success'],
    [{ status: 'error' }, 'failure'],
    [{ status: 'crashed' }, 'failure'],
    [{ status: 'canceled' }, 'cancelled'],
    [{ status: 'waiting', stoppedAt: null }, 'waiting'],
    [{ status: 'new', stoppedAt: null }, 'running'],
    [{ status: undefined, finished: true }, 'success'],
    [{ status: undefined, finished: false }, 'failure'],
    [{ status: undefined, stoppedAt: null }, 'running'],
  ])('W7: %j is %s', (change, status) => {
    const execution = N8nExecution.parse(n8nExecution(8, now, change))
    expect(mapN8nExecution(execution, context, null, ids).executions).toMatchObject([{ status }])
  })
})
