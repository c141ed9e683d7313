// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { me } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { zonesWith } from './zones.ts'

const organization = {
  organizationId: uuid(1),
  name: 'Northwind',
  timeZone: 'UTC',
  createdAt: '2026-01-01T00:00:00.000Z',
}
const origins = ['https://agency.example']
const own = {
  'GET /me': () => json({ ...me(Date.now()), scopes: ['identity:read', 'identity:write', 'self:read'] }),
  'GET /identity/organization': () => json(organization),
  'GET /status/origins': () => json({ origins }),
}

test('the name and the time zone are changed, and what a zone moves is said before', async () => {
  const sent: unknown[] = []
  await renderApp('/settings/organization', {
    overrides: {
      ...own,
      'PATCH /identity/organization': ({ body }) => {
        sent.push(body)
        return json({ ...organization, ...Object(body) })
      },
    },
  })
  await screen.findByTestId('organization')
  expect(screen.getByTestId('save-organization')).toHaveProperty('disabled', true)
  expect(screen.getByTestId('zone-moves').textContent).toContain('metrics.day.corrected')
  await userEvent.clear(screen.getByLabelText(/^Name/))
  await userEvent.type(screen.getByLabelText(/^Name/), 'Southwind')
  await userEvent.click(screen.getByTestId('time-zone'))
  await userEvent.clear(screen.getByTestId('time-zone'))
  await userEvent.type(screen.getByTestId('time-zone'), 'Europe/Berl')
  await userEvent.click(await screen.findByText('Europe/Berlin'))
  await expectText(/Days will begin at midnight in Europe\/Berlin and no longer in UTC/)
  await userEvent.click(screen.getByTestId('save-organization'))
  await waitFor(() => expect(sent).toEqual([{ name: 'Southwind', timeZone: 'Europe/Berlin' }]))
  await expectText('Saved.')
})

test('the origins are edited one a line, a wrong one is refused with its reason, and the example can be copied', async () => {
  const sent: unknown[] = []
  await renderApp('/settings/organization', {
    overrides: {
      ...own,
      'PUT /status/origins': ({ body }) => {
        sent.push(body)
        return sent.length === 1
          ? refusal('invalid-body', 'origins.1 must be an origin as browsers send it')
          : json({ origins: Object(body).origins })
      },
    },
  })
  const panel = await screen.findByTestId('origins')
  await userEvent.type(await screen.findByLabelText(/^Allowed origins/), '{Enter}other.example')
  await userEvent.click(screen.getByTestId('save-origins'))
  await within(panel).findByText(/must be an origin as browsers send it/)
  await userEvent.clear(screen.getByLabelText(/^Allowed origins/))
  await userEvent.click(screen.getByTestId('save-origins'))
  await waitFor(() => expect(sent).toEqual([{ origins: [...origins, 'other.example'] }, { origins: [] }]))
  expect(screen.getByTestId('status-example').textContent).toContain('/api/v1/status/stream?window=1h')
  expect(within(panel).getByLabelText('Copy example')).toBeTruthy()
})

test('who may not change it sees it, and a failure is told', async () => {
  await renderApp('/settings/organization', {
    overrides: { ...own, 'GET /me': () => json({ ...me(Date.now()), scopes: ['self:read'] }) },
  })
  await expectText('An admin can change this.')
  expect(screen.queryByTestId('origins')).toBeNull()
})

test('an organization that cannot be read says why, and so do its origins', async () => {
  await renderApp('/settings/organization', {
    overrides: { ...own, 'GET /status/origins': () => refusal('not-allowed', 'Not these.') },
  })
  await expectText('Not these.')
})

test('every zone is there once, UTC first, and the present one though a browser may not list it', () => {
  const zones = zonesWith('Old/Zone')
  expect(zones[0]).toBe('UTC')
  expect(zones).toContain('Old/Zone')
  expect(zones).toContain('Europe/Berlin')
  expect(new Set(zones).size).toBe(zones.length)
})

test('policies are saved as a whole', async () => {
  const { wire } = await renderApp('/settings/organization', { overrides: own })
  const panel = await screen.findByTestId('policies')
  const save = await within(panel).findByTestId('save-policies')
  expect(save).toHaveProperty('disabled', true)
  await userEvent.click(within(panel).getByLabelText(/^Passwords/))
  await userEvent.click(save)
  await within(panel).findByText('Saved.')
  expect(wire.seen).toContain('PUT /identity/policies')
})
