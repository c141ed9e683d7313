import { type Me, scopesOfRole } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { expectAddress, expectGone, expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

/** Keys, light and dark, shortcuts, and addresses that lead nowhere. */
export function settingsJourneys(stage: Stage): void {
  test('an API key is made, shown once, works, and is locked out when it is revoked', async () => {
    const visit = await stage.visit('/settings/api-keys')
    const { page } = visit
    await page.getByTestId('new-key').first().click()
    await page.getByLabel('Name').fill('checkout, production')
    await page.getByRole('button', { name: 'A reader' }).click()
    await keepScreen(visit, 'api-key-new')
    await page.getByTestId('create-key').click()
    const secret = String(await page.getByTestId('key-secret').textContent())
    const asKey = () => stage.api<Me>('GET', '/api/v1/me', undefined, secret)
    const known = await asKey()
    expect([known.status, known.body.credential]).toEqual([200, 'api_key'])
    expect(known.body.scopes.toSorted()).toEqual(scopesOfRole.viewer.toSorted())
    await page.getByRole('button', { name: 'I have it' }).click()
    await expectGone(page.getByTestId('key-secret'))
    await page.reload()
    const row = page.getByTestId('api-keys').getByRole('row', { name: /checkout, production/ })
    await expectText(row, /in use/)
    expect(await page.content()).not.toContain(secret)

    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    expect((await asKey()).status).toBe(200)
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByTestId('revoke-key').click()
    await expectText(row, /revoked/)
    expect((await asKey()).status).toBe(401)
  })

  test('who may not make keys is told so, not shown an empty page', async () => {
    const { pathname, hash } = new URL(await stage.invite('viewer'))
    const { page, ...visit } = await stage.visit(`${pathname}${hash}`, { as: 'nobody' })
    visit.expectComplaint(/status of 403/)
    // What is set up once is folded away until somebody opens it.
    await page.getByTestId('nav').getByText('Settings', { exact: true }).click()
    await page.getByRole('link', { name: 'API keys' }).click()
    await expectText(page.getByTestId('problem'), /identity:read/)
  })

  test('dark mode is there before the first paint after a reload, and can follow the system', async () => {
    const { page } = await stage.visit('/approvals')
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme')
    await page.getByRole('button', { name: 'Dark', exact: true }).click()
    await expect.poll(scheme).toBe('dark')
    await page.reload({ waitUntil: 'commit' })
    await page.waitForSelector('#root', { state: 'attached' })
    expect(await scheme()).toBe('dark')
    await expectShown(page.getByRole('button', { name: 'Dark', exact: true, pressed: true }))
    await page.getByRole('button', { name: 'As the system' }).click()
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(scheme).toBe('light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(scheme).toBe('dark')
  })

  test('the pages are reached by keyboard, and ? tells how', async () => {
    const { page } = await stage.visit('/')
    await expectShown(page.getByTestId('empty'))
    await page.keyboard.press('?')
    const help = page.getByTestId('shortcut-help')
    await expectText(help, /g then e ?Executions/)
    await page.keyboard.press('Escape')
    await expectGone(help)
    const ways = {
      e: '/executions',
      c: '/comparisons',
      o: '/costs',
      r: '/dependencies',
      l: '/ledger',
      i: '/alerts',
      a: '/approvals',
      k: '/settings/api-keys',
      m: '/settings/masking',
      d: '/settings/retention',
      w: '/settings/webhooks',
      n: '/settings/connect',
      h: '/',
      f: '/fleet',
    }
    for (const [key, address] of Object.entries(ways)) {
      await page.keyboard.press('g')
      await page.keyboard.press(key)
      await expectAddress(page, address)
    }
  })

  test('shortcuts can be switched off, and stay off', async () => {
    const { page } = await stage.visit('/approvals')
    await page.getByRole('button', { name: /Shortcuts/ }).click()
    await page.getByLabel('Use these shortcuts').uncheck()
    await page.reload()
    await expectShown(page.getByTestId('empty'))
    await page.keyboard.press('?')
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await page.getByRole('button', { name: /Shortcuts/ }).click()
    await expectAddress(page, '/approvals')
    expect(await page.getByLabel('Use these shortcuts').isChecked()).toBe(false)
  })

  test('the keyboard goes on in the content of a page, and can skip the menu', async () => {
    const { page } = await stage.visit('/approvals')
    await expectShown(page.getByTestId('empty'))
    const focused = () => page.evaluate(() => document.activeElement?.id ?? '')
    await expect.poll(focused).toBe('content')
    const skip = page.getByRole('link', { name: 'Skip to the content' })
    await skip.focus()
    const box = await skip.boundingBox()
    expect(box === null ? -1 : box.y, 'the link is in sight when it has the focus').toBeGreaterThanOrEqual(0)
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('content')
  })

  test('an address that leads nowhere says so and leads home', async () => {
    const visit = await stage.visit('/there/is/nothing')
    const { page } = visit
    await expectShown(page.getByTestId('not-found'))
    await keepScreen(visit, 'not-found')
    await page.getByRole('link', { name: 'To the overview' }).click()
    await expectAddress(page, '/')
  })
}
