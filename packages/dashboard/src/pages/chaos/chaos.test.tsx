// @vitest-environment happy-dom
import type { ChaosExperiment, ChaosLine, ChaosReading, ChaosRun, ChaosRunDetail } from '@metaagent/contract'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { iso, uuid } from '../../testing/random.ts'
import { renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import type { WireOptions } from '../../testing/wire.ts'
import { type Draft, draftOf, emptyDraft, faultsOf, injectionsOf, orderOf } from './draft.ts'
import { injectionWords, lineWords } from './words.tsx'

const now = Date.now()
const experimentId = uuid(800)
const runId = uuid(801)

const run: ChaosRun = {
  runId,
  experimentId,
  experiment: 'shop fails',
  version: 1,
  state: 'ended',
  verdict: 'failed',
  because: { rule: 'success-rate-broken', observed: 0.8, limit: 0.9, text: '80 % of 50 executions succeeded.' },
  planned: 60,
  injected: 40,
  skipped: 20,
  startedBy: 'user:ada',
  startedAt: iso(now - 300_000),
  injectsUntil: iso(now - 240_000),
  endedAt: iso(now - 180_000),
  approvalId: null,
}
const rate: ChaosLine = { kind: 'success-rate', agentId: uuid(1), min: 0.9 }
const alerts: ChaosLine = { kind: 'open-alerts', max: 0 }
const experiment: ChaosExperiment = {
  experimentId,
  version: 3,
  name: 'shop fails',
  hypothesis: 'The spare takes over and nobody notices.',
  target: { kind: 'agent', agentId: uuid(1) },
  targetName: 'desk',
  environment: 'production',
  injection: { kind: 'executions', outcome: 'failure', latencyMs: 1_000, errorType: 'chaos' },
  ratePerMinute: 60,
  durationSeconds: 60,
  settleSeconds: 60,
  steadyState: [rate, alerts],
  abortWhen: [{ kind: 'error-budget', slaId: null, minShare: 0.5 }],
  expectedFallback: { withinMs: 10_000, macro: 'spare' },
  live: false,
  schedule: null,
  timeZone: 'UTC',
  enabled: true,
  nextRunAt: null,
  lastRun: run,
  changedAt: iso(now - 9e7),
  changedBy: 'user:ada',
  approvalId: null,
}

const reading = (line: ChaosLine, holds: boolean | null): ChaosReading => ({
  line,
  observed: holds === null ? null : 0.8,
  low: 0.6,
  high: 0.9,
  count: 50,
  holds,
  because: { rule: 'x', observed: 0.8, limit: 0.9, text: `Seen: ${String(holds)} of ${line.kind}.` },
})
const detail: ChaosRunDetail = {
  ...run,
  definition: experiment,
  targetName: 'desk',
  abortRequestedBy: null,
  report: {
    before: [reading(rate, true), reading(alerts, true)],
    during: [reading(rate, false), reading(alerts, null)],
    after: [],
    fallbacks: [
      {
        invocationId: uuid(802),
        policyId: uuid(803),
        outcome: 'invoked',
        macro: 'spare',
        macroExecutionId: uuid(804),
        afterMs: 4_000,
        because: { rule: 'failures', observed: 5, limit: 4, text: 'desk failed 5 times.' },
      },
    ],
    blocked: [
      {
        macro: 'restock',
        because: { rule: 'version', observed: '2.0.0', limit: '^1.0.0', text: 'stock is at 2.0.0.' },
      },
    ],
    delivery: { sent: 10, received: 9, p50Ms: 3, p95Ms: null, delayed: 8 },
    missing: ['1 of 10 signals were not received.'],
  },
}
const running: ChaosRunDetail = {
  ...detail,
  state: 'running',
  verdict: null,
  because: null,
  skipped: 0,
  endedAt: null,
  report: { ...detail.report, during: [], fallbacks: [], blocked: [], delivery: null, missing: [] },
}

const page = <Item,>(items: readonly Item[]) => json({ items, nextCursor: null })
const overrides: NonNullable<WireOptions['overrides']> = {
  'GET /chaos-experiments': () =>
    page([
      experiment,
      { ...experiment, experimentId: uuid(810), name: 'never', lastRun: null },
      { ...experiment, experimentId: uuid(811), name: 'idle', enabled: false },
    ]),
  [`GET /chaos-experiments/${experimentId}`]: () => json(experiment),
  'GET /chaos-runs': () => page([run, { ...run, runId: uuid(812), verdict: null, because: null, state: 'running' }]),
  [`GET /chaos-runs/${runId}`]: () => json(detail),
  'GET /macros': () => json({ items: [] }),
}

test('the list shows experiments with their last runs, and runs with why they ended so', async () => {
  await renderApp('/chaos', { overrides })
  const table = await screen.findByTestId('experiment-table')
  for (const state of ['failed', 'never run', 'off']) expect(within(table).getByText(state)).toBeTruthy()
  expect(within(table).getAllByText('failing runs of 1 s, 60 a minute for 1 min').length).toBeGreaterThan(0)
  const runs = await screen.findByTestId('run-table')
  expect(within(runs).getByText('80 % of 50 executions succeeded.')).toBeTruthy()
  expect(within(runs).getByText('It goes on.')).toBeTruthy()
})

test('without experiments the page says what one is for; a refusal is shown', async () => {
  const none = { 'GET /chaos-experiments': () => page([]), 'GET /chaos-runs': () => refusal('not-allowed', 'No.') }
  await renderApp('/chaos?environment=staging', { overrides: { ...overrides, ...none } })
  expect(await screen.findByText('No experiment is planned here yet')).toBeTruthy()
  expect(await screen.findByText('No.')).toBeTruthy()
})

test('an experiment says what it claims, and a run needs a reason and an approval where the rules say so', async () => {
  const action = { operation: 'chaos.run', subject: 'x', environment: 'production', impact: 'MODERATE', parameters: {} }
  const sent: unknown[] = []
  await renderApp(`/chaos/${experimentId}`, {
    overrides: {
      ...overrides,
      [`POST /chaos-experiments/${experimentId}/runs`]: ({ body }) => {
        sent.push(body)
        return sent.length === 1
          ? refusal('approval-required', 'One admin must agree.', { action, actionDigest: 'sha256:0' })
          : json(detail, 201)
      },
    },
  })
  expect(await screen.findByText('The spare takes over and nobody notices.')).toBeTruthy()
  expect(screen.getByText('spare within 10 s')).toBeTruthy()
  await waitFor(() => expect(screen.getByText(/succeeds in at least 90/)).toBeTruthy())
  await userEvent.type(screen.getByLabelText('Reason'), 'Game day')
  await userEvent.click(screen.getByTestId('save-chaos'))
  expect(await screen.findByText('One admin must agree.')).toBeTruthy()
  await userEvent.click(screen.getByTestId('save-chaos'))
  expect(await screen.findByTestId('run-state')).toBeTruthy()
  expect(sent).toEqual([{ reason: 'Game day' }, { reason: 'Game day' }])
})

test('an experiment that runs leads to its run; one that is off cannot be run; one is removed after a question', async () => {
  const lastRun: ChaosRun = { ...run, state: 'settling', verdict: null }
  const open = { [`GET /chaos-experiments/${experimentId}`]: () => json({ ...experiment, lastRun }) }
  await renderApp(`/chaos/${experimentId}`, { overrides: { ...overrides, ...open } })
  expect((await screen.findByText('Watch it')).closest('a')?.getAttribute('href')).toBe(`/chaos/runs/${runId}`)
})

test('an experiment that is off cannot be run, and is removed after a question', async () => {
  const off = {
    ...experiment,
    enabled: false,
    abortWhen: [],
    expectedFallback: null,
    live: true,
    schedule: '0 3 * * 2',
  }
  const { wire } = await renderApp(`/chaos/${experimentId}`, {
    overrides: {
      ...overrides,
      [`GET /chaos-experiments/${experimentId}`]: () => json(off),
      [`DELETE /chaos-experiments/${experimentId}`]: () => new Response(null, { status: 204 }),
    },
  })
  expect(await screen.findByText('It is off. Change it to run it.')).toBeTruthy()
  for (const text of ['nothing stops it', 'no fallback', 'act for real', '0 3 * * 2 UTC'])
    expect(screen.getByText(text)).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: 'Remove' }))
  await userEvent.click(await screen.findByTestId('remove-experiment'))
  expect(await screen.findByTestId('experiment-table')).toBeTruthy()
  expect(wire.seen).toContain(`DELETE /chaos-experiments/${experimentId}`)
})

