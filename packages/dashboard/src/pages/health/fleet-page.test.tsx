// @vitest-environment happy-dom
import { act, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { fleetOf, healthOf } from '../../testing/fleet.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const now = Date.now()
const rowsOf = () =>
  within(screen.getByTestId('fleet-table'))
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).queryAllByRole('link')[0]?.textContent)

test('the home page answers what is on fire, what changed and what waits', async () => {
  await renderApp('/')
  const fire = await screen.findByTestId('on-fire')
  expect(within(fire).getByText('airline-desk')).toBeTruthy()
  expect(within(fire).getByText('failing')).toBeTruthy()
  const changes = screen.getByTestId('changes')
  await within(changes).findByText('airline-desk: degraded → failing')
  await within(screen.getByTestId('waits')).findByText('3')
  expect(within(screen.getByTestId('waits')).getByText(/executions wait/)).toBeTruthy()
})

test('figures that nobody knows read as unknown, not as 0', async () => {
  await renderApp('/?q=contract')
  const table = await screen.findByTestId('fleet-table')
  expect(within(table).getByLabelText(/unknown: 930 model calls without a known price/).textContent).toBe('–')
  expect(within(screen.getByTestId('tiles')).getByText(/^≥ \$/)).toBeTruthy()
})

test('the stream changes the page: a state turns, the totals follow, and what changed is read again', async () => {
  const { wire } = await renderApp('/')
  await screen.findByTestId('fleet-table')
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'))
  await waitFor(() => expect(wire.seen.filter((line) => line.includes('health.state.changed')).length).toBe(1))
  const better = { ...healthOf(1, '24h', null, now), state: 'healthy' }
  act(() => wire.news.send({ event: 'agent', data: JSON.stringify(better) }))
  await waitFor(() => expect(within(screen.getByTestId('on-fire')).queryByText('airline-desk')).toBeNull())
  await waitFor(() => expect(wire.seen.filter((line) => line.includes('health.state.changed')).length).toBe(2))
})

test('when the connection breaks the page says so and comes back', async () => {
  const { wire } = await renderApp('/')
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'))
  act(() => wire.news.breakAll())
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Reconnecting'))
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'), { timeout: 3000 })
})

test('a stream that is refused says why and can be tried again', async () => {
  let refuse = true
  await renderApp('/', {
    overrides: { 'GET /fleet/stream': () => (refuse ? refusal('not-allowed', 'The key lacks fleet:read.') : null) },
  })
  const problem = await screen.findByTestId('problem')
  expect(problem.textContent).toContain('The key lacks fleet:read.')
  refuse = false
  await userEvent.click(within(problem).getByRole('button', { name: 'Try again' }))
  await screen.findByTestId('fleet-table')
})

test('events that do not fit the contract are told, not hidden', async () => {
  const { wire } = await renderApp('/')
  await screen.findByTestId('fleet-table')
  act(() => wire.news.send({ event: 'agent', data: '{"agentId":7}' }))
  await expectText(/could not be read/)
})

test('filters live in the address and the address is a filter', async () => {
  const { address } = await renderApp('/?state=silent')
  await waitFor(() => expect(rowsOf()).toEqual(['log-summarizer']))
  await userEvent.type(screen.getByTestId('fleet-filter'), 'nothing like it')
  await expectText('No agent fits these filters')
  expect(address()).toContain('q=nothing')
  await userEvent.click(screen.getByText('Show all agents'))
  await waitFor(() => expect(rowsOf().length).toBe(9))
})

test('another window asks for another picture', async () => {
  const { address, wire } = await renderApp('/')
  await screen.findByTestId('fleet-table')
  await userEvent.click(within(screen.getByTestId('window-switch')).getByText('7d'))
  await waitFor(() => expect(address()).toBe('/?window=7d'))
  await waitFor(() => expect(wire.seen).toContain('GET /fleet/stream?window=7d'))
  await expectText('9 agents, last 7 days')
})

