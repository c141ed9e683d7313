// @vitest-environment happy-dom
import type { FallbackDryRun, FallbackInvocation, FallbackPolicy } from '@metaagent/contract'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { iso, uuid } from '../../testing/random.ts'
import { renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import type { WireOptions } from '../../testing/wire.ts'
import { draftOf, emptyDraft, faultsOf, orderOf } from './draft.ts'
import { lineWords } from './words.tsx'

const now = Date.now()
const policyId = uuid(700)
const because = (rule: string, text: string) => ({ rule, observed: 3, limit: 0, text })

const invocation: FallbackInvocation = {
  invocationId: uuid(701),
  policyId,
  policy: 'checkout',
  chainId: uuid(702),
  depth: 1,
  outcome: 'invoked',
  trigger: `macro-execution/${uuid(703)}`,
  macro: 'checkout-spare',
  macroExecutionId: uuid(704),
  because: because('failures', 'checkout failed 3 times in the window; 0 are allowed.'),
  chosenBecause: because('unmeasured', 'Nothing is measured of checkout-spare that speaks against it.'),
  passedOver: [
    { candidate: 'checkout', because: because('failures', 'checkout failed 3 times in the window; 0 are allowed.') },
    { candidate: 'checkout-off', because: because('not-startable', 'checkout-off refused to start: it is off.') },
  ],
  synthetic: false,
  runId: null,
  at: iso(now - 60_000),
  eventId: uuid(705),
}
const simulated: FallbackInvocation = {
  ...invocation,
  invocationId: uuid(706),
  outcome: 'exhausted',
  macro: null,
  macroExecutionId: null,
  chosenBecause: null,
  synthetic: true,
  runId: uuid(707),
}

const policy: FallbackPolicy = {
  policyId,
  version: 2,
  name: 'checkout',
  description: 'Agreed with the shop.',
  primary: { kind: 'macro', name: 'checkout' },
  primaryName: 'checkout',
  environment: 'production',
  fallbacks: [
    { macro: 'checkout-spare', inputs: { to: 'spare' } },
    { macro: 'checkout-last', inputs: {} },
  ],
  thresholds: {
    windowMinutes: 15,
    minimumExecutions: 3,
    failuresMax: 0,
    successRateMin: 0.9,
    latencyP95MsMax: 2_000,
    healthStates: [],
  },
  cooldownMinutes: 15,
  enabled: true,
  openChain: {
    chainId: uuid(702),
    depth: 1,
    visited: ['checkout-spare'],
    openedAt: iso(now - 60_000),
    lastInvokedAt: iso(now - 60_000),
    exhaustedAt: null,
  },
  lastInvocation: invocation,
  createdAt: iso(now - 9e8),
  changedAt: iso(now - 9e7),
  changedBy: 'user:ada',
  approvalId: null,
}
const agentPolicy: FallbackPolicy = {
  ...policy,
  policyId: uuid(710),
  name: 'desk',
  description: null,
  primary: { kind: 'agent', agentId: uuid(1) },
  primaryName: 'desk',
  thresholds: { ...policy.thresholds, failuresMax: 4, healthStates: ['failing', 'silent'] },
  openChain: null,
  lastInvocation: null,
}
const figures = { known: true, blocked: false, executions: 9, failures: 3, successRate: 2 / 3, latencyP95Ms: 900 }
const dryRun: FallbackDryRun = {
  outcome: 'invoke',
  macro: 'checkout-last',
  because: because('failures', 'checkout failed 3 times in the window; 0 are allowed.'),
  chosenBecause: because('unmeasured', 'Nothing is measured of checkout-last that speaks against it.'),
  passedOver: invocation.passedOver,
  primary: { name: 'checkout', ...figures, state: 'failing' },
  candidates: [
    { ...figures, name: 'checkout-last', executions: 0, successRate: null, latencyP95Ms: null, state: null },
    { ...figures, name: 'checkout-off', blocked: true, state: null },
    { ...figures, name: 'gone', known: false, executions: null, state: null },
  ],
  asOf: iso(now),
}

const page = <Item,>(items: readonly Item[]) => json({ items, nextCursor: null })
const overrides: NonNullable<WireOptions['overrides']> = {
  'GET /fallbacks': () =>
    page([
      policy,
      agentPolicy,
      { ...policy, policyId: uuid(711), name: 'off', enabled: false },
      {
        ...policy,
        policyId: uuid(712),
        name: 'spent',
        openChain: policy.openChain && { ...policy.openChain, exhaustedAt: iso(now) },
      },
    ]),
  [`GET /fallbacks/${policyId}`]: () => json(policy),
  [`GET /fallbacks/${agentPolicy.policyId}`]: () => json(agentPolicy),
  [`POST /fallbacks/${policyId}/dry-run`]: () => json(dryRun),
  [`POST /fallbacks/${agentPolicy.policyId}/dry-run`]: () => refusal('store-unavailable', 'The database is away.'),
  'GET /fallback-invocations': () => page([invocation, simulated]),
  'GET /macros': () => json({ items: [] }),
}

test('the list shows how each policy stands, and what was invoked with its reasons', async () => {
  await renderApp('/fallbacks', { overrides })
  const table = await screen.findByTestId('fallback-table')
  for (const state of ['fallen back', 'watching', 'off', 'exhausted'])
    expect(within(table).getAllByText(state).length).toBeGreaterThan(0)
  expect(within(table).getAllByText('checkout-spare → checkout-last').length).toBeGreaterThan(0)
  const last = await screen.findByTestId('invocations')
  expect(within(last).getAllByText('checkout failed 3 times in the window; 0 are allowed.').length).toBe(2)
  expect(within(last).getAllByText(/checkout-off refused to start/).length).toBeGreaterThan(0)
  expect(within(last).getByText('Its chaos run').getAttribute('href')).toBe(`/chaos/runs/${uuid(707)}`)
  expect(within(last).getByText('exhausted, simulated')).toBeTruthy()
})

test('filters stand in the address', async () => {
  const { wire } = await renderApp('/fallbacks?primary=agent&environment=staging', { overrides })
  await screen.findByTestId('fallback-table')
  expect(
    wire.seen.some((line) =>
      /^GET \/fallbacks\?.*environment=staging&primary=agent|primary=agent.*environment=staging/.test(line),
    ),
  ).toBe(true)
  const odd = await renderApp('/fallbacks?primary=nonsense', { overrides })
  expect(odd.address()).not.toContain('nonsense')
})

test('an empty list says what a fallback is for, and a refusal is shown with a way to try again', async () => {
  const empty = { ...overrides, 'GET /fallbacks': () => page([]), 'GET /fallback-invocations': () => page([]) }
  await renderApp('/fallbacks', { overrides: empty })
  expect(await screen.findByText('Nothing takes over here yet')).toBeTruthy()
  expect(await screen.findByText('No fallback was invoked yet.')).toBeTruthy()
})

test('a refusal of the list is shown', async () => {
  const refused = () => refusal('not-allowed', 'This needs playbooks:read.')
  await renderApp('/fallbacks', {
    overrides: { ...overrides, 'GET /fallbacks': refused, 'GET /fallback-invocations': refused },
  })
  await waitFor(() => expect(screen.getAllByText('This needs playbooks:read.')).toHaveLength(2))
})

test('a policy shows its lines, its incident, and what would be chosen now with everybody’s figures', async () => {
  const { wire } = await renderApp(`/fallbacks/${policyId}`, { overrides })
  const choosing = await screen.findByTestId('choosing')
  expect(within(choosing).getByText('would invoke')).toBeTruthy()
  expect(within(choosing).getByText('checkout-last')).toBeTruthy()
  const table = screen.getByTestId('fallback-figures')
  for (const text of ['failing', 'ready', 'blocked', 'not defined']) expect(within(table).getByText(text)).toBeTruthy()
  expect(screen.getByText('open, 1 fallback started: checkout-spare')).toBeTruthy()
  expect(screen.getByText('Agreed with the shop.')).toBeTruthy()
  await userEvent.click(screen.getByTestId('dry-run'))
  await waitFor(() => expect(wire.seen.filter((line) => line.endsWith('/dry-run')).length).toBeGreaterThan(1))
})

test('a policy of an agent leads to the agent, and a dry run that fails says so', async () => {
  await renderApp(`/fallbacks/${agentPolicy.policyId}`, { overrides })
  const agent = await screen.findByRole('link', { name: 'desk' })
  expect(agent.getAttribute('href')).toBe(`/agents/${uuid(1)}`)
  expect(screen.getByText('none is open')).toBeTruthy()
  expect(await screen.findByText('The database is away.')).toBeTruthy()
})

test('removing asks why, and for the approval where one is needed', async () => {
  const path = `DELETE /fallbacks/${policyId}`
  const asked: string[] = []
  const action = {
    operation: 'fallbacks.remove',
    subject: 'x',
    environment: 'production',
    impact: 'HIGH',
    parameters: {},
  }
  await renderApp(`/fallbacks/${policyId}`, {
    overrides: {
      ...overrides,
      [path]: ({ query }) => {
        asked.push(query.get('approvalId') ?? 'none')
        return query.has('approvalId')
          ? new Response(null, { status: 204 })
          : refusal('approval-required', 'This needs an approval.', { action, actionDigest: 'sha256:0' })
      },
      'POST /approvals': () => refusal('not-allowed', 'You may not ask.'),
    },
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Remove' }))
  await userEvent.type(screen.getByLabelText('Reason'), 'No longer needed')
  await userEvent.click(screen.getByTestId('save-fallbacks'))
  expect(await screen.findByTestId('ask-approval')).toBeTruthy()
  await userEvent.click(screen.getByTestId('ask-approval'))
  expect(await screen.findByText('You may not ask.')).toBeTruthy()
  expect(asked).toEqual(['none'])
})

test('news of the stream reads what is shown again', async () => {
  let send = (_text: string) => {}
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      send = (text) => controller.enqueue(new TextEncoder().encode(text))
    },
  })
  const { wire } = await renderApp('/fallbacks', {
    overrides: {
      ...overrides,
      'GET /fallback-stream': () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
    },
  })
  await screen.findByTestId('fallback-table')
  const before = wire.seen.filter((line) => line.startsWith('GET /fallbacks?')).length
  send('event: policies\ndata: {"items":[]}\n\n')
  await waitFor(() =>
    expect(wire.seen.filter((line) => line.startsWith('GET /fallbacks?')).length).toBeGreaterThan(before),
  )
})

