import type { ExecutionPage } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../../testkit/database.ts'
import { actionReport, executionReport } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../../govern/identity/index.ts'
import { readTexts } from './read-texts.ts'

describeOnStores('searching executions', (kind) => {
  let server: TestServer
  const send = async (body: Readonly<Record<string, unknown>>) => {
    const reply = await server.request<{ rejected: unknown[] }>('POST', '/api/v1/telemetry', { body })
    expect(reply.body.rejected).toEqual([])
  }
  const unitsOf = async (q: string, key = server.adminKey) => {
    const path = `/api/v1/executions?q=${encodeURIComponent(q)}`
    const { body } = await server.request<z.infer<typeof ExecutionPage>>('GET', path, { key })
    return body.items.flatMap(({ unit }) => unit ?? []).toSorted()
  }
  beforeAll(async () => {
    server = await startTestServer(kind)
    const refund = executionReport({
      unit: 'refund',
      input: { question: 'Where is my refund?' },
      output: 'Paid on Monday.',
    })
    const parcel = executionReport({ unit: 'parcel', input: 'Where is my parcel?', output: 'It is lost.' })
    const broken = executionReport({ unit: 'broken', status: 'failure', errorMessage: 'the quota is exhausted' })
    await send({
      executions: [refund, parcel, broken],
      actions: [actionReport(parcel.executionId, 1, { output: { carrier: 'Zephyr Express' } })],
    })
    await readTexts(server.deps)
  })
  afterAll(async () => await server.close())

  test.each([
    ['where', ['parcel', 'refund']],
    ['REFUND', ['refund']],
    ['where -refund', ['parcel']],
    ['refund or parcel', ['parcel', 'refund']],
    ['"zephyr express"', ['parcel']],
    ['"express zephyr"', []],
    ['exhausted', ['broken']],
    ['nothing-of-that', []],
  ])('%s finds %j', async (q, units) => {
    expect(await unitsOf(q)).toEqual(units)
  })

  test('what arrives later is found after the next turn of the job, and a turn without news changes nothing', async () => {
    const late = executionReport({ unit: 'late', output: 'a nightingale' })
    await send({ executions: [late] })
    expect(await unitsOf('nightingale')).toEqual([])
    await readTexts(server.deps)
    expect(await unitsOf('nightingale')).toEqual(['late'])
    await send({ actions: [actionReport(late.executionId, 1, { output: 'and a lark' })] })
    await readTexts(server.deps)
    expect(await unitsOf('lark nightingale')).toEqual(['late'])
    await readTexts(server.deps)
    expect(await unitsOf('lark')).toEqual(['late'])
  })

  test('T14: another organization finds none of it', async () => {
    const actor = { kind: 'system', id: 'test' } as const
    const { organizationId } = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, { name: 'Others', adminEmail: 'a@example.org', adminName: null, actor }),
    )
    const asked = { name: 'other', scopes: ['executions:read'] as const, expiresAt: null, actor }
    const { secret } = await server.deps.store.transaction({ organizationId }, (tx) =>
      issueApiKey(server.deps, tx, asked),
    )
    expect(await unitsOf('where', secret)).toEqual([])
  })
})
