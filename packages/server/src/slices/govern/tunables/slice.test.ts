import type { ApprovalRequest, Tunable, TunableHistory } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { accessCases, wrongCases } from '../../../testkit/access-matrix.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { type PeopleServer, type Person, startPeopleServer } from '../../../testkit/people-server.ts'
import { approvalsSlice } from '../approvals/index.ts'
import { identitySlice } from '../identity/index.ts'
import { registerTunables, tunableNumber, tunablesSlice, tunableValue } from './index.ts'

const low = {
  key: 'samples.low',
  description: 'A threshold that runs by itself.',
  type: 'number' as const,
  unit: 'percent',
  minimum: 0,
  maximum: 100,
  choices: null,
  defaultValue: 5,
  impact: 'LOW' as const,
}
const moderate = { ...low, key: 'samples.moderate', impact: 'MODERATE' as const }

describeOnStores('tunables', (kind) => {
  let server: PeopleServer

  beforeAll(async () => {
    registerTunables([low, moderate])
    server = await startPeopleServer(kind, [identitySlice, approvalsSlice, tunablesSlice])
  })
  afterAll(async () => server.close())

  type Refused = { code: string; action: Record<string, unknown> }
  const put = (key: string, body: unknown, by: Person = server.admin) =>
    server.request<Tunable & Refused>(by.proof, 'PUT', `/api/v1/tunables/${key}`, body)
  const revert = (key: string, body: unknown, by: Person = server.admin) =>
    server.request<Tunable & Refused>(by.proof, 'POST', `/api/v1/tunables/${key}/revert`, body)
  const read = (key: string, of: Person = server.admin) =>
    server.deps.store.transaction({ organizationId: of.organizationId }, (tx) => tunableNumber(server.deps, tx, key))
  const approval = async (action: Record<string, unknown>, author: Person, approver: Person) => {
    const asked = await server.request<ApprovalRequest>(author.proof, 'POST', '/api/v1/approvals', {
      ...action,
      reason: 'r',
    })
    const { approvalId, actionDigest } = asked.body
    const path = `/api/v1/approvals/${approvalId}/votes`
    await server.request(approver.proof, 'POST', path, { verdict: 'approve', actionDigest })
    return approvalId
  }

  test('ID14: every route asks for its scope, whoever comes', async () => {
    expect(wrongCases(await accessCases(server, tunablesSlice))).toEqual([])
  })

  test('TU2: each change is a version with who and why, and a revert goes back', async () => {
    const owner = await server.addOrganization()
    expect(await read('samples.low', owner)).toBe(5)
    expect(await put('samples.low', { value: 6, reason: 'more' }, owner)).toMatchObject({
      status: 200,
      body: { value: 6, version: 1 },
    })
    await put('samples.low', { value: 7, reason: 'still more' }, owner)
    expect(await revert('samples.low', { reason: 'too much' }, owner)).toMatchObject({ body: { value: 6, version: 3 } })
    expect(await read('samples.low', owner)).toBe(6)
    const path = '/api/v1/tunables/samples.low/history'
    const { body } = await server.request<z.output<typeof TunableHistory>>(owner.proof, 'GET', path)
    expect(body.items.map(({ version, value, reason }) => [version, value, reason])).toEqual([
      [3, 6, 'too much'],
      [2, 7, 'still more'],
      [1, 6, 'more'],
    ])
    expect(body.items[0]?.changedBy).toBe(`user:${owner.userId}`)
    const events = (await server.events(owner)).filter((event) => event.type === 'tunables.value.changed')
    expect(events.map((event) => event.payload)).toMatchObject([
      { key: 'samples.low', from: 5, to: 6, version: 1, reason: 'more', approvalId: null },
      { from: 6, to: 7, version: 2 },
      { from: 7, to: 6, version: 3 },
    ])
  })

  test('TU2: the first version is reverted to the default, the default not at all', async () => {
    const owner = await server.addOrganization()
    expect(await revert('samples.low', { reason: 'r' }, owner)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
    await put('samples.low', { value: 9, reason: 'r' }, owner)
    expect((await revert('samples.low', { reason: 'r' }, owner)).body.value).toBe(5)
  })

  test('TU1: a value outside the range changes nothing and says what the range is', async () => {
    const before = (await server.events()).length
    for (const value of [-1, 101, '5', true]) {
      const reply = await put('samples.low', { value, reason: 'r' })
      expect(reply).toMatchObject({ status: 422, body: { code: 'tunable-out-of-range' } })
      expect(JSON.stringify(reply.body)).toContain('from 0 to 100 percent')
    }
    expect((await server.events()).length).toBe(before)
    expect(await put('nobody.declared', { value: 1, reason: 'r' })).toMatchObject({ body: { code: 'tunable-unknown' } })
  })

  test('TU3: a moderate change waits for another admin, who approves this value from this version', async () => {
    const owner = await server.addOrganization()
    const second = await server.addPerson('admin', owner)
    const refused = await put('samples.moderate', { value: 8, reason: 'r' }, owner)
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required' } })
    expect(await read('samples.moderate', owner)).toBe(5)
    const approvalId = await approval(refused.body.action, owner, second)
    const other = await put('samples.moderate', { value: 9, reason: 'r', approvalId }, owner)
    expect(other).toMatchObject({ status: 409, body: { code: 'approval-digest-mismatch' } })
    expect((await put('samples.moderate', { value: 8, reason: 'r', approvalId }, owner)).body).toMatchObject({
      value: 8,
      version: 1,
    })
    const changed = (await server.events(owner)).at(-1)
    expect(changed).toMatchObject({ type: 'tunables.value.changed', payload: { approvalId } })

    const back = await revert('samples.moderate', { reason: 'r' }, owner)
    expect(back.body.code).toBe('approval-required')
    const reverted = await revert(
      'samples.moderate',
      { reason: 'r', approvalId: await approval(back.body.action, owner, second) },
      owner,
    )
    expect(reverted.body).toMatchObject({ value: 5, version: 2 })
    const replayed = await put('samples.moderate', { value: 8, reason: 'r', approvalId }, owner)
    expect(replayed.status).toBe(409)
  })

  test('TU3: a change that is refused leaves its approval unused', async () => {
    const owner = await server.addOrganization()
    const second = await server.addPerson('admin', owner)
    const refused = await put('samples.moderate', { value: 8, reason: 'r' }, owner)
    const approvalId = await approval(refused.body.action, owner, second)
    expect(
      (await put('samples.moderate', { value: 8, reason: 'r', approvalId, expectedVersion: 3 }, owner)).status,
    ).toBe(412)
    expect(
      (await put('samples.moderate', { value: 8, reason: 'r', approvalId, expectedVersion: 0 }, owner)).status,
    ).toBe(200)
  })

  test('TU4: of many changes at once from one version, one wins', async () => {
    const owner = await server.addOrganization()
    const replies = await Promise.all(
      [11, 12, 13, 14, 15].map((value) => put('samples.low', { value, reason: 'r', expectedVersion: 0 }, owner)),
    )
    expect(replies.map((reply) => reply.status).sort((a, b) => a - b)).toEqual([200, 412, 412, 412, 412])
    const unconditional = await Promise.all(
      [21, 22, 23].map((value) => put('samples.low', { value, reason: 'r' }, owner)),
    )
    expect(unconditional.map((reply) => reply.body.version).sort((a, b) => a - b)).toEqual([2, 3, 4])
  })

  test('TU5: what one organization sets, another does not see', async () => {
    const [one, two] = [await server.addOrganization(), await server.addOrganization()]
    await put('samples.low', { value: 50, reason: 'r' }, one)
    expect([await read('samples.low', one), await read('samples.low', two)]).toEqual([50, 5])
    const list = await server.request<{ items: Tunable[] }>(two.proof, 'GET', '/api/v1/tunables')
    expect(list.body.items.find((item) => item.key === 'samples.low')).toMatchObject({ value: 5, version: 0 })
    const history = await server.request<{ items: unknown[] }>(two.proof, 'GET', '/api/v1/tunables/samples.low/history')
    expect(history.body.items).toEqual([])
  })

  test('a tunable is declared once and soundly, or the process does not start', async () => {
    registerTunables([low])
    expect(() => registerTunables([{ ...low, defaultValue: 6 }])).toThrow(/declared once/)
    expect(() => registerTunables([{ ...low, key: 'samples.broken', defaultValue: 101 }])).toThrow(/does not fit/)
    const { organizationId } = server.admin
    await expect(
      server.deps.store.transaction({ organizationId }, (tx) => tunableValue(server.deps, tx, 'samples.unknown')),
    ).rejects.toThrow(/declared before/)
  })
})
