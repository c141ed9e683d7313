import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MacroDefinition, Step } from './definition.ts'
import { type ExecutionEvent, type ExecutionState, startedExecution, stateAfter } from './execution/state.ts'
import { decideNext, type ExecutionDecision } from './execution.ts'

const start = startedExecution({ executionId: 'e1', inputs: {}, startedAtMs: 0 })
const names = ['a', 'constructor', 'c', 'd']
const undo = { kind: 'http', arguments: {} }
const retries = { attemptsMax: 2, backoffMs: 100, factor: 2, backoffMaxMs: 150 }
const macro = (undone: readonly boolean[], timeoutMs = 10_000): MacroDefinition => ({
  inputs: true,
  timeoutMs,
  steps: undone.map((hasUndo, at): Step => {
    const name = names[at] as string
    const idempotencyKey = `{{execution.id}}/${name}`
    return {
      name,
      kind: 'http',
      arguments: {},
      timeoutMs: 1000,
      retries,
      idempotencyKey,
      compensation: hasUndo ? undo : null,
    }
  }),
})

type Answer = 'succeeds' | 'fails' | 'fails-for-good' | 'is-silent' | 'succeeds-late'
const answers = fc.constantFrom<Answer>(
  'succeeds',
  'succeeds',
  'succeeds',
  'fails',
  'fails-for-good',
  'is-silent',
  'succeeds-late',
)

interface Told {
  readonly events: readonly ExecutionEvent[]
  readonly decisions: readonly { readonly at: number; readonly nowMs: number; readonly decision: ExecutionDecision }[]
  readonly state: ExecutionState
}

/** Runs a macro to its end against a world that answers as it is told, and cancels it after so many decisions. */
function played(definition: MacroDefinition, script: readonly Answer[], cancelAt: number | null): Told {
  const events: ExecutionEvent[] = []
  const decisions: { at: number; nowMs: number; decision: ExecutionDecision }[] = []
  const late: ExecutionEvent[] = []
  let [state, nowMs, asked] = [start, 0, 0]
  const record = (event: ExecutionEvent) => {
    events.push(event)
    state = stateAfter(state, event)
  }
  for (let round = 0; round < 200; round += 1) {
    if (round === cancelAt) record({ type: 'cancelled', atMs: nowMs })
    const decision = decideNext({ definition, state, nowMs })
    decisions.push({ at: events.length, nowMs, decision })
    if (decision.kind === 'wait') {
      expect(decision.untilMs).toBeGreaterThan(nowMs)
      nowMs = decision.untilMs
      for (const event of late.splice(0)) record(event)
      continue
    }
    const back = decision.kind === 'compensate' || decision.kind === 'failed'
    if (back && state.turnedBack === null) record({ type: 'turned-back', because: decision.because })
    if (decision.kind === 'done' || decision.kind === 'failed') return { events, decisions, state }
    const { release } = decision
    const { step, attempt } = release
    const undoing = decision.kind === 'compensate'
    record({ type: undoing ? 'compensation-released' : 'released', release })
    const answer = script[asked++] ?? 'succeeds'
    nowMs += 10
    const success: ExecutionEvent = undoing
      ? { type: 'compensation-succeeded', step }
      : { type: 'succeeded', step, output: attempt }
    const failure = { atMs: nowMs, retryable: answer === 'fails' }
    if (answer === 'succeeds') record(success)
    else if (answer === 'succeeds-late') late.push(success)
    else if (answer !== 'is-silent')
      record({ type: undoing ? 'compensation-attempt-failed' : 'attempt-failed', step, attempt, failure })
  }
  throw new Error('the execution never ended')
}

const worlds = fc.tuple(
  fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }).map((undone) => macro(undone)),
  fc.array(answers, { maxLength: 12 }),
  fc.option(fc.nat(8)),
)

test('PY7: every execution ends, and replaying any prefix of its events gives the same decision', () => {
  fc.assert(
    fc.property(worlds, ([definition, script, cancelAt]) => {
      const { events, decisions } = played(definition, script, cancelAt)
      for (const { at, nowMs, decision } of decisions) {
        const stored = JSON.parse(JSON.stringify(events.slice(0, at))) as readonly ExecutionEvent[]
        const state = JSON.parse(JSON.stringify(stored.reduce(stateAfter, start))) as ExecutionState
        expect(decideNext({ definition, state, nowMs })).toEqual(decision)
      }
    }),
    { numRuns: 500 },
  )
})

