import type { MaskingOverview } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

/** What is masked: tried on a text, changed, and held by what is stored. */
export function maskingJourneys(stage: Stage): void {
  test('masking is tried, tightened by a rule, loosened only by an approval, and holds for what is stored', async () => {
    const visit = await stage.visit('/settings/masking')
    const { page } = visit
    visit.expectComplaint(/status of 409/)
    const panel = page.getByTestId('masking-try')
    await panel.getByLabel('Text').fill('Call me at 604-696-5272, ada@example.com, EMP-004711')
    await panel.getByTestId('try').click()
    await expectText(panel.getByTestId('try-result'), /^Call me at \[masked:phone\], \[masked:email\], EMP-004711$/)

    const settings = page.getByTestId('masking-settings')
    await settings.getByRole('button', { name: 'Add a rule' }).click()
    await settings.getByLabel('Name of rule 1').fill('staff-number')
    await settings.getByRole('textbox', { name: 'Pattern (RE2)' }).fill('EMP-[0-9]{6}')
    await settings.getByLabel('Sample').fill('EMP-123456')
    await panel.getByTestId('try').click()
    await expectText(panel.getByTestId('try-result'), /\[masked:staff-number\]$/)
    await keepScreen(visit, 'masking-try')
    await settings.getByLabel('Reason').fill('Staff numbers are personal data.')
    await settings.getByTestId('save-masking').click()
    await expectText(settings, /Version 1/)

    await settings.getByLabel('E-mail addresses').uncheck()
    await settings.getByLabel('Reason').fill('They are our own.')
    await settings.getByTestId('save-masking').click()
    await expectShown(settings.getByTestId('problem'))
    await settings.getByTestId('ask-approval').click()
    await expectShown(settings.getByTestId('approval-id'))
    const { body } = await stage.api<MaskingOverview>('GET', '/api/v1/masking')
    expect(body.organization).toMatchObject({ version: 1, settings: { rules: [{ name: 'staff-number' }] } })

    const executionId = 'ab'.repeat(16)
    const startedAt = new Date().toISOString()
    const run = { executionId, agent: 'desk', startedAt, endedAt: startedAt, status: 'success' }
    const input = { text: 'EMP-004711 asks: ada@example.com' }
    await stage.api('POST', '/api/v1/telemetry', { executions: [{ ...run, input }] })
    const stored = await stage.api<{ input: unknown; masked: number }>('GET', `/api/v1/executions/${executionId}`)
    expect(stored.body).toMatchObject({ input: { text: '[masked:staff-number] asks: [masked:email]' }, masked: 2 })
  })
}
