import type { Alert, AlertChannel, AlertRule } from '@metaagent/contract'
import { expect, test, vi } from 'vitest'
import { expectAddress, expectGone, expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

/** A rule that fires at once on the runs of some agents, a silence and a channel; answers the first alert. */
export async function makeAlerts({ api }: Stage, agents: readonly string[]): Promise<Alert> {
  const condition = { kind: 'figure', figure: 'executions', window: '30d', operator: '>=', threshold: 1 }
  const annotations = { summary: '{{agent}} ran {{value}} times' }
  const rule = { name: 'somebody works', severity: 'critical', condition, scope: { agents }, annotations }
  expect(await api('POST', '/api/v1/alert-rules', rule)).toMatchObject({ status: 201 })
  const matchers = [{ name: 'agent', operator: '=', value: 'nobody' }]
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  await api('POST', '/api/v1/alert-silences', { matchers, endsAt, comment: 'Nothing to see.' })
  const settings = { kind: 'webhook', url: 'http://127.0.0.1:9/hook' }
  await api('POST', '/api/v1/alert-channels', { name: 'on call', settings, secret: `whsec_${'A'.repeat(32)}` })
  return await firstAlert({ api }, 'somebody works')
}

/** Waits until a rule's alert is there. */
async function firstAlert({ api }: Pick<Stage, 'api'>, name: string): Promise<Alert> {
  return await vi.waitFor(
    async () => {
      const { body } = await api<{ items: Alert[] }>('GET', '/api/v1/alerts?state=firing')
      const found = body.items.find(({ rule }) => rule === name)
      if (found === undefined) throw new Error(`${name} has not fired yet`)
      return found
    },
    { timeout: 30_000, interval: 200 },
  )
}

async function reportFailures({ api }: Stage, agent: string): Promise<void> {
  const at = new Date().toISOString()
  const run = { agent, status: 'failure', startedAt: at, endedAt: at }
  const executions = ['7', '8', '9'].map((digit) => ({ ...run, executionId: digit.repeat(32) }))
  expect(await api('POST', '/api/v1/telemetry', { executions, actions: [] })).toMatchObject({ status: 200 })
}

/** From a rule that is tried and saved to an alert that somebody takes into their hands. */
export function alertJourneys(stage: Stage): void {
  test('a rule is tried before it is saved; its alert is seen, taken, silenced, and told why nobody can be reached', async () => {
    await reportFailures(stage, 'wobbly')
    const visit = await stage.visit('/alerts/rules')
    const { page } = visit
    await page.getByTestId('new-rule').first().click()
    await page.getByLabel('Name').fill('wobbly fails')
    await page.getByLabel('Must hold for (minutes)').fill('0')
    await page.getByLabel('Summary').fill('{{agent}} fails in {{value}} of its runs')
    await page.getByLabel('Condition').fill('{"kind":"figure","figure":"failureRate","operator":">","threshold":2')
    await expectShown(page.getByText('This is no JSON.'))
    const condition = { kind: 'figure', figure: 'failureRate', window: '24h', operator: '>', threshold: 0.2 }
    await page.getByLabel('Condition').fill(JSON.stringify(condition))
    await page.getByTestId('try-rule').click()
    await expectText(page.getByTestId('trial'), /It would have fired once.*agent=wobbly/)
    await keepScreen(visit, 'alert-rule-tried')
    await page.getByTestId('save-rule').click()
    await expectText(page.getByTestId('rules'), /wobbly fails/)
    const { alertId } = await firstAlert(stage, 'wobbly fails')

    await page.goto(new URL('/', page.url()).href)
    await expectText(page.getByTestId('firing'), /1 alert fires/)
    await page.getByTestId('firing').click()
    await expectAddress(page, '/alerts')
    await expectText(page.getByTestId('alert-table'), /firing.*wobbly fails in 1 of its runs/)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await expectAddress(page, `/alerts/${alertId}`)
    await page.getByLabel('Comment').fill('I am on it.')
    await page.getByTestId('acknowledge').click()
    await expectText(page.getByTestId('alert-history'), /acknowledged.*I am on it\./)
    await page.getByTestId('silence').click()
    await expectText(page.getByTestId('respond'), /Silenced until/)
    await page.getByRole('link', { name: 'All silences' }).click()
    await expectText(page.getByTestId('silences'), /active.*agent=wobbly.*1 alert muted/)
    await page.getByRole('button', { name: 'End it now' }).click()
    await expectText(page.getByTestId('silences'), /expired/)
  })

  test('a channel says clearly why a test did not arrive, and never shows its secret', async () => {
    const { page } = await stage.visit('/alerts/channels')
    await page.getByTestId('new-channel').first().click()
    await page.getByRole('combobox', { name: 'Kind' }).click()
    await page.getByRole('option', { name: 'Signed webhook' }).click()
    await page.getByLabel('Name').fill('inside')
    await page.getByLabel('Address').fill('http://169.254.169.254/latest/meta-data')
    const secret = `whsec_${'S'.repeat(32)}`
    await page.getByLabel('Signing secret').fill(secret)
    await page.getByTestId('save-channel').click()
    await expectGone(page.getByTestId('save-channel'))
    await page.getByTestId('test-channel').click()
    await expectText(page.getByTestId('test-result'), /did not arrive.*not on the public internet/)
    await page.reload()
    await expectText(page.getByTestId('channels'), /last message failed/)
    expect(await page.content()).not.toContain(secret)
    const { body } = await stage.api<{ items: AlertChannel[] }>('GET', '/api/v1/alert-channels')
    expect(body.items.map(({ hasSecret }) => hasSecret)).toEqual([true])

    await page.getByRole('link', { name: 'Routing' }).click()
    await page.getByRole('combobox', { name: 'Told of everything' }).press('ArrowDown')
    await page.getByRole('option', { name: 'inside' }).click()
    await page.keyboard.press('Escape')
    await page.getByTestId('save-policy').click()
    await expectText(page.getByTestId('policy'), /Version 1/)
    const rules = await stage.api<{ items: AlertRule[] }>('GET', '/api/v1/alert-rules')
    expect(rules.status).toBe(200)
  })
}
