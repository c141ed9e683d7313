// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const address = '/settings/privacy'

const choose = async (label: string) => {
  const panel = await screen.findByTestId('privacy-ask')
  await userEvent.click(within(panel).getByRole('combobox', { name: 'Known by' }))
  await userEvent.click(await screen.findByRole('option', { name: label }))
}

test('requests show how far they are, what went and until when they watch; a closed one names nobody', async () => {
  await renderApp(address)
  const list = await screen.findByTestId('deletions')
  expect(await within(list).findByText('1 of 4 runs erased')).toBeTruthy()
  expect(within(list).getByText(/0 runs found, looked up to/)).toBeTruthy()
  expect(within(list).getByText(/4 runs erased, 1 of them reported late; 2 keys of tokens destroyed/)).toBeTruthy()
  expect(within(list).getByText('Closed')).toBeTruthy()
  expect(within(list).getByText('crm.customer: c-1')).toBeTruthy()
  expect(within(list).getByLabelText(/names nobody any more/)).toBeTruthy()
  expect(within(list).getAllByRole('link', { name: 'In the ledger' })).toHaveLength(2)
})

test('a step that a deletion makes shows by itself, and an event that cannot be read changes nothing', async () => {
  const { wire } = await renderApp(address)
  await expectText('1 of 4 runs erased')
  wire.news.send({ event: 'deletions', data: 'no json' })
  await expectText('1 of 4 runs erased')
  wire.news.send({ event: 'deletions', data: JSON.stringify({ items: [] }) })
  await expectText('Nobody asked yet')
})

test('a preview comes first; the deletion asks for an approval and does not name the person in its reason', async () => {
  const sent: unknown[] = []
  await renderApp(address, {
    overrides: {
      'POST /approvals': ({ body }) => {
        sent.push(body)
        return refusal('already-exists', 'This was asked for already.')
      },
    },
  })
  const panel = await screen.findByTestId('privacy-ask')
  expect(within(panel).getByTestId('preview-deletion')).toHaveProperty('disabled', true)
  await choose('E-mail address')
  await userEvent.type(within(panel).getByLabelText('E-mail address'), 'ada')
  expect(within(panel).getByTestId('preview-deletion')).toHaveProperty('disabled', true)
  await userEvent.type(within(panel).getByLabelText('E-mail address'), '@example.com')
  await userEvent.click(within(panel).getByTestId('preview-deletion'))
  const preview = await within(panel).findByTestId('deletion-preview')
  expect(within(preview).getByText('3 runs')).toBeTruthy()
  expect(within(preview).getByText('3 rows blanked')).toBeTruthy()
  expect(within(preview).getByText(/there may be more/)).toBeTruthy()
  expect(within(preview).getByText(/1 run on legal hold/)).toBeTruthy()
  expect(within(preview).getByText(/masked before they are stored/)).toBeTruthy()
  expect(within(panel).getByText(/Do not name the person/)).toBeTruthy()
  await userEvent.type(within(panel).getByLabelText(/Reason/), 'request 18')
  await userEvent.click(within(panel).getByTestId('save-privacy'))
  await userEvent.click(await within(panel).findByTestId('ask-approval'))
  await expectText('This was asked for already.')
  expect(sent).toEqual([expect.objectContaining({ operation: 'privacy.delete', reason: 'request 18' })])
})

test('with an approval the deletion is asked for, and another name needs a new preview', async () => {
  const { wire } = await renderApp(address, {
    overrides: {
      'POST /privacy/deletions/preview': () =>
        json({
          executions: 0,
          firstStartedAt: null,
          lastStartedAt: null,
          tokens: 0,
          tables: [],
          isComplete: true,
          isMaskedOnArrival: false,
          heldExecutions: 0,
          isOnLegalHold: false,
          because: { rule: 'erases-for-ever', observed: null, limit: null, text: '' },
        }),
      'POST /privacy/deletions': () => refusal('approval-expired', 'Ask again.'),
    },
  })
  const panel = await screen.findByTestId('privacy-ask')
  await choose('Attribute of your own')
  await userEvent.type(within(panel).getByLabelText('Name of the attribute'), 'crm.customer')
  await userEvent.type(within(panel).getByLabelText('Attribute of your own'), 'c-17')
  await userEvent.click(within(panel).getByTestId('preview-deletion'))
  await expectText(/No run names this person/)
  await userEvent.type(within(panel).getByLabelText(/Reason/), 'r')
  await userEvent.click(within(panel).getByTestId('save-privacy'))
  await expectText('Ask again.')
  expect(wire.seen).toContain('POST /privacy/deletions')
  await userEvent.type(within(panel).getByLabelText('Attribute of your own'), '8')
  expect(screen.queryByTestId('deletion-preview')).toBeNull()
})

