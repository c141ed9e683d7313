// @vitest-environment happy-dom
import { scopesOfRole } from '@metaagent/contract'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { coldForgeId, graphId } from '../../testing/webhooks.ts'
import { draftOf, inLanguage, mappingOf } from './mapping-draft.ts'

const address = '/settings/webhooks'

test('sources are listed with how they go, and one is opened by name and by address', async () => {
  const { address: now } = await renderApp(address)
  const table = await screen.findByTestId('webhook-sources')
  expect(within(table).getByText('last one failed')).toBeTruthy()
  expect(within(table).getByText('in use')).toBeTruthy()
  expect((await screen.findByTestId('last-error')).textContent).toMatch(/is not a time/)
  await userEvent.click(within(table).getByRole('button', { name: 'Graphs' }))
  await waitFor(() => expect(now()).toContain(graphId))
  expect(within(screen.getByTestId('webhook-source')).getByText('Graphs')).toBeTruthy()
  await expectText('Nothing was delivered yet')
})

test('a new source shows its address and its secret once', async () => {
  const { wire } = await renderApp(address)
  await userEvent.click(await screen.findByTestId('new-source'))
  expect(screen.getByTestId('create-source')).toHaveProperty('disabled', true)
  await userEvent.type(screen.getByLabelText(/^Name/), 'Agency PM')
  await userEvent.click(screen.getByTestId('create-source'))
  expect((await screen.findByTestId('webhook-secret')).textContent).toBe('c2VjcmV0IG9mIGEgc291cmNl')
  expect(wire.seen).toContain('POST /webhook-sources')
  await userEvent.click(screen.getByRole('button', { name: 'I have it' }))
  await waitFor(() => expect(screen.queryByTestId('webhook-secret')).toBeNull())
})

test('a source that cannot be made says why', async () => {
  await renderApp(address)
  await userEvent.click(await screen.findByTestId('new-source'))
  await userEvent.type(screen.getByLabelText(/^Name/), 'ColdForge')
  await userEvent.click(screen.getByTestId('create-source'))
  await expectText('Another webhook source is called ColdForge.')
})

test('a mapping is tried against a sample, by button and by keyboard, and saved', async () => {
  const { wire } = await renderApp(`${address}?source=${coldForgeId}`)
  const trial = await screen.findByTestId('webhook-try')
  await userEvent.click(within(trial).getByTestId('try-mapping'))
  await expectText('Would store 1 execution, 0 actions and 0 outcomes.')
  const sample = within(trial).getByLabelText('Sample')
  fireEvent.change(sample, { target: { value: '{"broken": true}' } })
  await userEvent.type(sample, '{Control>}{Enter}{/Control}')
  expect((await screen.findByTestId('try-faults')).textContent).toMatch(/executions\[0\]\.startedAt/)
  fireEvent.change(sample, { target: { value: '{"broken' } })
  expect(within(trial).getByTestId('try-mapping')).toHaveProperty('disabled', true)
  expect(screen.getByTestId('save-mapping')).toHaveProperty('disabled', true)
  fireEvent.change(screen.getByLabelText('Expression'), { target: { value: '{ "executions": runs }' } })
  await userEvent.click(screen.getByTestId('save-mapping'))
  await waitFor(() => expect(wire.seen).toContain(`PATCH /webhook-sources/${coldForgeId}`))
})

test('a kept delivery is replayed, and deliveries are filtered by what went wrong', async () => {
  const { wire } = await renderApp(address)
  const table = await screen.findByTestId('delivery-table')
  expect(within(table).getByText('not mapped')).toBeTruthy()
  await userEvent.click(within(table).getByRole('button', { name: 'Replay' }))
  await waitFor(() => expect(wire.seen.some((line) => line.endsWith('/replay'))).toBe(true))
  await userEvent.click(screen.getByText('In part'))
  await expectText('None of these')
})

test('a secret is replaced after asking, and a source switched off', async () => {
  const { wire } = await renderApp(address)
  await userEvent.click(await screen.findByRole('button', { name: 'New secret' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Replace' }))
  expect((await screen.findByTestId('webhook-secret')).textContent).toMatch(/^whsec_/)
  await userEvent.click(screen.getByRole('button', { name: 'I have it' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Switch off' }))
  await waitFor(() => expect(wire.seen).toContain(`PATCH /webhook-sources/${coldForgeId}`))
})

test('who may only read sees no way to change anything', async () => {
  await renderApp(address, {
    overrides: {
      'GET /me': () =>
        json({
          organization: {
            organizationId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
            name: 'Northwind',
            createdAt: '2026-01-01T00:00:00.000Z',
          },
          role: 'viewer',
          customRole: null,
          scopes: [...scopesOfRole.viewer],
          credential: 'session',
          user: null,
          expiresAt: null,
        }),
    },
  })
  await screen.findByTestId('delivery-table')
  for (const name of ['New source', 'New secret', 'Switch off', 'Replay', 'Save the mapping'])
    expect(screen.queryByRole('button', { name })).toBeNull()
})

test('without a source the page says what to do, and a refusal is told', async () => {
  await renderApp(address, { overrides: { 'GET /webhook-sources': () => json({ items: [] }) } })
  await expectText('No sources yet')
  expect(screen.getAllByRole('button', { name: 'New source' })).toHaveLength(2)
})

test('sources that cannot be read say why and can be asked for again', async () => {
  await renderApp(address, {
    overrides: { 'GET /webhook-sources': () => refusal('not-allowed', 'It needs webhooks:read.') },
  })
  await expectText('It needs webhooks:read.')
  expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy()
})

test('a draft keeps what is saved in its language, and bad JSON is told', () => {
  const saved = { language: 'pointers', template: { executions: '/runs' } } as const
  expect(mappingOf(draftOf(saved)).value).toEqual(saved)
  expect(inLanguage(saved, 'jsonata').language).toBe('jsonata')
  expect(mappingOf(inLanguage(saved, 'pointers')).value).toEqual(saved)
  expect(mappingOf(draftOf(null, 'pointers')).fault).toBeNull()
  expect(mappingOf({ language: 'pointers', text: '{' }).fault).not.toBeNull()
  expect(mappingOf({ language: 'jsonata', text: ' ' }).fault).toBe('Write a mapping first.')
})