test('a report shows each line in each phase, what came of it, and what did not happen', async () => {
  await renderApp(`/chaos/runs/${runId}`, { overrides })
  const readings = await screen.findByTestId('readings')
  expect(within(readings).getByText('Seen: false of success-rate.')).toBeTruthy()
  expect(within(readings).getByText('unknown')).toBeTruthy()
  expect(within(readings).getAllByLabelText(/This phase has not come yet/)).toHaveLength(2)
  const happened = screen.getByTestId('happened')
  expect(happened.textContent).toContain('spare after 4.00 s')
  expect(happened.textContent).toContain('restock would be blocked')
  expect(happened.textContent).toContain('Received')
  expect(screen.getByText('1 of 10 signals were not received.').getAttribute('role')).toBe('note')
  expect(screen.getByText(/20 left out/)).toBeTruthy()
  expect(screen.queryByTestId('abort-run')).toBeNull()
})

test('a run is stopped with a reason, and comes by the stream as it goes on', async () => {
  let send = (_text: string) => {}
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      send = (text) => controller.enqueue(new TextEncoder().encode(text))
    },
  })
  const reasons: unknown[] = []
  await renderApp(`/chaos/runs/${runId}`, {
    overrides: {
      ...overrides,
      [`GET /chaos-runs/${runId}`]: () => json(running),
      'GET /chaos-stream': () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
      [`POST /chaos-runs/${runId}/abort`]: ({ body }) => {
        reasons.push(body)
        return reasons.length === 1
          ? refusal('not-allowed', 'This needs playbooks:run.')
          : json({ ...running, abortRequestedBy: 'user:ada' })
      },
    },
  })
  expect(await screen.findByText(/40 of 60 injected/)).toBeTruthy()
  expect(screen.getByText('No fallback fired.')).toBeTruthy()
  send(`event: run\ndata: ${JSON.stringify({ ...running, injected: 41 })}\n\n`)
  expect(await screen.findByText(/41 of 60 injected/)).toBeTruthy()
  send('event: run\ndata: {broken\n\nevent: runs\ndata: {"items":[]}\n\n')
  await userEvent.click(screen.getByTestId('abort-run'))
  expect(await screen.findByText('This needs playbooks:run.')).toBeTruthy()
  await userEvent.type(screen.getByLabelText('Why it is stopped'), 'Enough')
  await userEvent.click(screen.getByTestId('abort-run'))
  expect(await screen.findByText('It is being stopped.')).toBeTruthy()
  expect(reasons).toEqual([{ reason: 'Stopped on its page.' }, { reason: 'Enough' }])
})

