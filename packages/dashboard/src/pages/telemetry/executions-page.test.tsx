// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

async function choose(label: string, option: string) {
  await userEvent.click(screen.getByRole('combobox', { name: label }))
  await userEvent.click(await screen.findByRole('option', { name: option }))
}

test('the list shows each execution with what is known of it', async () => {
  await renderApp('/executions')
  const table = await screen.findByTestId('execution-table')
  const [, first, second, , running] = within(table).getAllByRole('row')
  expect(first?.textContent).toContain('telecom-care')
  expect(second?.textContent).toContain('agent_error')
  expect(within(second ?? table).getByText('failure')).toBeTruthy()
  expect(within(running ?? table).getAllByLabelText(/^unknown/).length).toBeGreaterThan(2)
})

test('only the rows in view are drawn, and more are fetched', async () => {
  const { wire } = await renderApp('/executions')
  const table = await screen.findByTestId('execution-table')
  expect(within(table).getAllByRole('row').length).toBeLessThan(60)
  expect(screen.getByTestId('execution-count').textContent).toContain('100 shown')
  await userEvent.click(screen.getByText('Load more'))
  await waitFor(() => expect(screen.getByTestId('execution-count').textContent).toContain('200 shown'))
  expect(wire.seen).toContain('GET /executions?limit=100&cursor=100')
})

test('every filter stands in the address and is asked of the server', async () => {
  const { address, wire } = await renderApp('/executions')
  await screen.findByTestId('execution-table')
  await choose('Status', 'failure')
  await choose('Flags', 'Flagged only')
  await choose('Environment', 'production')
  await choose('Agent', 'telecom-care')
  await choose('Release', 'gpt-4.1-sft-telecom')
  await choose('Order', 'Oldest first')
  await waitFor(() =>
    expect(address()).toBe(
      `/executions?agentId=${uuid(1)}&environment=production&flagged=true&order=oldest&release=gpt-4.1-sft-telecom&status=failure`,
    ),
  )
  await waitFor(() =>
    expect(wire.seen.some((line) => line.includes('flagged=true') && line.includes('order=oldest'))).toBe(true),
  )
  await choose('Agent', 'All agents')
  await waitFor(() => expect(address()).not.toContain('release'))
})

test('texts are asked for when the reader is done with them', async () => {
  const { address, wire } = await renderApp('/executions')
  await screen.findByTestId('execution-table')
  await userEvent.keyboard('/')
  expect(document.activeElement).toBe(screen.getByLabelText('Search by words'))
  expect((await screen.findByTestId('search-hint')).textContent).toContain('words that begin so')
  await userEvent.keyboard('refund -late')
  expect(address()).toBe('/executions')
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(address()).toBe('/executions?q=refund+-late'))
  expect(wire.seen).toContain('GET /executions?limit=100&q=refund+-late')
  await userEvent.type(screen.getByLabelText('Unit'), 'task-17{Enter}')
  await waitFor(() => expect(address()).toBe('/executions?q=refund+-late&unit=task-17'))
  await userEvent.clear(screen.getByLabelText('Search by words'))
  await userEvent.type(screen.getByLabelText('End reason'), 'max_steps{Escape}')
  await waitFor(() => expect(address()).toBe('/executions?endReason=max_steps&unit=task-17'))
})

test('attributes are chips: added in a form, removed one by one, at most five', async () => {
  const { address, wire } = await renderApp('/executions?conversationId=talk-1')
  await screen.findByTestId('execution-table')
  await userEvent.click(screen.getByRole('button', { name: 'Attribute' }))
  await userEvent.type(await screen.findByRole('textbox', { name: 'Attribute' }), 'customer.tier')
  await userEvent.keyboard('{Enter}')
  expect(address()).not.toContain('attribute')
  await userEvent.type(screen.getByLabelText('is exactly'), 'gold{Enter}')
  await waitFor(() => expect(address()).toBe('/executions?attribute.customer.tier=gold&conversationId=talk-1'))
  await waitFor(() => expect(wire.seen.some((line) => line.includes('attribute.customer.tier=gold'))).toBe(true))
  await userEvent.click(await screen.findByRole('button', { name: 'Remove customer.tier = gold' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Remove session = talk-1' }))
  await waitFor(() => expect(address()).toBe('/executions'))
})

test('more attributes than the API takes are left out, and no more are offered', async () => {
  await renderApp(`/executions?${[1, 2, 3, 4, 5, 6].map((n) => `attribute.k${n}=v`).join('&')}`)
  await expectText('At most 5 attributes at once.')
  expect(screen.getAllByRole('button', { name: /^Remove k/ })).toHaveLength(5)
})

test('times are chosen in the zone that is shown', async () => {
  localStorage.setItem('metaagent.time-zone', 'utc')
  const { address } = await renderApp('/executions')
  await screen.findByTestId('execution-table')
  const from = screen.getByLabelText('From, UTC')
  fireEvent.change(from, { target: { value: '2026-11-20T08:00' } })
  fireEvent.blur(from)
  await waitFor(() => expect(address()).toBe('/executions?from=2026-11-20T08%3A00%3A00.000Z'))
  const to = screen.getByLabelText('To, UTC')
  fireEvent.change(to, { target: { value: '2026-11-21T08:00' } })
  fireEvent.blur(to)
  await waitFor(() => expect(address()).toContain('to=2026-11-21'))
})

test('a row opens its trace, by key and by click', async () => {
  const { address, router } = await renderApp('/executions')
  await screen.findByTestId('execution-table')
  await userEvent.keyboard('jo')
  await screen.findByTestId('trace-tree')
  expect(address()).toMatch(/^\/executions\/0{31}1$/)
  await router.navigate({ to: '/executions' })
  const rows = within(await screen.findByTestId('execution-table')).getAllByRole('row')
  const agent = within(rows[2] ?? document.body).getByText('telecom-care')
  await userEvent.click(agent)
  await waitFor(() => expect(address()).toMatch(/^\/executions\/0{31}2$/))
})

test('a list that is refused says why; an empty one says what to do', async () => {
  await renderApp('/executions', {
    overrides: { 'GET /executions': () => refusal('invalid-query', 'No such release.') },
  })
  await expectText('No such release.')
})

test('without executions the page says how to get some, and with filters how to remove them', async () => {
  const nothing = { overrides: { 'GET /executions': () => json({ items: [], nextCursor: null }) } }
  const { router, address } = await renderApp('/executions', nothing)
  await expectText('No execution has been reported yet')
  await router.navigate({ to: '/executions', search: { status: 'failure' } })
  await userEvent.click(await screen.findByText('Remove all filters'))
  await waitFor(() => expect(address()).toBe('/executions'))
})

test('when the next page fails, what is shown stays and it can be tried again', async () => {
  let fail = true
  await renderApp('/executions', {
    overrides: {
      'GET /executions': ({ query }) =>
        fail && query.has('cursor') ? refusal('invalid-cursor', 'Start again.') : null,
    },
  })
  await screen.findByTestId('execution-table')
  await userEvent.click(screen.getByText('Load more'))
  await expectText('Start again.')
  expect(screen.getByTestId('execution-table')).toBeTruthy()
  fail = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(screen.getByTestId('execution-count').textContent).toContain('200 shown'))
})
