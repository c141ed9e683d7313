// @vitest-environment happy-dom
import { act, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { agentOf, healthOf } from '../../testing/fleet.ts'
import { uuid } from '../../testing/random.ts'
import { me } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const now = Date.now()
const page = `/agents/${uuid(2)}`

test('an agent shows its state with every reason', async () => {
  await renderApp(page)
  const card = await screen.findByTestId('health-card')
  expect(within(card).getByText('failing')).toBeTruthy()
  const reasons = within(card).getByTestId('because')
  expect(within(reasons).getAllByRole('listitem')).toHaveLength(4)
  expect(within(reasons).getByText(/under the floor of 80\.0 %/)).toBeTruthy()
  expect(within(reasons).getByText('success-under-floor')).toBeTruthy()
})

test('charts over time say what they are to those who cannot see them', async () => {
  await renderApp(page)
  const charts = await screen.findAllByTestId('time-chart')
  expect(charts.map((chart) => chart.getAttribute('aria-label')?.replace(/\d+/, 'n'))).toEqual([
    'Success rate over time, n points',
    'Duration over time, n points',
    'Cost over time, n points',
  ])
  expect(charts[0]?.querySelector('svg')).not.toBeNull()
})

test('releases and latest executions are there, with the ways onward', async () => {
  const { address } = await renderApp(page)
  const releases = await screen.findByTestId('release-table')
  expect(within(releases).getByText('2026.11.2').getAttribute('href')).toBe(
    `/executions?agentId=${uuid(2)}&release=2026.11.2`,
  )
  expect(screen.getByText('Compare the last two').closest('a')?.getAttribute('href')).toBe(
    `/comparisons/new?agentId=${uuid(2)}&candidate=2026.11.2&control=2026.11.1`,
  )
  await screen.findByTestId('recent-execution-table')
  await userEvent.keyboard('jo')
  await waitFor(() => expect(address()).toMatch(/^\/executions\//))
})

test('window, environment and release live in the address', async () => {
  const { address, wire } = await renderApp(page)
  await screen.findByTestId('health-card')
  await userEvent.click(within(screen.getByTestId('window-switch')).getByText('1h'))
  await waitFor(() => expect(address()).toBe(`${page}?window=1h`))
  await userEvent.click(screen.getByRole('combobox', { name: 'Release' }))
  await userEvent.click(await screen.findByRole('option', { name: '2026.11.1' }))
  await waitFor(() => expect(wire.seen).toContain(`GET /agents/${uuid(2)}/health?window=1h&release=2026.11.1`))
  await userEvent.click(screen.getByRole('combobox', { name: 'Environment' }))
  await userEvent.click(await screen.findByRole('option', { name: 'staging' }))
  await waitFor(() => expect(address()).toContain('environment=staging'))
})

test('news of the stream shows at once, and what is older is asked for again', async () => {
  const { wire } = await renderApp(page)
  const card = await screen.findByTestId('health-card')
  await waitFor(() => expect(wire.news.count()).toBe(1))
  await waitFor(() => expect(wire.seen.filter((line) => line.endsWith('/releases')).length).toBeGreaterThan(1))
  const better = {
    ...healthOf(1, '24h', null, now),
    state: 'healthy',
    lastExecutionAt: new Date(now + 1000).toISOString(),
  }
  act(() => wire.news.send({ event: 'agent', data: JSON.stringify(better) }))
  await waitFor(() => expect(within(card).getByText('healthy')).toBeTruthy())
})

test('domain, owner and description can be changed by those who may', async () => {
  const { wire } = await renderApp(page)
  await userEvent.click(await screen.findByTestId('edit-agent'))
  const owner = screen.getByLabelText(/Owner/)
  await userEvent.clear(owner)
  await userEvent.type(owner, 'night-shift')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(wire.seen).toContain(`PATCH /agents/${uuid(2)}`))
  await waitFor(() => expect(screen.queryByLabelText(/Owner/)).toBeNull())
})

test('an agent is paused and let go on, and a paused one says why', async () => {
  const sent: unknown[] = []
  let paused = false
  const path = `/agents/${uuid(2)}`
  await renderApp(page, {
    overrides: {
      [`GET ${path}`]: () =>
        paused
          ? json({ ...agentOf(1, now), pausedAt: new Date(now).toISOString(), pausedBecause: 'A playbook did.' })
          : null,
      [`PATCH ${path}`]: ({ body }) => {
        sent.push(body)
        paused = !paused
        return sent.length < 3 ? null : refusal('conflict', 'The agent is archived.')
      },
    },
  })
  await userEvent.click(await screen.findByTestId('pause-agent'))
  expect((await screen.findByTestId('paused')).textContent).toContain('A playbook did.')
  await userEvent.click(screen.getByTestId('pause-agent'))
  await waitFor(() => expect(screen.queryByTestId('paused')).toBeNull())
  await userEvent.click(screen.getByTestId('pause-agent'))
  await expectText('The agent is archived.')
  expect(sent).toEqual([{ paused: true }, { paused: false }, { paused: true }])
})

test('a change that is refused says why and keeps what was written', async () => {
  await renderApp(page, {
    overrides: { [`PATCH /agents/${uuid(2)}`]: () => refusal('conflict', 'The agent is archived.') },
  })
  await userEvent.click(await screen.findByTestId('edit-agent'))
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await expectText('The agent is archived.')
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  await waitFor(() => expect(screen.queryByText('The agent is archived.')).toBeNull())
})

test('a viewer is not offered what a viewer may not do', async () => {
  await renderApp(page, {
    overrides: { 'GET /me': () => json({ ...me(now), role: 'viewer', scopes: ['fleet:read'] }) },
  })
  await screen.findByTestId('health-card')
  expect(screen.queryByTestId('edit-agent')).toBeNull()
})

test('an agent that has done nothing claims nothing', async () => {
  await renderApp(`/agents/${uuid(9)}`, {
    overrides: { 'GET /executions': () => json({ items: [], nextCursor: null }) },
  })
  const card = await screen.findByTestId('health-card')
  expect(within(card).getByLabelText('unknown: There is nothing to score in this window.')).toBeTruthy()
  await expectText('Nothing to draw in this window')
  await expectText('No release was named yet')
  await expectText('No executions with these filters')
})

test('an agent that is not there says so', async () => {
  await renderApp(`/agents/${uuid(999)}`)
  await expectText('No agent of your organization has this id.')
})

test('each part that fails says so on its own', async () => {
  await renderApp(page, {
    overrides: {
      [`GET /agents/${uuid(2)}/health/series`]: () => refusal('invalid-query', 'No series.'),
      [`GET /agents/${uuid(2)}/releases`]: () => refusal('not-allowed', 'No releases.'),
      'GET /executions': () => refusal('not-allowed', 'No executions.'),
    },
  })
  await screen.findByTestId('health-card')
  for (const text of ['No series.', 'No releases.', 'No executions.']) await expectText(text)
})

test('health that is refused says so', async () => {
  await renderApp(page, {
    overrides: { [`GET /agents/${uuid(2)}/health`]: () => refusal('not-found', 'The agent has no such release.') },
  })
  await expectText('The agent has no such release.')
})