test('PY8: whatever was released is only released again under its key, never twice at once, never after success', () => {
  fc.assert(
    fc.property(worlds, ([definition, script, cancelAt]) => {
      const keys = new Map<string, string>()
      const succeeded = new Set<string>()
      for (const event of played(definition, script, cancelAt).events) {
        if (event.type === 'succeeded') succeeded.add(event.step)
        if (event.type === 'compensation-succeeded') succeeded.add(`undo ${event.step}`)
        if (event.type !== 'released' && event.type !== 'compensation-released') continue
        const { step, attempt, idempotencyKey } = event.release
        const what = event.type === 'released' ? step : `undo ${step}`
        expect(succeeded.has(what)).toBe(false)
        expect(keys.get(what) ?? idempotencyKey).toBe(idempotencyKey)
        expect(keys.has(what)).toBe(attempt > 1)
        keys.set(what, idempotencyKey)
      }
      expect(new Set(keys.values()).size).toBe(keys.size)
    }),
    { numRuns: 500 },
  )
})

test('PY9: what is undone is exactly what succeeded and can be undone, in reverse; nothing goes forwards again', () => {
  let undoings = 0
  fc.assert(
    fc.property(worlds, ([definition, script, cancelAt]) => {
      const { events, decisions, state } = played(definition, script, cancelAt)
      const turned = events.findIndex(({ type }) => type === 'turned-back')
      expect(events.slice(turned + 1).some(({ type }) => turned >= 0 && type === 'released')).toBe(false)
      const undone = events.flatMap((event) => (event.type === 'compensation-succeeded' ? [event.step] : []))
      const due = definition.steps.filter(
        ({ name, compensation }) => compensation !== null && Object.hasOwn(state.outputs, name),
      )
      const reverse = due.map(({ name }) => name).toReversed()
      const last = decisions.at(-1)?.decision
      if (last?.kind === 'done') expect(undone).toEqual([])
      else if (last?.kind === 'failed' && last.compensated) expect(undone).toEqual(reverse)
      else expect(undone).toEqual(reverse.slice(0, undone.length))
      undoings += undone.length
    }),
    { numRuns: 500 },
  )
  expect(undoings).toBeGreaterThan(20)
})

const kinds = ({ decisions }: Told) => decisions.map(({ decision }) => `${decision.kind} ${decision.because.rule}`)

test.each<[string, readonly Answer[], readonly string[]]>([
  ['all goes well', [], ['act next-step', 'act next-step', 'done all-succeeded']],
  [
    'one failure is retried after its backoff',
    ['fails'],
    ['act next-step', 'wait backoff', 'act retry', 'act next-step', 'done all-succeeded'],
  ],
  [
    'silence lasts until the deadline',
    ['is-silent'],
    ['act next-step', 'wait in-flight', 'wait backoff', 'act retry', 'act next-step', 'done all-succeeded'],
  ],
  [
    'the second fails for good',
    ['succeeds', 'fails-for-good'],
    ['act next-step', 'act next-step', 'compensate not-retryable', 'failed not-retryable'],
  ],
  [
    'attempts run out',
    ['succeeds', 'fails', 'fails'],
    [
      'act next-step',
      'act next-step',
      'wait backoff',
      'act retry',
      'compensate attempts-exhausted',
      'failed attempts-exhausted',
    ],
  ],
  [
    'the undoing fails too',
    ['succeeds', 'fails-for-good', 'fails-for-good'],
    ['act next-step', 'act next-step', 'compensate not-retryable', 'failed compensation-failed'],
  ],
])('PY7: when %s, each decision says why', (_, script, expected) => {
  expect(kinds(played(macro([true, false]), script, null))).toEqual(expected)
})

test('PY9: an execution past its time is undone, one that is through stays done', () => {
  const released = stateAfter(start, {
    type: 'released',
    release: { step: 'a', attempt: 1, idempotencyKey: 'k', deadlineAtMs: 50 },
  })
  const state = stateAfter(released, { type: 'succeeded', step: 'a', output: 1 })
  const late = decideNext({ definition: macro([true, false], 50), state, nowMs: 50 })
  expect(late).toMatchObject({ kind: 'compensate', because: { rule: 'macro-timeout', observed: 50, limit: 50 } })
  expect(decideNext({ definition: macro([true], 50), state, nowMs: 999 })).toMatchObject({ kind: 'done' })
})

test('PY8: a key that cannot be filled in is never used', () => {
  const [step] = macro([false]).steps as [Step]
  const definition = { ...macro([false]), steps: [{ ...step, idempotencyKey: '{{inputs.id}}' }] }
  const decision = decideNext({ definition, state: start, nowMs: 0 })
  expect(decision).toMatchObject({ kind: 'failed', because: { rule: 'key-unresolved', step: 'a' } })
})
