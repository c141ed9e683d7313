// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { snippets } from './snippets.ts'

afterEach(() => {
  window.history.replaceState(null, '', '/')
})

test('a one-time link signs in by itself, once, and its token leaves the address', async () => {
  window.history.replaceState(null, '', '/sign-in#token=link-token-of-a-first-start')
  const { address, wire } = await renderApp('/sign-in?next=%2Fledger', { signedIn: false })
  await screen.findByTestId('ledger-table')
  expect(address()).toBe('/ledger')
  expect(wire.seen.filter((line) => line === 'POST /auth/sign-in')).toHaveLength(1)
  expect(window.location.hash).toBe('')
})

test('a link that was used says so and offers the password', async () => {
  window.history.replaceState(null, '', '/sign-in#token=used-link-token-0000000000')
  await renderApp('/sign-in', { signedIn: false })
  await expectText(/Ask an admin for a new link/)
  expect(screen.getByTestId('sign-in-form')).toBeTruthy()
})

test('e-mail and password sign in; a wrong one is told in words', async () => {
  const { address } = await renderApp('/sign-in', { signedIn: false })
  await userEvent.type(await screen.findByLabelText(/E-mail/), 'ada@northwind.example')
  await userEvent.type(screen.getByLabelText(/^Password/), 'wrong')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await expectText(/do not belong together/)
  await userEvent.type(screen.getByLabelText(/^Password/), ' but right now')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await waitFor(() => expect(address()).toBe('/'))
})

test('keys are listed with their state', async () => {
  await renderApp('/settings/api-keys')
  const table = await screen.findByTestId('api-keys')
  expect(within(table).getAllByText('in use')).toHaveLength(3)
  expect(within(table).getByText('revoked')).toBeTruthy()
  expect(within(table).getByText('expired')).toBeTruthy()
  expect(within(table).getByLabelText('unknown: It was never used.')).toBeTruthy()
})

test('a new key is shown once and then gone', async () => {
  const { wire } = await renderApp('/settings/api-keys')
  await userEvent.click(await screen.findByTestId('new-key'))
  expect(screen.getByTestId('create-key')).toHaveProperty('disabled', true)
  await userEvent.type(screen.getByLabelText(/Name/), 'new agent')
  await userEvent.click(screen.getByRole('button', { name: 'A reader' }))
  await userEvent.click(screen.getByLabelText('tunables:read'))
  await userEvent.click(screen.getByTestId('create-key'))
  const secret = await screen.findByTestId('key-secret')
  expect(secret.textContent).toMatch(/^mak_/)
  expect(wire.seen).toContain('POST /identity/api-keys')
  await userEvent.click(screen.getByRole('button', { name: 'I have it' }))
  await waitFor(() => expect(screen.queryByTestId('key-secret')).toBeNull())
  await within(screen.getByTestId('api-keys')).findByText('new agent')
})

test('a key that cannot be made says why', async () => {
  await renderApp('/settings/api-keys', {
    overrides: { 'POST /identity/api-keys': () => refusal('already-exists', 'A key of this name is in use.') },
  })
  await userEvent.click(await screen.findByTestId('new-key'))
  await userEvent.type(screen.getByLabelText(/Name/), 'twice')
  await userEvent.click(screen.getByTestId('create-key'))
  await expectText('A key of this name is in use.')
})

test('revoking asks first and names the key', async () => {
  const { wire } = await renderApp('/settings/api-keys')
  const table = await screen.findByTestId('api-keys')
  const [first] = within(table).getAllByRole('button', { name: 'Revoke' })
  if (first === undefined) throw new Error('no key can be revoked')
  await userEvent.click(first)
  await userEvent.click(await screen.findByRole('button', { name: 'Keep it' }))
  expect(wire.seen.some((line) => line.startsWith('DELETE'))).toBe(false)
  await userEvent.click(first)
  await expectText(/is locked out at once/)
  await userEvent.click(screen.getByTestId('revoke-key'))
  await waitFor(() => expect(wire.seen.some((line) => line.startsWith('DELETE /identity/api-keys/'))).toBe(true))
})