test('an environment and a domain narrow the picture at the server', async () => {
  const { wire } = await renderApp('/?environment=staging&domain=infra')
  await waitFor(() => expect(wire.seen).toContain('GET /fleet/stream?window=24h&environment=staging&domain=infra'))
  await waitFor(() => expect(rowsOf()).toEqual(expect.arrayContaining(['incident-commander'])))
})

test('a click on a heading sorts, and unknown stays last', async () => {
  const { address } = await renderApp('/')
  await screen.findByTestId('fleet-table')
  await userEvent.click(screen.getByRole('button', { name: 'p95' }))
  await waitFor(() => expect(address()).toMatch(/sort=p95/))
  expect(rowsOf().at(-1)).toBe('release-notes-writer')
  await userEvent.click(screen.getByRole('button', { name: 'p95' }))
  await waitFor(() => expect(rowsOf().at(-1)).toBe('release-notes-writer'))
})

test('the keyboard walks the table and opens an agent', async () => {
  const { address } = await renderApp('/')
  await screen.findByTestId('fleet-table')
  await userEvent.keyboard('j')
  await userEvent.keyboard('j')
  await userEvent.keyboard('k')
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(address()).toMatch(/^\/agents\//))
  await expectText('airline-desk')
})

test('the slash goes to the filter, and letters typed there are text', async () => {
  await renderApp('/')
  await screen.findByTestId('fleet-table')
  await userEvent.keyboard('/')
  expect(document.activeElement).toBe(screen.getByTestId('fleet-filter'))
  await userEvent.keyboard('j')
  await waitFor(() => expect(screen.getByTestId('fleet-filter')).toHaveProperty('value', 'j'))
  await userEvent.keyboard('{Escape}')
  expect(document.activeElement).not.toBe(screen.getByTestId('fleet-filter'))
})

test('an empty fleet says how to begin', async () => {
  const empty = { ...fleetOf('24h', null, null, now), agents: [] }
  await renderApp('/', {
    overrides: { 'GET /fleet/stream': () => new Response(`event: fleet\ndata: ${JSON.stringify(empty)}\n\n`) },
  })
  await expectText('No agent has reported yet')
  expect(screen.getByText('Connect an agent in 60 seconds').getAttribute('href')).toBe('/settings/connect')
  await userEvent.click(screen.getByText('Look at all time'))
})

test('a window in which nothing ran says when something did', async () => {
  const picture = fleetOf('24h', null, null, now)
  const quiet = { ...picture, totals: { ...picture.totals, executions: 0 } }
  const { address } = await renderApp('/', {
    overrides: {
      'GET /fleet/stream': ({ query }) =>
        query.get('window') === '24h' ? new Response(`event: fleet\ndata: ${JSON.stringify(quiet)}\n\n`) : null,
    },
  })
  const notice = await screen.findByTestId('quiet-window')
  await userEvent.click(within(notice).getByText('Look at all time'))
  await waitFor(() => expect(address()).toBe('/?window=all'))
})

test('a fleet in good health says that nothing is on fire', async () => {
  const picture = fleetOf('24h', null, null, now)
  const calm = {
    ...picture,
    agents: picture.agents.filter(({ state }) => state === 'healthy' || state === 'unknown'),
    states: { healthy: 5, unknown: 1, degraded: 0, failing: 0, silent: 0 },
  }
  await renderApp('/', {
    overrides: {
      'GET /fleet/stream': () => new Response(`event: fleet\ndata: ${JSON.stringify(calm)}\n\n`),
      'GET /ledger/entries': () => json({ items: [], nextCursor: null }),
    },
  })
  await expectText(/No\. 5 agents healthy, 1 with nothing to judge/)
  await expectText(/Nothing yet\. Decisions/)
})

test('when the ledger does not answer, the rest of the page still does', async () => {
  await renderApp('/', {
    overrides: { 'GET /ledger/entries': () => refusal('not-allowed', 'This role may not read the ledger.') },
  })
  const changes = await screen.findByTestId('changes')
  await within(changes).findByText(/may not read the ledger/)
  expect(screen.getByTestId('fleet-table')).toBeTruthy()
})
