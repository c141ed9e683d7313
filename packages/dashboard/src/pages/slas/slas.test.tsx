// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

test('the list says what is breached, what burns, and how much may still go wrong', async () => {
  const { address } = await renderApp('/slas')
  const table = within(await screen.findByTestId('sla-table'))
  expect(table.getByText('Answers are right')).toBeTruthy()
  expect(table.getByText('overspent')).toBeTruthy()
  expect(table.getByText('burning')).toBeTruthy()
  expect(table.getByText('80.0%')).toBeTruthy()
  await userEvent.click(screen.getByRole('combobox', { name: 'State' }))
  await userEvent.click(await screen.findByRole('option', { name: 'breached' }))
  await waitFor(() => expect(address()).toBe('/slas?state=breached'))
})

test('one service level shows why it stands so, its burn alerts and its windows', async () => {
  await renderApp(`/slas/${uuid(701)}`)
  const state = within(await screen.findByTestId('sla-state'))
  expect(state.getByText('15 of 1000 events were bad; 20.0 may be.')).toBeTruthy()
  expect(within(screen.getByTestId('burn-alerts')).getByText('page: burning')).toBeTruthy()
  await screen.findByTestId('compliance-table')
})

test('an alert that can never fire is refused right beside the alerts, with what can', async () => {
  const { wire } = await renderApp('/slas/new')
  await screen.findByTestId('sla-form')
  await userEvent.type(screen.getByLabelText(/^Name/), 'Impossible')
  await userEvent.clear(screen.getByLabelText(/^Objective/))
  await userEvent.type(screen.getByLabelText(/^Objective/), '90')
  await userEvent.click(screen.getByText('My own'))
  expect(screen.getAllByTestId('burn-alert')).toHaveLength(2)
  await userEvent.click(screen.getByTestId('save-sla'))
  const alerts = screen.getByRole('group', { name: 'Burn alerts' })
  expect(await within(alerts).findByText(/14\.4 can never fire\. The highest that can is 9\.99/)).toBeTruthy()
  const threshold = screen.getByLabelText('Burn rate over of alert 1')
  await userEvent.clear(threshold)
  await userEvent.type(threshold, '9.99')
  await userEvent.click(screen.getByTestId('save-sla'))
  await waitFor(() => expect(wire.seen.filter((line) => line === 'POST /slas')).toHaveLength(2))
  await screen.findByTestId('sla-state')
})

test('each kind asks for its own limit', async () => {
  await renderApp('/slas/new')
  await screen.findByTestId('sla-form')
  expect(screen.queryByLabelText('Within (seconds)')).toBeNull()
  await userEvent.click(screen.getByRole('combobox', { name: 'What is good' }))
  await userEvent.click(await screen.findByRole('option', { name: /^Cost/ }))
  expect(screen.getByLabelText('At most per success ($)')).toHaveProperty('value', '0.05')
  expect(screen.getByLabelText(/^Objective/)).toHaveProperty('value', '95')
})

test('a promise is described, made for a domain, and switched off', async () => {
  const sent: unknown[] = []
  await renderApp('/slas/new', {
    overrides: {
      'POST /slas': ({ body }) => {
        sent.push(body)
        return refusal('invalid-body', 'Enough for this test.')
      },
    },
  })
  await screen.findByTestId('sla-form')
  await userEvent.type(screen.getByLabelText(/^Name/), 'Support answers')
  await userEvent.type(screen.getByLabelText(/^Description/), ' as in the contract ')
  await userEvent.click(screen.getByTestId('sla-domain'))
  await userEvent.click(await screen.findByRole('option', { name: 'support' }))
  await userEvent.click(screen.getByTestId('sla-enabled'))
  await userEvent.click(screen.getByTestId('save-sla'))
  await waitFor(() =>
    expect(sent).toMatchObject([
      { description: 'as in the contract', enabled: false, scope: { agentId: null, domain: 'support' } },
    ]),
  )
  await userEvent.click(screen.getByTestId('sla-agent'))
  await userEvent.click(await screen.findByRole('option', { name: 'airline-desk' }))
  expect(screen.getByTestId('sla-domain')).toHaveProperty('disabled', true)
  await userEvent.click(screen.getByTestId('save-sla'))
  await waitFor(() => expect(sent[1]).toMatchObject({ scope: { domain: null } }))
})

test('a stretch that does not count is sent with its reason', async () => {
  const { wire } = await renderApp(`/slas/${uuid(700)}/edit`)
  await userEvent.click(await screen.findByTestId('add-exclusion'))
  fireEvent.change(screen.getByLabelText('From of exclusion 1'), { target: { value: '2026-01-02T10:00' } })
  fireEvent.change(screen.getByLabelText('Until of exclusion 1'), { target: { value: '2026-01-02T11:00' } })
  await userEvent.type(screen.getByLabelText('Reason of exclusion 1'), 'Maintenance')
  await userEvent.click(screen.getByTestId('save-sla'))
  await waitFor(() => expect(wire.seen).toContain(`PUT /slas/${uuid(700)}`))
  await userEvent.click(await screen.findByTestId('edit-sla'))
})

test('a change names the version that was read, and ending asks once more', async () => {
  const { wire, router } = await renderApp(`/slas/${uuid(700)}/edit`)
  await screen.findByTestId('sla-form')
  expect(screen.getByLabelText(/^Name/)).toHaveProperty('value', 'Answers are right')
  await userEvent.click(screen.getByTestId('save-sla'))
  await waitFor(() => expect(wire.seen).toContain(`PUT /slas/${uuid(700)}`))
  await router.navigate({ to: '/slas/$slaId', params: { slaId: uuid(700) } })
  await userEvent.click(await screen.findByTestId('end-sla'))
  expect(wire.seen).not.toContain(`DELETE /slas/${uuid(700)}`)
  await userEvent.click(screen.getByTestId('end-sla'))
  await waitFor(() => expect(wire.seen).toContain(`DELETE /slas/${uuid(700)}`))
})

test('a report of a finished month names its place in the ledger; a running one says that it is provisional', async () => {
  const { router } = await renderApp(`/slas/${uuid(700)}/reports/2020-02`)
  const proof = within(await screen.findByTestId('report-proof'))
  expect(proof.getByText('entry 3')).toBeTruthy()
  expect(proof.getByText(/SHA-256 of the facts: (ab){32}/)).toBeTruthy()
  const month = '2999-01'
  await router.navigate({ to: '/slas/$slaId/reports/$month', params: { slaId: uuid(700), month } })
  await expectText('Provisional')
})

test('an empty list says what to do, a refused one why', async () => {
  await renderApp('/slas', { overrides: { 'GET /slas': () => json({ items: [], nextCursor: null }) } })
  await expectText('Nothing is promised here yet')
})

test('a refused list says why', async () => {
  await renderApp('/slas', { overrides: { 'GET /slas': () => refusal('not-allowed', 'Not for this role.') } })
  await expectText('Not for this role.')
})

test('an agent shows its days and how the last one lies to what is usual', async () => {
  await renderApp(`/agents/${uuid(1)}`)
  const trend = within(await screen.findByTestId('trend'))
  expect(trend.getByText('worse')).toBeTruthy()
  expect(trend.getByText('80.0 % succeeded, usually 97.0 % do.')).toBeTruthy()
  expect(within(screen.getByTestId('day-table')).getAllByRole('row')).toHaveLength(4)
})
