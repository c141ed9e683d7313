// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const open = async () => await userEvent.click(screen.getByTestId('views'))
const item = async (name: RegExp) => await screen.findByRole('menuitem', { name })

test('opening a view sets its filters, and its name stands on the button until they change', async () => {
  const { address, router } = await renderApp('/executions')
  await screen.findByTestId('execution-table')
  await open()
  await expectText('Yours')
  await userEvent.click(await item(/^Gold customers/))
  await waitFor(() => expect(address()).toBe(`/executions?attribute.customer.tier=gold&view=${uuid(702)}`))
  await waitFor(() => expect(screen.getByTestId('views').textContent).toBe('Gold customers'))
  await router.navigate({ to: '/executions', search: { view: uuid(702), status: 'failure' } })
  await waitFor(() => expect(screen.getByTestId('views').textContent).toBe('Gold customers, changed'))
  await open()
  expect(screen.queryByText(/^Update/)).toBeNull()
})

test('filters are kept under a name; a taken one is refused in words', async () => {
  const { address, wire } = await renderApp('/executions?status=failure')
  await screen.findByTestId('execution-table')
  await open()
  await userEvent.click(await item(/^Save these filters/))
  await userEvent.type(await screen.findByLabelText(/^Name/), 'Failures in production{Enter}')
  await expectText(/There is a view named/)
  await userEvent.clear(screen.getByLabelText(/^Name/))
  await userEvent.type(screen.getByLabelText(/^Name/), 'All failures')
  await userEvent.click(screen.getByLabelText(/^Share with everybody/))
  await userEvent.click(screen.getByRole('button', { name: 'Save the view' }))
  await waitFor(() => expect(address()).toMatch(/status=failure&view=/))
  await waitFor(() => expect(screen.getByTestId('views').textContent).toBe('All failures'))
  expect(wire.seen.filter((line) => line === 'POST /views')).toHaveLength(2)
})

test('a view whose filters changed is updated with the version that was read', async () => {
  await renderApp(`/executions?status=cancelled&view=${uuid(701)}`)
  await waitFor(() => expect(screen.getByTestId('views').textContent).toBe('Failures in production, changed'))
  await open()
  await userEvent.click(await item(/^Update/))
  await waitFor(() => expect(screen.getByTestId('views').textContent).toBe('Failures in production'))
})

test('an update that comes too late says so', async () => {
  await renderApp(`/executions?status=cancelled&view=${uuid(701)}`, {
    overrides: { [`PATCH /views/${uuid(701)}`]: () => refusal('precondition-failed', 'Read the view again.') },
  })
  await waitFor(() => expect(screen.getByTestId('views').textContent).toContain('changed'))
  await open()
  await userEvent.click(await item(/^Update/))
  await expectText('Read the view again.')
})

test('views are renamed, shared and removed; what others made is refused in words', async () => {
  const { wire } = await renderApp('/executions')
  await screen.findByTestId('execution-table')
  await open()
  await userEvent.click(await item(/^Rename, share, remove/))
  const [own, foreign] = await screen.findAllByTestId('view-row')
  if (own === undefined || foreign === undefined) throw new Error('two views are expected')
  await userEvent.click(within(foreign).getByLabelText('Shared'))
  await within(foreign).findByText(/^Only who made a view/)
  const name = within(own).getByLabelText('Name of Failures in production')
  await userEvent.clear(name)
  await userEvent.type(name, 'Broken{Enter}')
  const renamed = await screen.findByLabelText('Name of Broken')
  const row = renamed.closest('li')
  if (row === null) throw new Error('the view has no row')
  await userEvent.click(within(row).getByLabelText('Shared'))
  await waitFor(() => expect(wire.seen.filter((line) => line.startsWith('PATCH'))).toHaveLength(3))
  await userEvent.click(within(row).getByText('Remove'))
  expect(screen.getAllByTestId('view-row')).toHaveLength(2)
  await userEvent.click(within(row).getByText('Really remove'))
  await waitFor(() => expect(screen.getAllByTestId('view-row')).toHaveLength(1))
})

test('without views the menu says what to do; one that cannot be read says why', async () => {
  await renderApp('/sessions')
  await screen.findByTestId('session-table')
  await open()
  await expectText(/^No view yet/)
})

test('views that cannot be read say why and can be tried again', async () => {
  let fail = true
  await renderApp('/executions', {
    overrides: { 'GET /views': () => (fail ? refusal('not-allowed', 'This key sees no views.') : json({ items: [] })) },
  })
  await screen.findByTestId('execution-table')
  await open()
  await expectText('This key sees no views.')
  fail = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await expectText(/^No view yet/)
})
