import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonValue, WebhookMapping, WebhookTrialResult } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

interface Example {
  readonly title: string
  readonly mapping: WebhookMapping
  readonly samples: readonly {
    readonly payload: JsonValue
    readonly makes: { readonly executions: number; readonly actions: number; readonly outcomes: number }
  }[]
}

const folder = join(import.meta.dirname, '../../../../../../../examples/webhooks')
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name): [string, Example] => [name, JSON.parse(readFileSync(join(folder, name), 'utf8'))])

describeOnStores('the mappings in examples/webhooks', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  test.each(examples)('W4: %s makes of its samples what it says, without a fault', async (_, { mapping, samples }) => {
    expect(samples.length).toBeGreaterThan(0)
    for (const { payload, makes } of samples) {
      const body = { mapping, sample: payload }
      const reply = await server.request<WebhookTrialResult>('POST', '/api/v1/webhooks/try', { body })
      expect(reply.status, JSON.stringify(reply.body)).toBe(200)
      const { executions, actions, outcomes, faults } = reply.body
      expect(faults).toEqual([])
      expect({ executions: executions.length, actions: actions.length, outcomes: outcomes.length }).toEqual(makes)
    }
  })
})
