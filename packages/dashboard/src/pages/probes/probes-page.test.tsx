// @vitest-environment happy-dom
import type { Probe } from '@metaagent/contract'
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { iso, uuid } from '../../testing/random.ts'
import { renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const now = Date.now()
const probeId = uuid(900)
const result = {
  resultId: uuid(901),
  probeId,
  at: iso(now - 60_000),
  passed: false,
  status: 503,
  latencyMs: 120,
  because: [{ rule: 'status-broken', observed: 503, limit: '200', text: 'The status is 503; 200 is expected.' }],
  executionId: 'a'.repeat(32),
}
const probe: Probe = {
  probeId,
  name: 'desk answers',
  agentId: uuid(1),
  agent: 'desk',
  environment: 'production',
  kind: 'http',
  method: 'GET',
  url: 'https://desk.example/health',
  body: null,
  headerNames: [],
  schedule: '*/5 * * * *',
  timeZone: 'UTC',
  timeoutMs: 5_000,
  assertions: [{ kind: 'status', min: 200, max: 200 }],
  enabled: true,
  state: 'failing',
  failuresInRow: 3,
  lastResult: result,
  nextRunAt: iso(now + 60_000),
}
const one = { 'GET /probes': () => json({ items: [probe] }) }

test('a probe shows its state, why it failed, and its history with the way to each run', async () => {
  const overrides = { ...one, [`GET /probes/${probeId}/results`]: () => json({ items: [result], nextCursor: null }) }
  await renderApp('/probes', { overrides })
  const card = await screen.findByTestId('probes')
  expect(within(card).getByText('failing')).toBeTruthy()
  expect(within(card).getByRole('note').textContent).toContain('503')
  await userEvent.click(within(card).getByRole('button', { name: 'History of desk answers' }))
  expect((await screen.findByTestId('probe-summary')).textContent).toContain('0 of the latest 1 passed')
  const history = await screen.findByTestId('probe-history')
  expect(within(history).getByRole('link').getAttribute('href')).toBe(`/executions/${'a'.repeat(32)}`)
})

test('a probe can be run at once, and a refusal is shown where it was asked', async () => {
  const overrides = {
    ...one,
    [`POST /probes/${probeId}/runs`]: () => refusal('not-allowed', 'This needs registry:write.'),
  }
  const { wire } = await renderApp('/probes', { overrides })
  await userEvent.click(await screen.findByRole('button', { name: 'Run now desk answers' }))
  expect((await screen.findByRole('alert')).textContent).toContain('registry:write')
  await waitFor(() => expect(wire.seen.filter((line) => line === 'GET /probes').length).toBeGreaterThan(1))
})

test('without probes the page says what one is for', async () => {
  await renderApp('/probes', { overrides: { 'GET /probes': () => json({ items: [] }) } })
  expect(await screen.findByText('Nothing is checked yet')).toBeTruthy()
})

test('a probe is changed with what it had, paused, and removed after a second look', async () => {
  const sent: { readonly [name: string]: unknown }[] = []
  const kept = { kind: 'json-equals', pointer: '/ok', value: true }
  const full = { ...probe, headerNames: ['authorization'], assertions: [...probe.assertions, kept] }
  const overrides = {
    'GET /probes': () => json({ items: [full] }),
    [`PUT /probes/${probeId}`]: ({ body }: { readonly body: unknown }) => {
      sent.push(body as (typeof sent)[number])
      return json(full)
    },
    [`DELETE /probes/${probeId}`]: () => refusal('not-allowed', 'This needs registry:write.'),
  }
  const { wire } = await renderApp('/probes', { overrides })
  await userEvent.click(await screen.findByRole('button', { name: 'Edit desk answers' }))
  const text = await screen.findByLabelText('Reply must contain')
  await userEvent.type(text, 'fine')
  await userEvent.click(screen.getByRole('button', { name: 'Save the probe' }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({ name: probe.name, url: probe.url, method: 'GET', enabled: true })
  expect(sent[0]?.['assertions']).toEqual([
    { kind: 'status', min: 200, max: 200 },
    kept,
    { kind: 'latency', maxMs: 5_000 },
    { kind: 'body-contains', text: 'fine' },
  ])
  expect(sent[0]).not.toHaveProperty('headers')
  await userEvent.click(screen.getByRole('button', { name: 'Pause desk answers' }))
  await waitFor(() => expect(sent[1]).toMatchObject({ enabled: false, assertions: full.assertions }))
  await userEvent.click(screen.getByRole('button', { name: 'Remove desk answers' }))
  await userEvent.click(screen.getByText('Keep it'))
  expect(wire.seen.some((line) => line.startsWith('DELETE'))).toBe(false)
  await userEvent.click(screen.getByRole('button', { name: 'Remove desk answers' }))
  await userEvent.click(screen.getByText('Remove desk answers for good'))
  expect((await screen.findByRole('alert')).textContent).toContain('registry:write')
})
