// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

test('the list shows every node, and choosing one tells who is affected when it fails', async () => {
  const { address } = await renderApp('/dependencies')
  const list = await screen.findByTestId('node-list')
  expect(within(list).getAllByRole('button')).toHaveLength(4)
  await userEvent.click(within(list).getByRole('button', { name: /gpt-4\.1/ }))
  await waitFor(() => expect(address()).toBe('/dependencies?kind=model&target=gpt-4.1'))
  const radius = await screen.findByTestId('blast-radius')
  await waitFor(() => expect(within(radius).getAllByRole('listitem')).toHaveLength(2))
  expect(within(radius).getByText(/over 2 calls/)).toBeTruthy()
  expect(within(radius).getByText(/50 % of its runs/)).toBeTruthy()
})

test('an edge can be hidden, and what was written down removed', async () => {
  const path = `/agents/${uuid(2)}/dependencies`
  const bodies: unknown[] = []
  const overrides = {
    [`PUT ${path}`]: ({ body }: { body: unknown }) => {
      bodies.push(body)
      return refusal('not-allowed', 'This needs the scope registry:write.')
    },
    [`POST ${path}/removals`]: ({ body }: { body: unknown }) => {
      bodies.push(body)
      return new Response(null, { status: 204 })
    },
  }
  await renderApp(`/dependencies?kind=agent&target=${uuid(2)}`, { overrides })
  const node = await screen.findByTestId('chosen-node')
  await userEvent.click(within(node).getByRole('button', { name: 'Hide search' }))
  expect((await within(node).findByRole('alert')).textContent).toContain('registry:write')
  await userEvent.click(within(node).getByRole('button', { name: 'Remove openai' }))
  await waitFor(() => expect(bodies).toHaveLength(2))
  expect(bodies).toEqual([
    { kind: 'tool', target: 'search', note: null, hidden: true },
    { kind: 'provider', target: 'openai' },
  ])
})

test('an empty graph says how it fills, and a refusal says what was wrong', async () => {
  await renderApp('/dependencies', {
    overrides: { 'GET /dependencies': () => json({ days: 30, nodes: [], edges: [] }) },
  })
  expect(await screen.findByText('No dependency is known yet')).toBeTruthy()
  await renderApp('/dependencies', {
    overrides: { 'GET /dependencies': () => refusal('not-allowed', 'This needs the scope fleet:read.') },
  })
  expect(await screen.findByText(/fleet:read/)).toBeTruthy()
})
