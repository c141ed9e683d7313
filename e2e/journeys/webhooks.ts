import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WebhookReceipt, WebhookSource } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { root } from '../../tools/programs.ts'
import { expectGone, expectShown, expectText } from '../stage/expectations.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'

interface Example {
  readonly mapping: { readonly expression: string }
  readonly samples: readonly { readonly payload: unknown }[]
}

const example: Example = JSON.parse(readFileSync(join(root, 'examples/webhooks/coldforge.json'), 'utf8'))

/** A sender is let in, its mapping tried and saved, and what it signs is stored; what could not be mapped is replayed. */
export function webhookJourneys(stage: Stage): void {
  test('a webhook source is made, its mapping is tried and saved, and a kept delivery is replayed', async () => {
    const visit = await stage.visit('/settings/webhooks')
    const { page } = visit
    await expectShown(page.getByTestId('empty'))
    await page.getByTestId('new-source').first().click()
    await page.getByLabel('Name').fill('ColdForge')
    await page.getByTestId('create-source').click()
    const secret = String(await page.getByTestId('webhook-secret').textContent())
    await page.getByRole('button', { name: 'I have it' }).click()
    await expectGone(page.getByTestId('webhook-secret'))
    const { body } = await stage.api<{ items: WebhookSource[] }>('GET', '/api/v1/webhook-sources')
    const [source] = body.items
    if (source === undefined) throw new Error('the source was not made')

    const payload = JSON.stringify(example.samples[0]?.payload)
    const deliver = async () => {
      const timestamp = String(Math.floor(Date.now() / 1000))
      const signature = createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex')
      const reply = await fetch(new URL(`/api/v1/webhooks/${source.sourceId}`, page.url()), {
        method: 'POST',
        headers: { 'x-timestamp': timestamp, 'x-signature': `sha256=${signature}`, 'x-message-id': 'the first' },
        body: payload,
      })
      return { status: reply.status, body: (await reply.json()) as WebhookReceipt }
    }
    expect(await deliver()).toMatchObject({ status: 202, body: { state: 'unmapped' } })

    await page.reload()
    const mapping = page.getByTestId('webhook-mapping')
    await expectText(page.getByTestId('delivery-table'), /not mapped/)
    await mapping.getByLabel('Sample').fill(payload)
    await mapping.getByLabel('Expression').fill('{ "executions": ')
    await mapping.getByTestId('try-mapping').click()
    await expectText(mapping.getByTestId('try-faults'), /at character/)
    await mapping.getByLabel('Expression').fill(example.mapping.expression)
    await mapping.getByLabel('Sample').press('Control+Enter')
    await expectText(mapping.getByTestId('try-result'), /Would store 2 executions, 1 action and 0 outcomes\./)
    await mapping.getByTestId('save-mapping').click()
    await expectText(mapping, /This is the mapping that holds/)
    await keepScreen(visit, 'webhooks')

    const deliveries = page.getByTestId('webhook-deliveries')
    await deliveries.getByRole('button', { name: 'Replay' }).click()
    await expectText(page.getByTestId('delivery-table'), /stored/)
    const found = await stage.api<{ items: { agent: string }[] }>('GET', '/api/v1/executions')
    expect(found.body.items.filter(({ agent }) => agent === 'coldforge writer')).toHaveLength(2)
  })
}
