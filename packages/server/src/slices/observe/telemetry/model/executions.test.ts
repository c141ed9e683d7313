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

const openAt = (status: 'running' | 'waiting', ms: number | null, endReason: string | null = null) =>
  report({ rank: 1, status, endedAt: null, endReason, reportedAt: ms === null ? null : at(ms) })

test('T5: of running and waiting the later one counts, so that a run that goes on is seen to', () => {
  const waiting = afterReport(reportedBy(openAt('running', 0)), openAt('waiting', 10, 'approval'))
  expect(waiting).toMatchObject({ status: 'waiting', endReason: 'approval', reportedAt: at(10) })
  const resumed = afterReport(waiting, openAt('running', 20))
  expect(resumed).toMatchObject({ status: 'running', endReason: null, reportedAt: at(20) })
  expect(afterReport(resumed, openAt('waiting', 10, 'approval'))).toBe(resumed)
  const ended = afterReport(resumed, closed)
  expect(ended).toMatchObject({ status: 'success', endReason: null, reportedAt: null })
  expect(afterReport(ended, openAt('waiting', 9_999))).toMatchObject({ status: 'success', rank: 3 })
})

test('T5: in the same millisecond waiting counts, and so it does where no time is told', () => {
  expect(afterReport(reportedBy(openAt('waiting', 5)), openAt('running', 5)).status).toBe('waiting')
  expect(afterReport(reportedBy(openAt('running', 5)), openAt('waiting', 5)).status).toBe('waiting')
  expect(afterReport(reportedBy(openAt('waiting', null)), openAt('running', 5)).status).toBe('waiting')
  expect(afterReport(reportedBy(openAt('waiting', 5)), openAt('running', null)).status).toBe('waiting')
})

test('T2: what is open ends in the same state, whatever the order of its reports', () => {
  const reports = fc.array(
    fc.record({
      status: fc.constantFrom('running', 'waiting'),
      ms: fc.option(fc.nat({ max: 4 })),
    }),
    { minLength: 1, maxLength: 6 },
  )
  fc.assert(
    fc.property(reports, fc.infiniteStream(fc.nat()), (drawn, keys) => {
      // A reason belongs to what it is the reason of.
      const rows = drawn.map(({ status, ms }) => openAt(status, ms, status === 'waiting' ? 'approval' : null))
      const shuffled = [...rows, ...rows]
        .map((row) => [keys.next().value ?? 0, row] as const)
        .sort(([a], [b]) => a - b)
        .map(([, row]) => row)
      const fold = ([first, ...others]: readonly ExecutionRow[]) =>
        others.reduce(afterReport, reportedBy(first ?? openAt('running', 0)))
      expect(fold(shuffled)).toEqual(fold(rows))
    }),
  )
})

test('T8: a session that only spans within the run name is the run’s, the first in time; its own wins', () => {
  const later = action({ actionId: 'b7ad6b7169203332', conversationId: 'later', userId: 'u-2', startedAt: at(9) })
  const first = action({ actionId: 'b7ad6b7169203333', conversationId: 'first', userId: 'u-1', startedAt: at(3) })
  const root = report({ namesAgent: false })
  for (const order of [
    [later, first],
    [first, later],
  ]) {
    const state = order.reduce(afterAction, reportedBy(root))
    expect(state).toMatchObject({ conversationId: 'first', userId: 'u-1' })
    const named = afterReport(state, report({ namesAgent: false, conversationId: 'own' }))
    expect(named).toMatchObject({ conversationId: 'own', conversationFrom: null, userId: 'u-1' })
    expect(order.reduce(afterAction, named).conversationId).toBe('own')
  }
  const ofRoot = action({ parentActionId: null, userId: 'root', startedAt: at(50) })
  const inside = action({ actionId: 'b7ad6b7169203339', parentActionId: 'b7ad6b7169203331', userId: 'inside' })
  expect(afterAction(impliedBy(inside), ofRoot).userId).toBe('root')
  expect(afterAction(impliedBy(ofRoot), inside).userId).toBe('root')
})

test('T6: a user whose name was masked is the masked one', () => {
  const attributes = JSON.stringify({ 'user.id': '[masked:email]' })
  expect(impliedBy(action({ userId: 'ada@example.org', attributes, masked: 1 })).userId).toBe('[masked:email]')
  expect(impliedBy(action({ userId: 'u-1', attributes, masked: 0 })).userId).toBe('u-1')
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
      conversationId: fc.constantFrom(null, 'x', 'y'),
      userId: fc.constantFrom(null, 'u', 'v'),
    }),
    { maxLength: 5 },
  ),
  // One start report, one of a process's root, one of the end, as senders send them.
  reports: fc.subarray([
    report({ rank: 1, status: 'running', endedAt: null, agent: 'a', input: '1', unit: 'u', reportedAt: at(9) }),
    report({ rank: 1, status: 'waiting', endedAt: null, agent: 'a', conversationId: 'c', reportedAt: at(5) }),
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
