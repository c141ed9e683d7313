import type { Sla } from '@metaagent/contract'
import { expect, test, vi } from 'vitest'
import { expectAddress, expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

/** What was promised, from the definition to the report, in a real browser on the real server. */
export function slaJourneys(stage: Stage): void {
  test('a promise that can never be told broken is refused in the form, then made, judged and reported', async () => {
    const visit = await stage.visit('/slas')
    visit.expectComplaint(/status of 422/)
    const { page } = visit
    await page.getByTestId('new-sla').first().click()
    await expectAddress(page, '/slas/new')
    await page.getByLabel('Name').fill('Most runs succeed')
    await page.getByLabel('Objective (%)').fill('90')
    await page.getByText('My own').click()
    await page.getByTestId('save-sla').click()
    const alerts = page.getByRole('group', { name: 'Burn alerts' })
    await expectText(alerts.getByTestId('problem'), /14\.4 can never fire\. The highest that can is 9\.99/)
    await keepScreen(visit, 'sla-refused')
    await page.getByLabel('Burn rate over of alert 1').fill('9.99')
    await page.getByTestId('save-sla').click()
    await expectShown(page.getByTestId('sla-state'))
    const slaId = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const judged = async () => {
      const { body } = await stage.api<Sla>('GET', `/api/v1/slas/${slaId}`)
      expect(body.compliance).not.toBeNull()
    }
    await vi.waitFor(judged, { timeout: 60_000, interval: 500 })
    await page.reload()
    await expectShown(page.getByTestId('compliance-table'))
    await expectShown(page.getByTestId('burn-alerts'))
    await page.getByTestId('time-chart').locator('path').last().waitFor({ state: 'attached' })
    await keepScreen(visit, 'sla')
    await page.getByRole('link', { name: 'Monthly report' }).click()
    await expectText(page.getByTestId('report-proof'), /Provisional/)
    await keepScreen(visit, 'sla-report')
    await page.goBack()
    await page.getByTestId('edit-sla').click()
    await page.getByLabel('Objective (%)').fill('80')
    await page.getByLabel('Burn rate over of alert 1').fill('4')
    await page.getByTestId('save-sla').click()
    await expectShown(page.getByTestId('sla-state'))
    const { body } = await stage.api<Sla>('GET', `/api/v1/slas/${slaId}`)
    expect([body.version, body.objective]).toEqual([2, 0.8])
  })
}
