// @vitest-environment happy-dom
import type { CausalTrace, TraceStep } from '@metaagent/contract'
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { progressWords, stepLine, stepReason } from './step-words.ts'

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`

function step(n: number, change: Partial<TraceStep>): TraceStep {
  return {
    eventId: id(n),
    causationId: null,
    depth: 0,
    stage: 'judgment',
    type: 'qa_failure',
    subject: 'judgment/1',
    actor: { kind: 'system', id: 'otlp' },
    occurredAt: '2026-11-20T08:00:00.000Z',
    sinceCauseMs: null,
    payload: { judge: 'Ann', metric: 'helpfulness', score: 0.2 },
    engines: null,
    ...change,
  }
}

const engines = [
  { engine: 'trust' as const, state: 'done' as const, effects: 0 },
  { engine: 'arbitration' as const, state: 'done' as const, effects: 1 },
  { engine: 'drift' as const, state: 'set-aside' as const, effects: 0 },
]
const story: CausalTrace = {
  correlationId: 'story/1',
  truncated: true,
  steps: [
    step(1, { engines }),
    step(2, {
      causationId: id(1),
      depth: 1,
      stage: 'arbitration',
      type: 'qa_arbitration',
      sinceCauseMs: 130,
      payload: { metric: 'helpfulness', winner: 'fail', because: { rule: 'gap', observed: 0.4, limit: 0.5 } },
    }),
  ],
}

test('a story shows each step behind its cause, why it came out so, and what the engines made of it', async () => {
  const { wire } = await renderApp('/qa/traces/story%2F1', {
    overrides: { 'GET /qa/traces/story/1': () => json(story), 'GET /qa/traces/story%2F1': () => json(story) },
  })
  const [first, second] = within(await screen.findByTestId('trace-steps')).getAllByTestId('trace-step')
  expect(first?.textContent).toContain('by Ann, on helpfulness, score 0.2')
  expect(first?.textContent).toContain('trust: seen: nothing to measure it against')
  expect(first?.textContent).toContain('drift: failed five times')
  expect(second?.textContent).toContain('+130 ms')
  expect(second?.textContent).toContain('gap')
  await userEvent.click(within(second ?? document.body).getByRole('button', { expanded: false }))
  expect(
    within(second ?? document.body)
      .getByText('Proof')
      .closest('a')
      ?.getAttribute('href'),
  ).toBe(`/ledger/events/${id(2)}`)
  await userEvent.click(screen.getByText('Show up to 1000'))
  await waitFor(() => expect(wire.seen.some((line) => line.includes('limit=1000'))).toBe(true))
})

test('a story that nobody knows says so and can be looked for again', async () => {
  await renderApp('/qa/traces/0af7651916cd43dd8448eb211c80319c', {
    overrides: {
      'GET /qa/traces/0af7651916cd43dd8448eb211c80319c': () =>
        refusal('not-found', 'No event has this correlation id.'),
    },
  })
  await expectText('No event has this correlation id.')
  expect(screen.getByText('The run')).toBeTruthy()
})

test.each([
  [{ engine: 'drift', state: 'waiting', effects: 0 }, 'its turn has not come'],
  [{ engine: 'drift', state: 'done', effects: 0 }, 'seen: no alarm'],
  [{ engine: 'trust', state: 'done', effects: 1 }, 'one step'],
  [{ engine: 'arbitration', state: 'done', effects: 3 }, '3 steps'],
] as const)('progress %o reads “%s”', (progress, words) => {
  expect(progressWords(progress, false)).toBe(words)
})

test('a change of trust says who was right, and what that did to its reliability', () => {
  const figures = (reliability: number | null) => ({ reliability, lowerBound: reliability, authority: 0 })
  const change = { judge: 'QA', said: 'pass', gold: 'pass', was: null, before: figures(null), after: figures(0.58) }
  const changes = [
    change,
    { ...change, judge: 'Frontend', gold: 'fail', before: figures(0.6), after: figures(0.55) },
    { ...change, judge: 'Backend', was: 'fail' },
    { ...change, judge: 'Architect', said: 'abstain' },
  ]
  expect(stepLine({ payload: { metric: 'tests', changes } })).toBe(
    'on tests, QA right: – → 58.0%, Frontend wrong: 60.0% → 55.0%, Backend corrected: – → 58.0%, 1 more',
  )
  expect(stepLine({ payload: { changes: changes.slice(3) } })).toBe('Architect no opinion: – → 58.0%')
  expect(stepLine({ payload: { changes: 'none' } })).toBe('')
})

test('an event that was decided with a later one says so', () => {
  const words = progressWords({ engine: 'arbitration', state: 'done', effects: 0 }, true)
  expect(words).toBe('seen: decided together with another')
})

test('a payload of any shape makes a line, if an empty one', () => {
  expect(stepLine({ payload: null })).toBe('')
  expect(stepLine({ payload: { verdict: 'pass', winner: 'pass', agent: 'care', score: 'high' } })).toBe(
    'of care, verdict pass, winner pass',
  )
  expect(stepReason({ because: [{ rule: 'a', text: 'since a' }] })).toBe('since a')
  expect(stepReason({ because: 'no object' })).toBeNull()
  expect(stepReason([1])).toBeNull()
})