test('a refusal to revoke is shown in the dialog', async () => {
  await renderApp('/settings/api-keys', {
    overrides: {
      'DELETE /identity/api-keys/01900000-0000-7000-8000-000000000320': () =>
        refusal('not-allowed', 'Only an admin revokes keys.'),
    },
  })
  const [first] = within(await screen.findByTestId('api-keys')).getAllByRole('button', { name: 'Revoke' })
  if (first === undefined) throw new Error('no key can be revoked')
  await userEvent.click(first)
  await userEvent.click(await screen.findByTestId('revoke-key'))
  await expectText('Only an admin revokes keys.')
})

test('without keys the page says what a key is for; without the right to see them it says that', async () => {
  await renderApp('/settings/api-keys', { overrides: { 'GET /identity/api-keys': () => json({ items: [] }) } })
  await expectText('No keys yet')
})

test('without the right to see keys the page says so', async () => {
  await renderApp('/settings/api-keys', {
    overrides: { 'GET /identity/api-keys': () => refusal('not-allowed', 'Viewers do not see keys.') },
  })
  await expectText('Viewers do not see keys.')
})

test('the way to connect names this server in every form', async () => {
  await renderApp('/settings/connect')
  await expectText('Connect an agent in 60 seconds')
  expect(screen.getAllByTestId('snippet')[0]?.textContent).toContain(`METAAGENT_URL=${window.location.origin}`)
  await userEvent.click(screen.getByText('OpenTelemetry, Node'))
  await waitFor(() =>
    expect(screen.getAllByTestId('snippet')[1]?.textContent).toContain(`${window.location.origin}/v1/traces`),
  )
  await userEvent.click(screen.getByText('LangGraph'))
  await waitFor(() => expect(screen.getAllByTestId('snippet')[1]?.textContent).toContain('@metaagent/sdk/langchain'))
  // What does not read the settings of step 1 has the address in it.
  const withoutSettings = snippets('https://x.example').filter(({ code }) => !/Reads METAAGENT_URL/.test(code))
  expect(withoutSettings.map(({ key }) => key)).toEqual(['otlp-node', 'otlp-python', 'curl'])
  expect(withoutSettings.every(({ code }) => code.includes('https://x.example'))).toBe(true)
})

test('the account says who one is and sets the password', async () => {
  const { wire } = await renderApp('/settings/account')
  const panel = await screen.findByTestId('password-panel')
  expect(screen.getByText('ada@northwind.example')).toBeTruthy()
  await userEvent.type(within(panel).getByLabelText(/Present password/), 'the old one')
  await userEvent.type(within(panel).getByLabelText(/New password/), 'a sentence is fine')
  await userEvent.click(within(panel).getByRole('button', { name: 'Set the password' }))
  await within(panel).findByText('saved')
  expect(wire.seen).toContain('PUT /me/password')
})

test('a password that is refused says why', async () => {
  await renderApp('/settings/account', {
    overrides: { 'PUT /me/password': () => refusal('not-processable', 'The present password is wrong.') },
  })
  const panel = await screen.findByTestId('password-panel')
  await userEvent.type(within(panel).getByLabelText(/New password/), 'a sentence is fine')
  await userEvent.click(within(panel).getByRole('button', { name: 'Set the password' }))
  await expectText('The present password is wrong.')
})

test('an API key has no account to keep a password for', async () => {
  await renderApp('/settings/account', {
    overrides: {
      'GET /me': () =>
        json({
          organization: { organizationId: '01900000-0000-7000-8000-0000000000aa', name: 'N' },
          user: null,
          credential: 'api_key',
          role: null,
          customRole: null,
          scopes: ['self:read'],
          expiresAt: null,
        }),
    },
  })
  await expectText('Your account')
  expect(screen.queryByTestId('password-panel')).toBeNull()
})
