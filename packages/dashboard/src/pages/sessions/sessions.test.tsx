// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

async function choose(label: string, option: string) {
  await userEvent.click(screen.getByRole('combobox', { name: label }))
  await userEvent.click(await screen.findByRole('option', { name: option }))
}

test('sessions show who ran, how it ended and what it cost; the unknown stays unknown', async () => {
  await renderApp('/sessions')
  const table = await screen.findByTestId('session-table')
  const [, open, second] = within(table).getAllByRole('row')
  expect(open?.textContent).toContain('1 running')
  expect(within(open ?? table).getByLabelText('unknown: A run of it has not ended.')).toBeTruthy()
  expect(within(open ?? table).getByLabelText(/unknown: 4 model calls without a known price/)).toBeTruthy()
  expect(second?.textContent).toContain('refund/of Jo & Co?')
  expect(screen.getByTestId('execution-count').textContent).toContain('100 shown')
  await userEvent.click(screen.getByText('Load more'))
  await waitFor(() => expect(screen.getByTestId('execution-count').textContent).toContain('130 shown, that is all'))
})

test('filters stand in the address and are asked of the server', async () => {
  localStorage.setItem('metaagent.time-zone', 'utc')
  const { address, wire } = await renderApp('/sessions')
  await screen.findByTestId('session-table')
  await choose('Environment', 'production')
  await choose('Agent', 'telecom-care')
  for (const label of ['From, UTC', 'To, UTC']) {
    fireEvent.change(screen.getByLabelText(label), { target: { value: '2026-11-20T08:00' } })
    fireEvent.blur(screen.getByLabelText(label))
  }
  await waitFor(() => expect(address()).toMatch(/agentId=.*environment=production&from=2026-11-20.*&to=2026-11-20/))
  await waitFor(() =>
    expect(wire.seen.some((line) => line.startsWith('GET /sessions?') && line.includes('to='))).toBe(true),
  )
  await choose('Environment', 'staging')
  await waitFor(() => expect(address()).toContain('environment=staging'))
})

test('a row opens the conversation: its runs in order, what was said, the pause between', async () => {
  const { address } = await renderApp('/sessions')
  await screen.findByTestId('session-table')
  await userEvent.keyboard('jjo')
  const runs = await screen.findByTestId('session-runs')
  expect(address()).toBe('/sessions/refund%2Fof%20Jo%20%26%20Co%3F')
  const [first, second] = within(runs).getAllByTestId('session-run')
  expect(first?.textContent).toContain('Question 1')
  expect(first?.textContent).toContain('Answer 1')
  expect(second?.textContent).toContain('later')
  expect(second?.textContent).toContain('None was reported.')
  await userEvent.click(within(first ?? runs).getByText('Open the trace'))
  await waitFor(() => expect(address()).toMatch(/^\/executions\/[0-9a-f]{32}$/))
})

test('a long session goes on where its page ended', async () => {
  await renderApp('/sessions/talk-2')
  await screen.findByTestId('session-runs')
  expect(screen.getAllByTestId('session-run')).toHaveLength(1)
  await userEvent.click(screen.getByText('Load more'))
  await waitFor(() => expect(screen.getAllByTestId('session-run')).toHaveLength(2))
})

test('a session that is not there, runs that cannot be read, and lists without rows say what to do', async () => {
  const { router } = await renderApp('/sessions/nobody', {
    overrides: {
      'GET /sessions': ({ query }) =>
        query.has('environment')
          ? refusal('invalid-query', 'No such environment.')
          : json({ items: [], nextCursor: null }),
      'GET /sessions/talk-3/executions': () => refusal('not-allowed', 'This key reads no runs.'),
    },
  })
  await expectText(/No execution has this conversation id/)
  await router.navigate({ to: '/sessions/$conversationId', params: { conversationId: 'talk-3' } })
  await expectText('This key reads no runs.')
  await router.navigate({ to: '/sessions' })
  await expectText('No run has named its conversation yet')
  await router.navigate({ to: '/sessions', search: { from: '2026-01-01T00:00:00.000Z' } })
  await userEvent.click(await screen.findByText('Remove all filters'))
  await expectText('No run has named its conversation yet')
  await router.navigate({ to: '/sessions', search: { environment: 'x' } })
  await expectText('No such environment.')
})
