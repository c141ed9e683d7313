import { randomBytes } from 'node:crypto'
import type { ExecutionReportInput } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { agentIdOf } from '../stage/example-runs.ts'
import { expectAddress, expectCount, expectShown, expectText } from '../stage/expectations.ts'
import type { Stage } from '../stage/stage.ts'

/** A run of an agent that ended just now. */
export function runOf(agent: string, more: Partial<ExecutionReportInput> = {}): ExecutionReportInput {
  const nowMs = Date.now()
  return {
    executionId: randomBytes(16).toString('hex'),
    agent,
    release: 'v1',
    status: 'success',
    startedAt: new Date(nowMs - 1200).toISOString(),
    endedAt: new Date(nowMs).toISOString(),
    ...more,
  }
}

/** The home page, the fleet and the page of one agent. */
export function fleetJourneys(stage: Stage): void {
  test('what an agent reports shows on an open page within a moment and without a reload', async () => {
    const { page } = await stage.visit('/fleet')
    await expectText(page.getByTestId('live-status'), 'Live')
    await page.evaluate(() => Object.assign(window, { neverReloaded: true }))
    const row = page.getByTestId('fleet-table').getByRole('row', { name: /live-agent/ })
    await expectCount(row, 0)
    const tile = page.getByTestId('tiles').getByText(/succeeded/)
    const before = await tile.textContent()

    await stage.report({ executions: [runOf('live-agent')] })
    await row.waitFor({ timeout: 5000 })
    const executions = row.getByRole('cell').nth(7)
    await expectText(executions, '1')
    await stage.report({ executions: [runOf('live-agent'), runOf('live-agent', { status: 'failure' })] })
    await expectText(executions, '3')
    await expectText(row, /66\.7%/)
    // The tiles follow too.
    await expect.poll(() => tile.textContent()).not.toBe(before)
    expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true)
  })

  test('the imported runs make the fleet that their makers published', async () => {
    const { page } = await stage.visit('/fleet?window=all')
    const row = page.getByTestId('fleet-table').getByRole('row', { name: /tau2-telecom/ })
    await expectText(row, /failing.*tau2-telecom.*60\.0%.*80/)
    // A price that nobody knows makes the cost a lower bound, and the calls without one are counted.
    await expectText(row, /≥ \$9\.76.*1,013/)
  })

  test('the home page says live which agent fails, what changed and what waits', async () => {
    const { page } = await stage.visit('/')
    await expectText(page.getByTestId('live-status'), 'Live')
    await stage.report({
      executions: Array.from({ length: 20 }, () => runOf('burning-agent', { status: 'failure' })),
    })
    await expectText(page.getByTestId('on-fire'), /failing.*burning-agent.*Success is at most/)
    await expectText(page.getByTestId('changes'), /burning-agent reported for the first time/)
    await expectShown(page.getByTestId('waits'))
    await page.getByTestId('on-fire').getByRole('link', { name: 'burning-agent' }).click()
    await expectText(page.getByTestId('health-card'), /failing/)
  })

  test('domains and environments have a table each', async () => {
    const { page } = await stage.visit('/fleet?window=all&by=domain')
    await expectText(page.getByTestId('group-table'), /telecom/)
    await page.getByTestId('group-by').getByText('Environments').click()
    await expectText(page.getByTestId('group-table'), /benchmark/)
  })

  test('filters stand in the address and survive a reload', async () => {
    const { page } = await stage.visit('/fleet')
    const rows = page.getByTestId('fleet-table').getByRole('row')
    await page.getByTestId('window-switch').getByText('all', { exact: true }).click()
    await expectAddress(page, '/fleet?window=all')
    await page.getByRole('combobox', { name: 'Environment' }).click()
    await page.getByRole('option', { name: 'benchmark' }).click()
    await page.getByRole('combobox', { name: 'Domain' }).click()
    await page.getByRole('option', { name: 'telecom' }).click()
    await expectAddress(page, /domain=telecom/)
    await expectAddress(page, /environment=benchmark/)
    await expectCount(rows, 2)
    await page.reload()
    await expectCount(rows, 2)
    await expectText(rows.last(), /tau2-telecom/)
    await page.getByTestId('fleet-filter').fill('nobody is called this')
    await expectAddress(page, /q=nobody/)
    await page.getByRole('link', { name: 'Show all agents' }).click()
    await expectAddress(page, '/fleet')
  })

  test('a head sorts the table, in the address too', async () => {
    const { page } = await stage.visit('/fleet?window=all&q=tau2')
    const names = () => page.getByTestId('fleet-table').locator('tbody a').allTextContents()
    await expectShown(page.getByTestId('fleet-table'))
    await page.getByRole('button', { name: 'Agent', exact: true }).click()
    await expectAddress(page, /sort=agent/)
    await expect.poll(names).toEqual(['tau2-airline', 'tau2-telecom', 'tau2-user-simulator'])
    await page.getByRole('button', { name: 'Agent', exact: true }).click()
    await expectAddress(page, /desc=true/)
    await expect.poll(names).toEqual(['tau2-user-simulator', 'tau2-telecom', 'tau2-airline'])
  })

  test('the table is walked with j and k, opened with Enter, and filtered with /', async () => {
    const { page } = await stage.visit('/fleet?window=all&q=tau2&sort=agent')
    await expectShown(page.getByTestId('fleet-table'))
    const active = page.locator('tr[data-active=true]')
    await page.keyboard.press('j')
    await expectText(active, /tau2-airline/)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await expectText(active, /tau2-telecom/)
    await page.keyboard.press('/')
    await page.keyboard.type('jk')
    expect(await page.getByTestId('fleet-filter').inputValue()).toBe('tau2jk')
    await page.getByTestId('fleet-filter').fill('telecom')
    await page.keyboard.press('Escape')
    await expectCount(page.getByTestId('fleet-table').locator('tbody tr'), 1)
    await page.keyboard.press('j')
    await expectText(active, /tau2-telecom/)
    await page.keyboard.press('Enter')
    await expectAddress(page, new RegExp(`^/agents/${await agentIdOf(stage, 'tau2-telecom')}`))
  })

  test('an agent tells its state with every reason, its releases, and what people say of it', async () => {
    const { page } = await stage.visit(`/agents/${await agentIdOf(stage, 'tau2-telecom')}?window=all`)
    await expectText(
      page.getByTestId('health-card'),
      /failing.*15.*Success is at most 70\.0 %.*under the floor of 80\.0 %/,
    )
    await expectCount(page.getByTestId('release-table').locator('tbody tr'), 2)
    await page.getByTestId('edit-agent').click()
    await page.getByLabel('Owner').fill('the telecom team')
    await page.getByRole('button', { name: 'Save' }).click()
    await expectText(page.locator('main header'), /owner the telecom team/)
    await page.reload()
    await expectText(page.locator('main header'), /owner the telecom team/)

    await page.getByRole('combobox', { name: 'Release' }).click()
    await page.getByRole('option', { name: 'gpt-4.1', exact: true }).click()
    await expectAddress(page, /release=gpt-4\.1/)
    await expectText(page.getByTestId('tiles'), /45\.0%.*40/)
  })

  test('an agent that is not there is told as such', async () => {
    const { page, ...visit } = await stage.visit('/agents/01900000-0000-7000-8000-0000000000ff')
    visit.expectComplaint(/status of 404/)
    await expectText(page.getByTestId('problem'), /not-found/)
  })
}