test('an experiment is changed with what it had', async () => {
  const sent: { readonly [name: string]: unknown }[] = []
  await renderApp(`/chaos/${experimentId}/edit`, {
    overrides: {
      ...overrides,
      [`PUT /chaos-experiments/${experimentId}`]: ({ body }) => {
        sent.push(Object(body))
        return json(experiment)
      },
    },
  })
  const form = await screen.findByTestId('experiment-form')
  fireEvent.change(within(form).getByLabelText(/Per minute/), { target: { value: '30' } })
  await userEvent.click(within(form).getByRole('button', { name: /Add a line to “Must hold/ }))
  await userEvent.click(within(form).getByLabelText('Remove line 1 of “Stop at once unless”'))
  await userEvent.type(within(form).getByLabelText('Reason'), 'Slower')
  await userEvent.click(within(form).getByTestId('save-chaos'))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    version: 3,
    reason: 'Slower',
    ratePerMinute: 30,
    steadyState: [rate, alerts, { kind: 'open-alerts', max: 0 }],
    abortWhen: [],
    expectedFallback: { withinMs: 10_000, macro: 'spare' },
  })
})

test('a new experiment names what is missing, and each target has its injections', async () => {
  await renderApp('/chaos/new', { overrides })
  const form = await screen.findByTestId('experiment-form')
  expect(
    within(form).getByText(/Still missing: Give it a name\. Say what you expect to hold\. Choose the target\./),
  ).toBeTruthy()
  expect(injectionsOf('macro')).toContain('dependency-change')
  expect(injectionsOf('metric')).not.toContain('executions')
})

