// @vitest-environment happy-dom
import { act, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { overviewOf } from '../../testing/overview.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const now = Date.now()
const auditToLabel = {
  auditId: '01900000-0000-7000-8000-000000000001',
  kind: 'random',
  state: 'open',
  subject: { kind: 'artifact', id: 'report-7' },
  executionId: null,
  actionId: null,
  metric: 'tone',
  probability: 0.05,
  arbitrationId: '01900000-0000-7000-8000-000000000002',
  verdict: null,
  queuedAt: new Date(now).toISOString(),
  closedAt: null,
  closedBy: null,
}
const stream = (overview: unknown) => ({
  'GET /overview/stream': () => new Response(`event: overview\ndata: ${JSON.stringify(overview)}\n\n`),
})

test('the home page says which agent fails, what it costs and why', async () => {
  await renderApp('/')
  const fire = await screen.findByTestId('on-fire')
  expect(within(fire).getByText('airline-desk')).toBeTruthy()
  expect(fire.textContent).toMatch(/Success is at most .* under the floor/)
  expect(fire.textContent).toMatch(/succeeds .* of .*costs \$/)
  expect(within(screen.getByTestId('waits')).getByText(/executions wait/)).toBeTruthy()
})

test('what burns stands with its reason, its time and a link', async () => {
  const { address } = await renderApp('/')
  const burning = await screen.findByTestId('burning')
  expect(burning.textContent).toContain('It burns six times too fast.')
  expect(burning.textContent).toContain('critical · alert')
  expect(burning.textContent).toMatch(/spent by \d/)
  await userEvent.click(within(burning).getByText('Claims fail'))
  await waitFor(() => expect(address()).toMatch(/^\/alerts\//))
})

test('a change stands beside the figures before and after it, and its link keeps its search', async () => {
  const { address } = await renderApp('/')
  const changes = await screen.findByTestId('changes')
  expect(changes.textContent).toMatch(/worse since.*success 98\.0% → 70\.0%/)
  expect(changes.textContent).toContain('Success 98.0 % → 70.0 %: worse.')
  expect(changes.textContent).toContain('as agreed')
  await userEvent.click(within(changes).getByText(/Release v2 of airline-desk/))
  await waitFor(() => expect(address()).toMatch(/^\/agents\/.*\?release=v2$/))
})

test('the page follows the stream', async () => {
  const { wire } = await renderApp('/')
  await screen.findByTestId('burning')
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'))
  const calm = { ...overviewOf('24h', now), burning: [], changes: [], burningLeftOut: 3, changesLeftOut: 4 }
  act(() => wire.news.send({ event: 'overview', data: JSON.stringify(calm) }))
  await expectText(/Nothing: no alert fires/)
  await expectText(/Nothing in the last 24 hours/)
  await expectText('and 3 more')
  act(() => wire.news.send({ event: 'other', data: '{}' }))
  act(() => wire.news.send({ event: 'overview', data: '{"window":7}' }))
  await expectText(/could not be read/)
})

test('another window is another stream, and states lead to their agents', async () => {
  const { address, wire } = await renderApp('/')
  await userEvent.click(within(await screen.findByTestId('overview-window')).getByText('7d'))
  await waitFor(() => expect(address()).toBe('/?window=7d'))
  await waitFor(() => expect(wire.seen).toContain('GET /overview/stream?window=7d'))
  const states = await screen.findByTestId('states')
  await userEvent.click(within(states).getByText('failing'))
  await waitFor(() => expect(address()).toBe('/fleet?state=failing&window=7d'))
})

test('a fleet in good health says so, and what may not be seen is told', async () => {
  const overview = overviewOf('24h', now)
  const states = { failing: 0, degraded: 0, silent: 0, unknown: 1, healthy: 5 }
  const fleet = { ...overview.fleet, worst: [], states }
  const withheld = ['alerts:read', 'journal:read']
  await renderApp('/', { overrides: stream({ ...overview, fleet, changes: [], withheld }) })
  await expectText(/No\. 5 agents healthy, 1 with nothing to judge/)
  await expectText('You may not see alerts.')
  await expectText(/You may not see changes/)
})

test('a change around which nothing ran is not compared', async () => {
  const overview = overviewOf('24h', now)
  const [change] = overview.changes
  if (change?.effect == null) throw new Error('the fixture lost its effect')
  const none = { executions: 0, successRate: null, latencyP95Ms: null, costPerSuccessNanoUsd: null }
  const { before, after } = change.effect
  const effect = { ...change.effect, before: { ...before, ...none }, after: { ...after, ...none } }
  await renderApp('/', { overrides: stream({ ...overview, changes: [{ ...change, effect }] }) })
  await expectText(/so nothing can be compared/)
  expect(screen.queryByText(/worse since/)).toBeNull()
})

test('more agents than are shown are counted, with the way to them', async () => {
  const overview = overviewOf('24h', now)
  const states = { failing: 9, degraded: 4, silent: 1, unknown: 0, healthy: 0 }
  await renderApp('/', { overrides: stream({ ...overview, fleet: { ...overview.fleet, states } }) })
  await expectText('12 more in the fleet')
})

test('without an agent it says how to begin', async () => {
  const overview = overviewOf('24h', now)
  const states = { failing: 0, degraded: 0, silent: 0, unknown: 0, healthy: 0 }
  await renderApp('/', { overrides: stream({ ...overview, fleet: { ...overview.fleet, states } }) })
  await expectText('No agent has reported yet')
})

test('a refusal is told with its reason, and can be tried again', async () => {
  let refuse = true
  const { router } = await renderApp('/?window=1h', {
    overrides: { 'GET /overview/stream': () => (refuse ? refusal('not-allowed', 'The key lacks fleet:read.') : null) },
  })
  const problem = await screen.findByTestId('problem')
  expect(problem.textContent).toContain('The key lacks fleet:read.')
  refuse = false
  await userEvent.click(within(problem).getByRole('button', { name: 'Try again' }))
  await screen.findByTestId('changes')
  expect(router.state.location.pathname).toBe('/')
})

test('what judging asks of a person is counted on the home page, and counted again when there is news of it', async () => {
  let audits = 1
  const { wire } = await renderApp('/', {
    overrides: {
      'GET /audits': () => json({ items: Array.from({ length: audits }, () => auditToLabel), nextCursor: null }),
      'GET /amendments': () => json({ items: [], nextCursor: null }),
      'GET /drift/alarms': ({ query }) =>
        query.get('open') === 'true' ? json({ items: [], nextCursor: null }) : refusal('invalid-query', 'all of them'),
    },
  })
  const waits = await screen.findByTestId('waits')
  await waitFor(() => expect(waits.textContent).toContain('1 verdict to label'))
  expect(waits.textContent).toContain('0 amendments to ratify')
  expect(waits.textContent).toContain('0 streams drift')
  audits = 2
  wire.news.send({ event: 'news', data: JSON.stringify({ parts: ['arbitration'] }) })
  await waitFor(() => expect(waits.textContent).toContain('2 verdicts to label'))
  wire.news.send({ event: 'news', data: 'no JSON' })
})

test('a tab in the background holds no stream, and begins anew when it is looked at again', async () => {
  const { wire } = await renderApp('/')
  await waitFor(() => expect(wire.news.count()).toBe(2))
  const seen = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  act(() => void document.dispatchEvent(new Event('visibilitychange')))
  await waitFor(() => expect(wire.news.count()).toBe(0))
  seen.mockRestore()
  act(() => void document.dispatchEvent(new Event('visibilitychange')))
  await waitFor(() => expect(wire.news.count()).toBe(2))
})
