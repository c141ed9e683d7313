// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { approvals } from '../testing/records.ts'
import { expectText, renderApp } from '../testing/render.tsx'
import { json, refusal } from '../testing/replies.ts'
import { reloadAfterUpdate } from './reload-after-update.ts'

test('without a session one is sent to sign in and remembers where one wanted to go', async () => {
  const { address } = await renderApp('/executions?flagged=true', { signedIn: false })
  await screen.findByTestId('sign-in-form')
  expect(address()).toBe('/sign-in?next=%2Fexecutions%3Fflagged%3Dtrue')
})

test('a session that ends while a page is open leads back to the door', async () => {
  let over = false
  const { address } = await renderApp('/ledger', {
    overrides: {
      'GET /me': () => (over ? refusal('credential-expired', 'Sign in again.') : null),
      'GET /ledger': () => {
        over = true
        return refusal('credential-expired', 'Sign in again.')
      },
    },
  })
  await screen.findByTestId('sign-in-form')
  expect(address()).toBe('/sign-in?next=%2Fledger')
})

test('a server that fails shows its reason and a way to try again', async () => {
  // React reports what its boundary caught; it is what this test is about.
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  let away = true
  await renderApp('/ledger', {
    overrides: { 'GET /me': () => (away ? refusal('not-allowed', 'The organization is closed.') : null) },
  })
  const problem = await screen.findByTestId('problem')
  expect(problem.textContent).toContain('The organization is closed.')
  expect(problem.textContent).toContain('not-allowed')
  expect(problem.textContent).toContain('request-1')
  away = false
  await userEvent.click(within(problem).getByRole('button', { name: 'Try again' }))
  await screen.findByTestId('ledger-table')
  expect(quiet).toHaveBeenCalled()
  vi.restoreAllMocks()
})

test('an unknown address is a page of its own, with a way back', async () => {
  await renderApp('/nowhere')
  await screen.findByTestId('not-found')
  expect(screen.getByText('To the overview').closest('a')?.getAttribute('href')).toBe('/')
})

test.each([
  ['h', '/'],
  ['f', '/fleet'],
  ['e', '/executions'],
  ['c', '/comparisons'],
  ['l', '/ledger'],
  ['a', '/approvals'],
  ['k', '/settings/api-keys'],
  ['m', '/settings/masking'],
  ['d', '/settings/retention'],
  ['w', '/settings/webhooks'],
  ['o', '/costs'],
  ['r', '/dependencies'],
  ['n', '/settings/connect'],
])('g then %s goes to %s', async (key, to) => {
  const { address } = await renderApp('/settings/account')
  await expectText('Your account')
  await userEvent.keyboard(`g${key}`)
  await waitFor(() => expect(address()).toBe(to))
})

test('the question mark lists the keys of the page, and they can be switched off', async () => {
  const { address } = await renderApp('/executions')
  await screen.findByTestId('execution-table')
  await userEvent.keyboard('?')
  const help = await screen.findByTestId('shortcut-help')
  expect(within(help).getByText('Next row')).toBeTruthy()
  expect(within(help).getByText('Ledger')).toBeTruthy()
  await userEvent.click(within(help).getByRole('checkbox'))
  await userEvent.click(screen.getByRole('button', { name: 'Close' }))
  await userEvent.keyboard('gl')
  expect(address()).toBe('/executions')
  expect(localStorage.getItem('metaagent.shortcuts')).toBe('off')
})

test('times are shown in the zone that was chosen, and the choice is kept', async () => {
  await renderApp('/executions')
  await expectText('Started (local)')
  await userEvent.click(screen.getByTestId('zone-switch'))
  await expectText('Started (UTC)')
  expect(localStorage.getItem('metaagent.time-zone')).toBe('utc')
})

test('light or dark is a choice that is kept', async () => {
  await renderApp('/settings/account')
  const dark = await screen.findByRole('button', { name: 'Dark' })
  await userEvent.click(dark)
  expect(dark.getAttribute('aria-pressed')).toBe('true')
  expect(document.documentElement.getAttribute('data-mantine-color-scheme')).toBe('dark')
  expect(localStorage.getItem('metaagent.color-scheme')).toBe('dark')
})

test('signing out ends the session and drops what was loaded', async () => {
  const { address, wire } = await renderApp('/settings/account')
  await userEvent.click(await screen.findByTestId('sign-out'))
  await waitFor(() => expect(address()).toBe('/sign-in'))
  expect(wire.seen).toContain('POST /auth/sign-out')
})

test('the menu of a narrow screen opens, and closes when one goes elsewhere', async () => {
  await renderApp('/settings/account')
  await userEvent.click(await screen.findByRole('button', { name: 'Open the menu' }))
  expect(screen.getByTestId('nav').dataset['open']).toBe('true')
  await userEvent.click(within(screen.getByTestId('nav')).getByText('Comparisons'))
  await waitFor(() => expect(screen.getByTestId('nav').dataset['open']).toBe('false'))
})

test('the number of waiting approvals stands in the menu, as far as one page tells', async () => {
  const waiting = approvals(Date.now(), new Set()).filter(({ state }) => state === 'pending')
  const { wire } = await renderApp('/settings/account', {
    overrides: { 'GET /approvals': () => json({ items: waiting, nextCursor: 'more' }) },
  })
  await within(await screen.findByTestId('nav')).findByText('3+')
  expect(wire.seen).toContain('GET /approvals?state=pending&limit=50')
})

test('with storage switched off the page works and forgets', async () => {
  const broken = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  const blind = vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new DOMException('off', 'SecurityError')
  })
  await renderApp('/executions')
  await userEvent.click(await screen.findByTestId('zone-switch'))
  await expectText('Started (UTC)')
  broken.mockRestore()
  blind.mockRestore()
})

test('after an update of the server the page loads itself anew, once', () => {
  const reload = vi.fn<() => void>()
  vi.stubGlobal('location', { ...window.location, reload })
  vi.spyOn(window, 'location', 'get').mockReturnValue({ ...window.location, reload })
  reloadAfterUpdate()
  const lost = () => {
    const event = new Event('vite:preloadError', { cancelable: true })
    fireEvent(window, event)
    return event.defaultPrevented
  }
  expect([lost(), lost()]).toEqual([true, false])
  expect(reload).toHaveBeenCalledTimes(1)
})