const lines: readonly ChaosLine[] = [
  rate,
  alerts,
  { kind: 'latency-p95', agentId: null, maxMs: 1_500 },
  { kind: 'error-budget', slaId: uuid(9), minShare: 0.25 },
  { kind: 'delivery-p95', maxMs: 250 },
  { kind: 'open-alerts', max: 2 },
]
const variants: readonly Partial<ChaosExperiment>[] = [
  { steadyState: lines.filter(({ kind }) => kind !== 'delivery-p95') },
  {
    target: { kind: 'metric', metric: 'help' },
    injection: { kind: 'qa-failures', metric: 'help' },
    expectedFallback: null,
  },
  {
    target: { kind: 'macro', name: 'restock' },
    injection: { kind: 'dependency-change', dependency: 'stock', version: '2.0.0', schema: { type: 'object' } },
    expectedFallback: { withinMs: 1_000, macro: null },
    schedule: '0 3 * * *',
  },
  {
    injection: { kind: 'receiver-fault', fault: 'delay', faultMs: 500 },
    steadyState: [...lines],
    expectedFallback: null,
  },
  { injection: { kind: 'executions', outcome: 'success', latencyMs: 60_000, errorType: 'chaos' } },
]

test.each(variants)('drafts go there and back: %#', (change) => {
  const whole = { ...experiment, ...change }
  const order = orderOf(draftOf(whole))
  expect(faultsOf(draftOf(whole))).toEqual([])
  const { target, steadyState, abortWhen, expectedFallback, schedule } = whole
  expect(order).toMatchObject({ target, steadyState, abortWhen, expectedFallback, schedule })
  expect(order.injection.kind).toBe(whole.injection.kind)
  expect(injectionWords(whole)).not.toBe('')
  for (const line of steadyState) expect(lineWords(line)).not.toBe('')
})

test.each([
  [1, 'Metric that fails', 'other'],
  [2, 'Version', '3.0.0'],
  [3, 'For (seconds)', '2'],
])('the form asks what its injection needs: %i', async (at, label, value) => {
  await renderApp(`/chaos/${experimentId}/edit`, {
    overrides: {
      ...overrides,
      [`GET /chaos-experiments/${experimentId}`]: () => json({ ...experiment, ...variants[at] }),
    },
  })
  const form = await screen.findByTestId('experiment-form')
  const [field] = within(form).getAllByLabelText(new RegExp(`^${label.replace('(', '\\(').replace(')', '\\)')}`))
  fireEvent.change(field as HTMLElement, { target: { value } })
  expect((field as HTMLInputElement).value).toBe(value)
})

test.each<[Partial<Draft>, RegExp]>([
  [{ target: 'macro' }, /Choose what is injected/],
  [{ injection: 'qa-failures' }, /Name the metric/],
  [
    { target: 'macro', injection: 'dependency-change', schema: '{' },
    /Name the dependency.*which version.*no JSON Schema/,
  ],
  [{ target: 'macro', injection: 'dependency-change', schema: '[]' }, /no JSON Schema/],
  [{ steadyState: [] }, /at least one line/],
  [{ steadyState: [{ kind: 'delivery-p95', of: '', limit: '' }] }, /limit.*receiver fault alone/],
])('what is missing is said before anything is sent: %#', (change, said) => {
  expect(faultsOf({ ...emptyDraft, ...change }).join(' ')).toMatch(said)
})
