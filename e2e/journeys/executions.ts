import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { agentIdOf, executionIdOf } from '../stage/example-runs.ts'
import { expectAddress, expectCount, expectShown, expectText } from '../stage/expectations.ts'
import type { Stage } from '../stage/stage.ts'

/** The list of runs and one run with its steps. */
export function executionJourneys(stage: Stage): void {
  test('the list loads more at its end until all are there', async () => {
    const { page } = await stage.visit('/executions?environment=benchmark')
    const count = page.getByTestId('execution-count')
    await expectText(count, /^100 shown ?Load more$/)
    await page.getByRole('button', { name: 'Load more' }).click()
    await expectText(count, /^200 shown/)
    await page.keyboard.press('End')
    await expectText(count, '220 shown, that is all')
  })

  test('filters stand in the address, and an export holds all that they let through', async () => {
    const { page } = await stage.visit('/executions?environment=benchmark')
    const count = page.getByTestId('execution-count')
    await page.getByRole('combobox', { name: 'Agent' }).click()
    await page.getByRole('option', { name: 'tau2-telecom' }).click()
    await expectText(count, '80 shown, that is all')
    await page.getByRole('combobox', { name: 'Status' }).click()
    await page.getByRole('option', { name: 'failure' }).click()
    await expectText(count, '32 shown, that is all')
    await page.getByRole('combobox', { name: 'Release' }).click()
    await page.getByRole('option', { name: 'gpt-4.1', exact: true }).click()
    await expectText(count, '22 shown, that is all')
    await expectAddress(page, /agentId=.*status=failure|status=failure.*agentId=/)
    await page.reload()
    await expectText(count, '22 shown, that is all')

    await page.getByTestId('export').click()
    const waiting = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: /CSV/ }).click()
    const lines = readFileSync(await (await waiting).path(), 'utf8')
      .trim()
      .split('\r\n')
    expect(lines).toHaveLength(23)
    expect(lines[0]).toMatch(/^executionId,agentId,agent,/)
    for (const line of lines.slice(1)) expect(line).toMatch(/,tau2-telecom,.*,failure,/)
  })

  test('runs that ended oddly are one filter away, and a filter that fits nothing can be taken off', async () => {
    const { page } = await stage.visit('/executions')
    await page.getByRole('combobox', { name: 'Flags' }).click()
    await page.getByRole('option', { name: 'Flagged only' }).click()
    await expectAddress(page, /flagged=true/)
    await expectText(page.getByTestId('execution-count'), /^\d+ shown, that is all$/)
    await page.keyboard.press('Escape')
    await page.getByRole('textbox', { name: 'Unit' }).fill('no such unit')
    await page.keyboard.press('Enter')
    await expectText(page.getByTestId('empty').getByRole('heading'), 'No execution fits these filters')
    await page.getByRole('button', { name: 'Remove all filters' }).click()
    await expectAddress(page, '/executions')
    await expectText(page.getByTestId('execution-count'), /^100 shown/)
  })

  test('a step is chosen in the tree and tells what went in, what came out, its tokens and its price', async () => {
    const telecom = await agentIdOf(stage, 'tau2-telecom')
    const executionId = await executionIdOf(stage, `agentId=${telecom}&release=gpt-4.1`)
    const { page } = await stage.visit(`/executions?agentId=${telecom}&release=gpt-4.1`)
    await page.getByTestId('execution-table').getByRole('link').first().click()
    await expectAddress(page, `/executions/${executionId}`)
    const detail = page.getByTestId('step-detail')
    await expectText(detail, /The whole execution/)

    const call = page.getByRole('treeitem', { name: /^llm call get_customer_by_phone/ })
    await call.click()
    await expectText(detail, /Model ?(openai \/ )?gpt-4\.1/)
    await expectText(detail, /Input tokens ?[\d,.]+k? ?Output tokens ?\d+/)
    await expectText(detail, /Cost ?\$0\.\d+/)
    await expectShown(detail.getByRole('heading', { name: 'Output' }))
    await expectText(detail, /get_customer_by_phone/)
    await expectAddress(page, /\?action=[0-9a-f]{16}$/)

    const tool = page.getByRole('treeitem', { name: /^tool get_customer_by_phone, success/ })
    await tool.click()
    await expectText(detail, /Input.*phone_number.*Output.*customer_id/)
    const actionId = String(await tool.getAttribute('id')).replace('step-', '')
    await expectAddress(page, `/executions/${executionId}?action=${actionId}`)
    await page.reload()
    await expectText(detail, /customer_id/)
    await expect.poll(() => tool.getAttribute('aria-selected')).toBe('true')
  })

  test('the tree is walked, opened and closed by keyboard', async () => {
    const telecom = await agentIdOf(stage, 'tau2-telecom')
    const executionId = await executionIdOf(stage, `agentId=${telecom}&release=gpt-4.1`)
    const { page } = await stage.visit(`/executions/${executionId}`)
    const chosen = page.locator('[role=treeitem][aria-selected=true]')
    const level = () => chosen.getAttribute('aria-level')
    await page.getByTestId('trace-tree').focus()
    await expectText(chosen, /tau2-telecom/)
    const call = page.getByRole('treeitem', { name: /^llm call get_customer_by_phone/ })
    for (let steps = 0; steps < 40 && (await call.getAttribute('aria-selected')) !== 'true'; steps++)
      await page.keyboard.press('ArrowDown')
    await expect.poll(() => call.getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('ArrowRight')
    await expectText(chosen, /get_customer_by_phone/)
    await expect.poll(level).toBe('3')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(level).toBe('2')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => call.getAttribute('aria-expanded')).toBe('false')
    await page.keyboard.press('x')
    await page.keyboard.press('x')
    await expect.poll(() => page.locator('[aria-expanded=true]').count()).toBeLessThanOrEqual(1)
    await page.keyboard.press('Home')
    await expectText(chosen, /tau2-telecom/)
  })

  test('a failed step is found with one key, also in a closed branch', async () => {
    const airline = await agentIdOf(stage, 'tau2-airline')
    const { body } = await stage.api<{ items: { executionId: string; totals: { actionErrors: number } }[] }>(
      'GET',
      `/api/v1/executions?agentId=${airline}&limit=200`,
    )
    const failing = body.items.find(({ totals }) => totals.actionErrors > 0)
    const { page } = await stage.visit(`/executions/${failing?.executionId}`)
    await expectShown(page.getByTestId('trace-tree'))
    await page.keyboard.press('x')
    await page.keyboard.press('e')
    await expectShown(page.locator('[role=treeitem][aria-selected=true][aria-label*="failure"]'))
    await expectText(page.getByTestId('step-detail').locator('header'), /failure/)
    await expectCount(page.locator('[role=treeitem][aria-selected=true]'), 1)
  })
}
