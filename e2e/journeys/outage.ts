import { expect, test } from 'vitest'
import { expectGone, expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

/** What a reader sees when the server fails, and that nothing has to be reloaded when it is well again. */
export function outageJourneys(stage: Stage): void {
  test('a server that goes away is told at once, and pages go on by themselves when it is back', async () => {
    const fleet = await stage.visit('/fleet')
    const list = await stage.visit('/executions')
    const status = fleet.page.getByTestId('live-status')
    await expectText(status, 'Live')
    await expectShown(list.page.getByTestId('empty'))
    for (const visit of [fleet, list])
      visit.expectComplaint(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|status of 503/)
    await fleet.page.evaluate(() => Object.assign(window, { neverReloaded: true }))
    await stage.server.stop()
    try {
      await expectText(status, 'Reconnecting')
      await expectText(fleet.page.getByTestId('problem').first(), /out of date/)
      await keepScreen(fleet, 'server-away')
      // A question asked meanwhile is answered with words and a button.
      await list.page.getByLabel('End reason').fill('max_steps')
      await list.page.keyboard.press('Enter')
      await expectText(list.page.getByTestId('problem'), /The server does not answer/)
    } finally {
      await stage.server.startAgain()
    }
    await expectText(status, 'Live')
    await expectGone(fleet.page.getByTestId('problem'))
    expect(await fleet.page.evaluate(() => 'neverReloaded' in window)).toBe(true)
    await list.page.getByRole('button', { name: 'Try again' }).click()
    await expectText(list.page.getByTestId('empty').getByRole('heading'), 'No execution fits these filters')
  })

  test('a page whose code is gone, as after an update, is fetched anew without a word', async () => {
    const visit = await stage.visit('/approvals')
    const { page } = visit
    // The second is the router's: it is told of a missing part before the page is gone.
    visit.expectComplaint(/status of 404|reading 'ConnectPage'/)
    await expectShown(page.getByTestId('empty'))
    const gone = { status: 404, contentType: 'text/plain', body: 'gone' }
    await page.route(/connect-page[^/]*\.js$/, (route) => route.fulfill(gone), { times: 1 })
    await page.getByTestId('nav').getByText('Settings', { exact: true }).click()
    await page.getByRole('link', { name: 'Connect an agent' }).click()
    await expectText(page.getByRole('heading', { level: 1 }), 'Connect an agent in 60 seconds')
  })

  test('a failure inside the server is shown with its code and its request, and can be tried again', async () => {
    const visit = await stage.visit('/approvals')
    const { page } = visit
    visit.expectComplaint(/status of 500/)
    await expectShown(page.getByTestId('empty'))
    const problem = {
      type: '/docs#internal',
      title: 'Internal error',
      status: 500,
      code: 'internal',
      detail: 'It failed.',
      instance: 'request-1',
    }
    const failed = { status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) }
    await page.route(/\/api\/v1\/comparisons/, (route) => route.fulfill(failed))
    await page.getByRole('link', { name: 'Comparisons' }).click()
    await expectText(page.getByTestId('problem'), /It failed\..*internal.*request-1/)
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).click()
    await expectShown(page.getByTestId('empty'))
  })
}