test('a policy is changed with what it had and its reason; missing parts are named before it is sent', async () => {
  const sent: { readonly [name: string]: unknown }[] = []
  await renderApp(`/fallbacks/${policyId}/edit`, {
    overrides: {
      ...overrides,
      [`PUT /fallbacks/${policyId}`]: ({ body }) => {
        sent.push(Object(body))
        return json(policy)
      },
      'POST /fallback-dry-runs': () =>
        json({ ...dryRun, outcome: 'none', macro: null, chosenBecause: null, passedOver: [] }),
    },
  })
  const form = await screen.findByTestId('fallback-form')
  await userEvent.click(within(form).getByTestId('try-out'))
  expect(await within(form).findByText('nothing to do')).toBeTruthy()
  await userEvent.click(within(form).getByLabelText('Move macro 2 up'))
  await userEvent.click(within(form).getByText('Add another'))
  expect(within(form).getByText(/Choose a macro\./)).toBeTruthy()
  await userEvent.click(within(form).getByLabelText('Remove macro 3'))
  fireEvent.change(within(form).getByLabelText(/Cooldown/), { target: { value: '5' } })
  await userEvent.type(within(form).getByLabelText('Reason'), 'Faster')
  await userEvent.click(within(form).getByTestId('save-fallbacks'))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    version: 2,
    reason: 'Faster',
    cooldownMinutes: 5,
    fallbacks: [{ macro: 'checkout-last' }, { macro: 'checkout-spare', inputs: { to: 'spare' } }],
    thresholds: { failuresMax: 0, successRateMin: 0.9, latencyP95MsMax: 2_000 },
  })
})

