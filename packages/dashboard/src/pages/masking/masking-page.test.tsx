// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const address = '/settings/masking'

test('classes, contents and the agents that have it otherwise are shown; secrets cannot be switched off', async () => {
  await renderApp(address)
  const settings = await screen.findByTestId('masking-settings')
  expect(within(settings).getByLabelText(/E-mail addresses/)).toHaveProperty('checked', true)
  expect(within(settings).getByLabelText(/Secrets/)).toHaveProperty('disabled', true)
  const agents = screen.getByTestId('masking-agents')
  expect(within(agents).getByText('claims-intake')).toBeTruthy()
  expect(within(agents).getByText('inputs thrown away')).toBeTruthy()
  expect(screen.getByTestId('save-masking')).toHaveProperty('disabled', true)
})

test('less masking asks for an approval and comes back with it', async () => {
  const sent: unknown[] = []
  await renderApp(address, {
    overrides: {
      'POST /approvals': ({ body }) => {
        sent.push(body)
        return refusal('already-exists', 'This was asked for already.')
      },
    },
  })
  const settings = await screen.findByTestId('masking-settings')
  await userEvent.click(within(settings).getByLabelText(/E-mail addresses/))
  await userEvent.type(screen.getByLabelText(/Reason/), 'they are our own')
  await userEvent.click(screen.getByTestId('save-masking'))
  await expectText(/would be stored in clear/)
  await userEvent.click(screen.getByTestId('ask-approval'))
  await expectText('This was asked for already.')
  expect(sent).toEqual([
    expect.objectContaining({ operation: 'masking.change', impact: 'HIGH', reason: 'they are our own' }),
  ])
})

test('more masking is saved with its reason, and a rule can be added and taken away again', async () => {
  const { wire } = await renderApp(address)
  const settings = await screen.findByTestId('masking-settings')
  await userEvent.click(screen.getByRole('button', { name: 'Add a rule' }))
  await userEvent.type(screen.getByLabelText('Name of rule 1'), 'staff')
  await userEvent.type(screen.getByLabelText(/^Pattern \(RE2\)$/, { selector: 'input' }), 'EMP-1')
  await userEvent.type(screen.getByLabelText('Sample'), 'EMP-1')
  await userEvent.type(within(settings).getByLabelText(/Reason/), 'staff numbers')
  await userEvent.click(screen.getByTestId('save-masking'))
  await waitFor(() => expect(wire.seen.filter((line) => line === 'GET /masking').length).toBeGreaterThan(1))
  expect(wire.seen).toContain('PUT /masking')
  await userEvent.click(screen.getByRole('button', { name: 'Remove rule 1' }))
  expect(screen.queryByLabelText('Name of rule 1')).toBeNull()
})

test('a text is tried with what is on the page, by button and by keyboard', async () => {
  const { wire } = await renderApp(address)
  const panel = await screen.findByTestId('masking-try')
  await userEvent.type(within(panel).getByLabelText(/^Text/), 'to ada@example.com')
  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  expect((await within(panel).findByTestId('try-result')).textContent).toBe('to [masked:email]')
  expect(within(panel).getByText('ada@example.com', { selector: 'mark' })).toBeTruthy()
  await userEvent.clear(within(panel).getByLabelText(/^Text/))
  await userEvent.type(within(panel).getByLabelText(/^Text/), 'nothing here')
  await userEvent.click(within(panel).getByTestId('try'))
  await expectText('Nothing would be masked.')
  expect(wire.seen.filter((line) => line === 'POST /masking/try')).toHaveLength(2)
})

test('a token is turned back with a reason; one that is not known is told so', async () => {
  await renderApp(address)
  const panel = await screen.findByTestId('masking-reveal')
  expect(within(panel).getByTestId('reveal')).toHaveProperty('disabled', true)
  await userEvent.type(within(panel).getByLabelText('Token'), `[[token:email:${'a'.repeat(22)}]`)
  await userEvent.type(within(panel).getByLabelText('Why'), 'fraud')
  await userEvent.click(within(panel).getByTestId('reveal'))
  await expectText('ada@northwind.example')
  await userEvent.clear(within(panel).getByLabelText('Token'))
  await userEvent.type(within(panel).getByLabelText('Token'), '[[token:email:x]')
  await userEvent.click(within(panel).getByTestId('reveal'))
  await expectText(/has no such token/)
})

test('who may not turn tokens back is not shown how', async () => {
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
          scopes: ['masking:read', 'self:read'],
          credential: 'session',
          user: null,
          expiresAt: null,
        }),
    },
  })
  await screen.findByTestId('masking-settings')
  expect(screen.queryByTestId('masking-reveal')).toBeNull()
})

test('an agent gets settings of its own', async () => {
  const { wire } = await renderApp(address)
  await userEvent.click(await screen.findByRole('button', { name: 'Change' }))
  const dialog = await screen.findByRole('dialog')
  await userEvent.click(within(dialog).getByRole('combobox', { name: 'Outputs' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Throw them away' }))
  await userEvent.type(within(dialog).getByLabelText(/Reason/), 'claims')
  await userEvent.click(within(dialog).getByTestId('save-masking'))
  await waitFor(() => expect(wire.seen).toContain('PUT /masking/agents/claims-intake'))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
})

test('settings that cannot be read say why and can be asked for again', async () => {
  await renderApp(address, { overrides: { 'GET /masking': () => refusal('not-allowed', 'It needs masking:read.') } })
  await expectText('It needs masking:read.')
  expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy()
})
