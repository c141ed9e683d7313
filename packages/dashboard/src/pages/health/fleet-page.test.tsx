// @vitest-environment happy-dom
import { act, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { fleetOf, healthOf } from '../../testing/fleet.ts'
import { groupsOf } from '../../testing/overview.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { refusal } from '../../testing/replies.ts'

const now = Date.now()
const rowsOf = () =>
  within(screen.getByTestId('fleet-table'))
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).queryAllByRole('link')[0]?.textContent)

test('figures that nobody knows read as unknown, not as 0', async () => {
  await renderApp('/fleet?q=contract')
  const table = await screen.findByTestId('fleet-table')
  expect(within(table).getByLabelText(/unknown: 930 model calls without a known price/).textContent).toBe('–')
  expect(within(screen.getByTestId('tiles')).getByText(/^≥ \$/)).toBeTruthy()
})

test('the stream changes the page: a state turns where it is shown', async () => {
  const { wire } = await renderApp('/fleet?q=airline')
  const table = await screen.findByTestId('fleet-table')
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'))
  expect(within(table).getByText('failing')).toBeTruthy()
  const better = { ...healthOf(1, '24h', null, now), state: 'healthy' }
  act(() => wire.news.send({ event: 'agent', data: JSON.stringify(better) }))
  await waitFor(() => expect(within(screen.getByTestId('fleet-table')).getByText('healthy')).toBeTruthy())
})

test('domains and environments stand in one table each, and lead to their agents', async () => {
  const { wire, address } = await renderApp('/fleet')
  await screen.findByTestId('fleet-table')
  await userEvent.click(within(screen.getByTestId('group-by')).getByText('Environments'))
  await waitFor(() => expect(address()).toBe('/fleet?by=environment'))
  expect(screen.queryByTestId('group-table')).toBeNull()
  act(() => wire.news.send({ event: 'groups', data: JSON.stringify(groupsOf('24h', now)) }))
  const table = await screen.findByTestId('group-table')
  expect(table.textContent).toMatch(/failing.*production.*9 agents: 1 of 9 failing, first airline-desk/)
  await userEvent.click(within(screen.getByTestId('group-by')).getByText('Domains'))
  await waitFor(() => expect(screen.getByTestId('group-table').textContent).toContain('infra'))
  await userEvent.click(within(screen.getByTestId('group-table')).getByText('support'))
  await waitFor(() => expect(address()).toBe('/fleet?domain=support'))
})

test('a window in which nothing ran has no domain to show', async () => {
  const { wire } = await renderApp('/fleet?by=domain')
  await screen.findByTestId('group-by')
  act(() => wire.news.send({ event: 'groups', data: JSON.stringify({ ...groupsOf('24h', now), domains: [] }) }))
  await expectText('Nothing ran in this window')
})

test('when the connection breaks the page says so and comes back', async () => {
  const { wire } = await renderApp('/fleet')
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'))
  act(() => wire.news.breakAll())
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Reconnecting'))
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'), { timeout: 3000 })
})

test('a stream that is refused says why and can be tried again', async () => {
  let refuse = true
  await renderApp('/fleet', {
    overrides: { 'GET /fleet/stream': () => (refuse ? refusal('not-allowed', 'The key lacks fleet:read.') : null) },
  })
  const problem = await screen.findByTestId('problem')
  expect(problem.textContent).toContain('The key lacks fleet:read.')
  refuse = false
  await userEvent.click(within(problem).getByRole('button', { name: 'Try again' }))
  await screen.findByTestId('fleet-table')
})

test('events that do not fit the contract are told, not hidden', async () => {
  const { wire } = await renderApp('/fleet')
  await screen.findByTestId('fleet-table')
  act(() => wire.news.send({ event: 'agent', data: '{"agentId":7}' }))
  await expectText(/could not be read/)
})

test('filters live in the address and the address is a filter', async () => {
  const { address } = await renderApp('/fleet?state=silent')
  await waitFor(() => expect(rowsOf()).toEqual(['log-summarizer']))
  await userEvent.type(screen.getByTestId('fleet-filter'), 'nothing like it')
  await expectText('No agent fits these filters')
  expect(address()).toContain('q=nothing')
  await userEvent.click(screen.getByText('Show all agents'))
  await waitFor(() => expect(rowsOf().length).toBe(9))
})

test('another window asks for another picture', async () => {
  const { address, wire } = await renderApp('/fleet')
  await screen.findByTestId('fleet-table')
  await userEvent.click(within(screen.getByTestId('window-switch')).getByText('7d'))
  await waitFor(() => expect(address()).toBe('/fleet?window=7d'))
  await waitFor(() => expect(wire.seen).toContain('GET /fleet/stream?window=7d'))
  await expectText('9 agents, last 7 days')
})

test('an environment and a domain narrow the picture at the server', async () => {
  const { wire } = await renderApp('/fleet?environment=staging&domain=infra')
  await waitFor(() => expect(wire.seen).toContain('GET /fleet/stream?window=24h&environment=staging&domain=infra'))
  await waitFor(() => expect(rowsOf()).toEqual(expect.arrayContaining(['incident-commander'])))
})

test('a click on a heading sorts, and unknown stays last', async () => {
  const { address } = await renderApp('/fleet')
  await screen.findByTestId('fleet-table')
  await userEvent.click(screen.getByRole('button', { name: 'p95' }))
  await waitFor(() => expect(address()).toMatch(/sort=p95/))
  expect(rowsOf().at(-1)).toBe('release-notes-writer')
  await userEvent.click(screen.getByRole('button', { name: 'p95' }))
  await waitFor(() => expect(rowsOf().at(-1)).toBe('release-notes-writer'))
})

test('the keyboard walks the table and opens an agent', async () => {
  const { address } = await renderApp('/fleet')
  await screen.findByTestId('fleet-table')
  await userEvent.keyboard('j')
  await userEvent.keyboard('j')
  await userEvent.keyboard('k')
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(address()).toMatch(/^\/agents\//))
  await expectText('airline-desk')
})

test('the slash goes to the filter, and letters typed there are text', async () => {
  await renderApp('/fleet')
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
  await renderApp('/fleet', {
    overrides: { 'GET /fleet/stream': () => new Response(`event: fleet\ndata: ${JSON.stringify(empty)}\n\n`) },
  })
  await expectText('No agent has reported yet')
  expect(screen.getByText('Connect an agent in 60 seconds').getAttribute('href')).toBe('/settings/connect')
  await userEvent.click(screen.getByText('Look at all time'))
})

test('a window in which nothing ran says when something did', async () => {
  const picture = fleetOf('24h', null, null, now)
  const quiet = { ...picture, totals: { ...picture.totals, executions: 0 } }
  const { address } = await renderApp('/fleet', {
    overrides: {
      'GET /fleet/stream': ({ query }) =>
        query.get('window') === '24h' ? new Response(`event: fleet\ndata: ${JSON.stringify(quiet)}\n\n`) : null,
    },
  })
  const notice = await screen.findByTestId('quiet-window')
  await userEvent.click(within(notice).getByText('Look at all time'))
  await waitFor(() => expect(address()).toBe('/fleet?window=all'))
})