test('the form of an agent’s policy asks for states', async () => {
  await renderApp(`/fallbacks/${agentPolicy.policyId}/edit`, { overrides })
  const form = await screen.findByTestId('fallback-form')
  const degraded = within(form).getByLabelText<HTMLInputElement>('degraded')
  await userEvent.click(degraded)
  expect(degraded.checked).toBe(true)
  fireEvent.change(within(form).getByLabelText('Description'), { target: { value: 'Why' } })
  await userEvent.click(within(form).getByLabelText(/^Enabled/))
  expect(within(form).getByLabelText<HTMLInputElement>(/^Enabled/).checked).toBe(false)
})

test('a new policy names what is missing', async () => {
  await renderApp('/fallbacks/new', { overrides })
  const form = await screen.findByTestId('fallback-form')
  expect(
    within(form).getByText(/Still missing: Give it a name\. Choose what it watches\. Draw at least one line\./),
  ).toBeTruthy()
  expect(within(form).getByTestId<HTMLButtonElement>('save-fallbacks').disabled).toBe(true)
  await userEvent.type(within(form).getByLabelText(/^Name/), 'n')
  fireEvent.change(within(form).getByLabelText(/It fails more often than/), { target: { value: '2' } })
  await waitFor(() => expect(within(form).queryByText(/Draw at least one line\./)).toBeNull())
})

test('drafts go there and back, and say what is wrong', () => {
  for (const one of [policy, agentPolicy]) {
    const order = orderOf(draftOf(one))
    expect(order).toMatchObject({ primary: one.primary, thresholds: one.thresholds, fallbacks: one.fallbacks })
    expect(faultsOf(draftOf(one))).toEqual({})
  }
  const steps = [
    { macro: 'a', inputs: '[]' },
    { macro: 'a', inputs: '{' },
    { macro: 'main', inputs: '' },
  ]
  expect(faultsOf({ ...emptyDraft, macro: 'main', steps })).toMatchObject({
    'step 1': 'It stands above already.',
    'step 2': 'It is the one that is watched.',
    'inputs 0': 'This is no JSON object.',
    'inputs 1': 'This is no JSON object.',
  })
  expect(orderOf({ ...emptyDraft, steps }).fallbacks.map(({ inputs }) => inputs)).toEqual([{}, {}, {}])
  expect(orderOf(emptyDraft).thresholds).toMatchObject({
    failuresMax: null,
    successRateMin: null,
    latencyP95MsMax: null,
  })
  expect(lineWords(agentPolicy.thresholds)[0]).toBe('is failing or silent')
  expect(lineWords(agentPolicy.thresholds)[1]).toBe('fails more than 4 times')
})
