// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const address = '/settings/retention'

test('every part is shown with its time, its size and what the last run did; what is not known says why', async () => {
  await renderApp(address)
  const runs = await screen.findByTestId('retention-agent_executions')
  expect(within(runs).getByText('90 days')).toBeTruthy()
  expect(within(runs).getByText('45.6 MB')).toBeTruthy()
  expect(within(runs).getByText('nothing due')).toBeTruthy()
  const steps = screen.getByTestId('retention-agent_execution_logs')
  expect(steps.textContent).toContain('~ ')
  expect(within(steps).getByText('2,000 rows deleted')).toBeTruthy()
  const alerts = screen.getByTestId('retention-alert_history')
  expect(within(alerts).getAllByRole('note')[0]?.getAttribute('aria-label')).toMatch(/first run has not looked/)
  await expectText(/Figures of the last run/)
})

test('before the first run nothing is made up', async () => {
  await renderApp(address, { overrides: { 'GET /retention': () => json({ items: [] }) } })
  await expectText(/Nothing was looked at yet/)
})

test('a shorter time shows what would go and asks for an approval', async () => {
  const sent: unknown[] = []
  await renderApp(address, {
    overrides: {
      'POST /approvals': ({ body }) => {
        sent.push(body)
        return refusal('already-exists', 'This was asked for already.')
      },
    },
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Change agent_executions' }))
  const dialog = await screen.findByRole('dialog')
  const days = within(dialog).getByLabelText('Days to keep')
  await userEvent.clear(days)
  await userEvent.type(days, '30')
  await within(dialog).findByText(/The next run deletes 4321 rows/)
  expect(within(dialog).getByText(/Lost with them/)).toBeTruthy()
  await userEvent.type(within(dialog).getByLabelText(/Reason/), 'policy')
  await userEvent.click(within(dialog).getByTestId('save-retention'))
  await userEvent.click(await within(dialog).findByTestId('ask-approval'))
  await expectText('This was asked for already.')
  expect(sent).toEqual([expect.objectContaining({ operation: 'tunables.change', reason: 'policy' })])
})

test('a longer time is saved at once, and a time out of range cannot be', async () => {
  const { wire } = await renderApp(address)
  await userEvent.click(await screen.findByRole('button', { name: 'Change agent_executions' }))
  const dialog = await screen.findByRole('dialog')
  const days = within(dialog).getByLabelText('Days to keep')
  await userEvent.clear(days)
  await userEvent.type(days, '3')
  expect(within(dialog).getByText('Give 7 to 3650 days.')).toBeTruthy()
  expect(within(dialog).getByTestId('save-retention')).toHaveProperty('disabled', true)
  await userEvent.type(days, '65')
  await userEvent.type(within(dialog).getByLabelText(/Reason/), 'audits')
  await waitFor(() => expect(within(dialog).getByTestId('save-retention')).toHaveProperty('disabled', false))
  await userEvent.click(within(dialog).getByTestId('save-retention'))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(wire.seen).toContain('PUT /tunables/retention.agent_executions_days')
})

test('who may not change times sees no button, and a refusal can be tried again', async () => {
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
          scopes: ['tunables:read', 'self:read'],
          credential: 'session',
          user: null,
          expiresAt: null,
        }),
    },
  })
  await screen.findByTestId('retention-agent_executions')
  expect(screen.queryByRole('button', { name: /^Change / })).toBeNull()
})

test('what cannot be read says why', async () => {
  await renderApp(address, { overrides: { 'GET /retention': () => refusal('not-allowed', 'It needs tunables:read.') } })
  await expectText('It needs tunables:read.')
  expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy()
})

test('a preview that fails says why', async () => {
  await renderApp(address, {
    overrides: { 'GET /retention/agent_executions/preview': () => refusal('internal-error', 'It broke.') },
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Change agent_executions' }))
  await expectText('It broke.')
})
