import { describe, expect, test } from 'vitest'
import { expectGone, expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

/** What models cost, the price of one that nobody knew, and the calls that follow it. */
export function costJourneys(stage: Stage): void {
  describe('costs', () => {
    test('a model without a price gets one, and the calls that are stored already follow it', async () => {
      await reportUnknownModel(stage)
      const visit = await stage.visit('/costs?by=model&days=7')
      const { page } = visit
      const unpriced = page.getByTestId('unpriced-table').getByRole('row', { name: /house-13b/ })
      await expectText(unpriced, /none/)
      await unpriced.getByRole('button', { name: 'Add a price' }).click()
      const form = page.getByTestId('price-form')
      expect(await form.getByRole('textbox', { name: 'Model', exact: true }).inputValue()).toBe('house-13b')
      await form.getByLabel('Input, USD per million tokens').fill('2,5')
      await form.getByLabel('Output, USD per million tokens').fill('10')
      await page.getByTestId('save-price').click()
      visit.expectComplaint(/status of 400/)
      await expectText(page.getByTestId('problem'), /decimal/)
      await form.getByLabel('Input, USD per million tokens').fill('2.5')
      await keepScreen(visit, 'costs-price')
      await page.getByTestId('save-price').click()
      await expectText(page.getByTestId('price-table'), /house-13b/)
      await expectText(unpriced, /found since/)

      await page.getByTestId('reprice').click()
      await page.getByLabel('Only of this model').fill('house-13b')
      await page.getByLabel('Why').fill('the contract was signed')
      await page.getByTestId('start-repricing').click()
      // 40 calls of 1,000 tokens in and 100 out.
      await expectText(page.getByTestId('cost-table').getByRole('row', { name: /house-13b/ }), /\$0\.14/)
      await expectGone(unpriced)
      await expectText(page.getByTestId('repricing'), /done/)
      await keepScreen(visit, 'costs-repriced')
    })

    test('the address holds the grouping, and the keyboard reaches the page', async () => {
      const { page } = await stage.visit('/fleet?window=all')
      await expectShown(page.getByTestId('fleet-table'))
      await page.keyboard.press('g')
      await page.keyboard.press('o')
      await expectShown(page.getByTestId('cost-table'))
      await page.getByTestId('cost-dimension').getByText('Day', { exact: true }).click()
      await expect.poll(() => new URL(page.url()).search).toBe('?by=day')
      await expectText(page.getByTestId('cost-table'), /\d{4}-\d{2}-\d{2}/)
    })
  })
}

async function reportUnknownModel({ report }: Stage): Promise<void> {
  const nowMs = Date.now()
  const at = (ms: number) => new Date(nowMs - ms).toISOString()
  const actions = Array.from({ length: 40 }, (_, n) => ({
    executionId: (0xc057_0000 + n).toString(16).padStart(32, '0'),
    actionId: (0xc057_0000 + n).toString(16).padStart(16, '0'),
    agent: 'self-hosted',
    kind: 'llm' as const,
    name: 'answer',
    provider: 'house',
    model: 'house-13b',
    status: 'success' as const,
    startedAt: at(60_000 + n * 1_000),
    endedAt: at(59_500 + n * 1_000),
    usage: { inputTokens: 1_000, outputTokens: 100 },
  }))
  await report({ executions: [], actions })
}
