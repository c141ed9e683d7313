import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import {
  afterAction,
  afterReport,
  type ExecutionState,
  flagsOf,
  impliedBy,
  movedFrom,
  reportedBy,
} from './executions.ts'
import { type ActionRow, type ExecutionRow, noTokens } from './rows.ts'

const start = Date.UTC(2026, 0, 5)
const at = (ms: number): Instant => instantFromEpochMs(start + ms)

function report(change: Partial<ExecutionRow> = {}): ExecutionRow {
  return {
    executionId: '0af7651916cd43dd8448eb211c80319c',
    rank: 3,
    namesAgent: true,
    agent: 'support',
    environment: 'production',
    release: null,
    status: 'success',
    startedAt: at(0),
    endedAt: at(1_000),
    endReason: null,
    errorType: null,
    errorMessage: null,
    conversationId: null,
    unit: null,
    score: null,
    reportedCostNanoUsd: null,
    synthetic: false,
    input: null,
    output: null,
    attributes: null,
    masked: 0,
    ...change,
  }
}

function action(change: Partial<ActionRow> = {}): ActionRow {
  return {
    executionId: '0af7651916cd43dd8448eb211c80319c',
    actionId: 'b7ad6b7169203331',
    parentActionId: null,
    source: 'otlp',
    agent: 'service',
    environment: 'production',
    release: null,
    ownAgent: false,
    ownRelease: false,
    ownEnvironment: false,
    kind: 'tool',
    name: 'tool',
    status: 'success',
    startedAt: at(0),
    endedAt: at(10),
    errorType: null,
    errorMessage: null,
    provider: null,
    model: null,
    ...noTokens,
    reportedCostNanoUsd: null,
    input: null,
    output: null,
    attributes: null,
    masked: 0,
    mappingVersion: 1,
    ...change,
  }
}

const open = report({ rank: 1, status: 'running', endedAt: null, unit: 'task-1', input: '"asked"' })
const closed = report({ release: 'v2', output: '"done"', startedAt: at(5) })

test('T5: a closed execution stays closed, whatever comes later', () => {
  const state = afterReport(reportedBy(open), closed)
  expect(state).toMatchObject({
    rank: 3,
    status: 'success',
    endedAt: at(1_000),
    startedAt: at(5),
    unit: 'task-1',
    input: '"asked"',
    output: '"done"',
    release: 'v2',
  })
  expect(afterReport(state, report({ rank: 1, status: 'running', endedAt: null })).status).toBe('success')
  expect(afterReport(state, report({ status: 'failure' })).status).toBe('success')
})

test('T5: the same report again changes nothing, the very same state comes back', () => {
  const state = afterReport(reportedBy(open), closed)
  expect(afterReport(state, closed)).toBe(state)
  expect(afterReport(state, open)).toBe(state)
})

test('T5: a second report of the same rank fills what is unknown and overwrites nothing', () => {
  const state = afterReport(reportedBy(closed), report({ score: 1, output: '"other"' }))
  expect(state).toMatchObject({ score: 1, output: '"done"' })
})

test('T5: among open states waiting beats running', () => {
  const waiting = report({ rank: 1, status: 'waiting', endedAt: null })
  expect(afterReport(reportedBy(open), waiting).status).toBe('waiting')
  expect(afterReport(reportedBy(waiting), open).status).toBe('waiting')
})

test('T5: a trace’s own root beats the root of one of its processes', () => {
  const local = report({ rank: 2, status: 'failure', namesAgent: false, agent: 'worker' })
  const root = report({ namesAgent: false, agent: 'gateway' })
  for (const state of [afterReport(reportedBy(local), root), afterReport(reportedBy(root), local)])
    expect(state).toMatchObject({ rank: 3, status: 'success', agent: 'gateway' })
})

test('T5: an agent that is named beats one that is inferred, the earliest first', () => {
  const late = action({ actionId: 'b7ad6b7169203332', ownAgent: true, agent: 'late', startedAt: at(50) })
  const early = action({ actionId: 'b7ad6b7169203333', ownAgent: true, agent: 'early', startedAt: at(40) })
  const root = report({ namesAgent: false, agent: 'web-server' })
  let state: ExecutionState = impliedBy(action())
  expect(state).toMatchObject({ agent: 'service', status: 'running', rank: 0 })
  state = afterAction(state, late)
  expect(state.agent).toBe('late')
  state = afterReport(state, root)
  expect(state.agent).toBe('late')
  state = afterAction(state, early)
  expect(state.agent).toBe('early')
  expect(afterReport(state, report({ agent: 'named' })).agent).toBe('named')
})

const rows = fc.record({
  actions: fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 9 }),
      startedAt: fc.nat({ max: 99 }),
      ownAgent: fc.boolean(),
      agent: fc.constantFrom('a', 'b', 'c'),
    }),
    { maxLength: 5 },
  ),
  // One start report, one of a process's root, one of the end, as senders send them.
  reports: fc.subarray([
    report({ rank: 1, status: 'running', endedAt: null, agent: 'a', input: '1', unit: 'u' }),
    report({ rank: 1, status: 'waiting', endedAt: null, agent: 'a', conversationId: 'c' }),
    report({ rank: 2, status: 'failure', namesAgent: false, agent: 'worker', endReason: 'r2' }),
    report({ agent: 'b', score: 1, output: '2' }),
  ]),
})

test('T2: an execution is the same whatever the order in which its rows came, and however often', () => {
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), ({ actions, reports }, keys) => {
      const unique = new Map(actions.map((one) => [one.id, one]))
      const steps = [
        ...[...unique.values()].map(({ id, startedAt, ...own }) => {
          const row = action({
            actionId: `00000000000000${String(id).padStart(2, '0')}`,
            startedAt: at(startedAt),
            ...own,
          })
          return (state: ExecutionState | null) => (state === null ? impliedBy(row) : afterAction(state, row))
        }),
        ...reports.map(
          (row) => (state: ExecutionState | null) => (state === null ? reportedBy(row) : afterReport(state, row)),
        ),
      ]
      const run = (order: readonly ((state: ExecutionState | null) => ExecutionState)[]) =>
        order.reduce<ExecutionState | null>((state, step) => step(state), null)
      const shuffled = [...steps, ...steps]
        .map((step) => [keys.next().value ?? 0, step] as const)
        .sort(([a], [b]) => a - b)
      expect(run(shuffled.map(([, step]) => step))).toEqual(run(steps))
    }),
    { numRuns: 500 },
  )
})

test('an execution has moved when it is counted for somebody else', () => {
  expect(
    movedFrom({ agent: 'a', environment: 'e', release: null }, { agent: 'a', environment: 'e', release: null }),
  ).toBe(false)
  expect(
    movedFrom({ agent: 'a', environment: 'e', release: null }, { agent: 'a', environment: 'e', release: 'r' }),
  ).toBe(true)
})

test('end reasons that need a look are flagged', () => {
  expect(flagsOf('max_steps')).toEqual(['max_steps'])
  expect(flagsOf('user_stop')).toEqual([])
  expect(flagsOf(null)).toEqual([])
})
