import { expect, test } from 'vitest'
import { expectAddress, expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

/** What stands where nothing has happened yet. Nothing in the same describe may report a run. */
export function freshJourneys(stage: Stage): void {
  test('the fleet of a fresh installation says what to do next, and leads there', async () => {
    const visit = await stage.visit('/')
    const { page } = visit
    await expectText(page.getByTestId('empty').getByRole('heading'), 'No agent has reported yet')
    await keepScreen(visit, 'fleet-empty')
    await page.getByRole('link', { name: 'Connect an agent in 60 seconds' }).click()
    await expectAddress(page, '/settings/connect')
    await expectText(page.getByRole('heading', { level: 1 }), 'Connect an agent in 60 seconds')
  })

  test.each([
    ['/executions', 'No execution has been reported yet'],
    ['/comparisons', 'Nothing has been compared yet'],
    ['/approvals', 'Nothing waits for you'],
  ])('%s is empty and says so', async (address, words) => {
    const { page } = await stage.visit(address)
    await expectText(page.getByTestId('empty').getByRole('heading'), words)
  })

  test('the ledger of a fresh installation holds the first sign-in already', async () => {
    const { page } = await stage.visit('/ledger')
    await expectShown(page.getByTestId('ledger-table').getByText('identity.session.started').first())
  })

  test('the ways to report name this very server, and are copied with one click', async () => {
    const { page } = await stage.visit('/settings/connect')
    await page.getByText('curl', { exact: true }).click()
    const snippet = page.getByTestId('snippet').last()
    await expectText(snippet, new RegExp(`curl ${stage.server.url}/api/v1/telemetry`))
    await page.getByRole('button', { name: /copy the code/i }).click()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toBe(await snippet.textContent())
  })
}