test('the certificate is a file, and when it is not there yet it says so', async () => {
  const { wire } = await renderApp(address)
  const [button] = await screen.findAllByRole('button', { name: 'Certificate' })
  if (button !== undefined) await userEvent.click(button)
  await waitFor(() => expect(wire.seen.some((line) => line.endsWith('/certificate'))).toBe(true))
  expect((await screen.findAllByTestId('problem')).length).toBe(1)
})

test('while nobody has asked the page says where to begin', async () => {
  await renderApp(address, {
    overrides: {
      'GET /privacy/deletions': () => json({ items: [] }),
      'GET /privacy/deletion-stream': () => refusal('not-allowed', 'No.'),
    },
  })
  await expectText('Nobody asked yet')
})

test('who may not see requests is told what it takes', async () => {
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
          scopes: ['self:read'],
          credential: 'session',
          user: null,
          expiresAt: null,
        }),
    },
  })
  await expectText('Admins alone see this')
})

test('requests that cannot be read say why', async () => {
  await renderApp(address, {
    overrides: {
      'GET /privacy/deletions': () => refusal('internal-error', 'It broke.'),
      'GET /privacy/deletion-stream': () => refusal('internal-error', 'It broke.'),
    },
  })
  await expectText('It broke.')
})

test('access is asked for with a reason that names nobody, and a file that is ready can be downloaded', async () => {
  const sent: unknown[] = []
  await renderApp(address, {
    overrides: {
      'POST /privacy/access-exports': ({ body }) => {
        sent.push(body)
        return refusal('internal-error', 'It broke.')
      },
    },
  })
  const panel = await screen.findByTestId('access')
  const card = await within(panel).findByTestId('access-export')
  expect(within(card).getByText(/12 rows of 3 runs/)).toBeTruthy()
  expect(within(card).getByRole('link', { name: 'Download the file' }).getAttribute('href')).toMatch(/\/file$/)
  await userEvent.type(within(panel).getByLabelText('User id'), 'user-4')
  expect(within(panel).getByTestId('ask-access')).toHaveProperty('disabled', true)
  await userEvent.type(within(panel).getByLabelText('Reason'), 'request 20')
  await userEvent.click(within(panel).getByTestId('ask-access'))
  await expectText('It broke.')
  expect(sent).toEqual([{ subject: { kind: 'user', value: 'user-4' }, reason: 'request 20' }])
})

test('a hold is placed for whole days, and lifting one asks for the approval; a lifted one names nobody', async () => {
  const sent: unknown[] = []
  const refused = ({ body }: { readonly body: unknown }) => {
    sent.push(body)
    return refusal('internal-error', 'It broke.')
  }
  await renderApp(address, {
    overrides: { 'POST /privacy/holds': refused },
  })
  const panel = await screen.findByTestId('holds')
  const [inForce, lifted] = await within(panel).findAllByTestId('hold')
  if (inForce === undefined || lifted === undefined) throw new Error('two holds are shown')
  expect(within(inForce).getByText(/Keeps 2 runs/)).toBeTruthy()
  expect(within(lifted).getByLabelText(/names nobody any more/)).toBeTruthy()
  expect(within(lifted).queryByRole('button')).toBeNull()
  const form = within(panel).getByTestId('place-hold')
  await userEvent.click(within(form).getByRole('combobox', { name: 'Hold' }))
  await userEvent.click(await screen.findByRole('option', { name: 'All runs of a time' }))
  fireEvent.change(within(form).getByLabelText('First day (UTC)'), { target: { value: '2026-01-01' } })
  await userEvent.type(within(form).getByLabelText(/Reason/), 'matter 13')
  expect(within(form).getByTestId('save-privacy')).toHaveProperty('disabled', true)
  fireEvent.change(within(form).getByLabelText('Last day (UTC)'), { target: { value: '2026-01-31' } })
  await userEvent.click(within(form).getByTestId('save-privacy'))
  await expectText('It broke.')
  const scope = { kind: 'period', from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' }
  expect(sent).toEqual([{ scope, reason: 'matter 13' }])
  await userEvent.click(within(inForce).getByRole('button', { name: 'Lift …' }))
  expect(within(inForce).getByRole('button', { name: 'Lift the hold' })).toHaveProperty('disabled', true)
})
