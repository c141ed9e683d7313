import type { Problem, Retention, RetentionPreview, Tunable } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { actionReport, executionReport, freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'
import { applyRetention } from './actions/apply.ts'

describeOnStores('retention', (kind) => {
  let server: TestServer
  let stranger: { readonly organizationId: string; readonly key: string }
  beforeAll(async () => {
    server = await startTestServer(kind)
    const actor = { kind: 'system', id: 'test' } as const
    const { organizationId } = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, { name: 'Others', adminEmail: 'a@example.org', adminName: null, actor }),
    )
    const asked = {
      name: 'other',
      scopes: ['executions:read', 'telemetry:write', 'tunables:read'] as const,
      expiresAt: null,
      actor,
    }
    const issued = await server.deps.store.transaction({ organizationId }, (tx) => issueApiKey(server.deps, tx, asked))
    stranger = { organizationId, key: issued.secret }
  })
  afterAll(async () => await server.close())

  const daysAgo = (days: number) => new Date(Number(server.clock.now()) - days * 86_400_000).toISOString()
  /** A run with one step, some days ago. */
  const report = async (days: number, key = server.adminKey) => {
    const executionId = freshExecutionId()
    const times = { startedAt: daysAgo(days), endedAt: daysAgo(days) }
    const body = {
      executions: [executionReport({ executionId, ...times })],
      actions: [
        actionReport(executionId, 1, {
          kind: 'llm',
          model: 'gpt-4.1',
          usage: { inputTokens: 1, outputTokens: 1 },
          ...times,
        }),
      ],
    }
    const reply = await server.request<{ accepted: unknown }>('POST', '/api/v1/telemetry', { body, key })
    expect(reply.body.accepted).toEqual({ executions: 1, actions: 1 })
    return executionId
  }
  const isThere = async (executionId: string, key = server.adminKey) =>
    (await server.request('GET', `/api/v1/executions/${executionId}`, { key })).status === 200
  /** Sets a time as an approved change would, past the gate, which has tests of its own. */
  const keep = async (organizationId: string, table: string, days: number) =>
    await server.testStore.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      await owner.query(
        `insert into tunable_values (organization_id, key, version, value, reason, changed_by, changed_at)
         values ($1, $2, coalesce((select max(version) from tunable_values where organization_id = $1 and key = $2), 0) + 1,
           to_jsonb($3::int), 'test', 'system:test', now())`,
        [organizationId, `retention.${table}_days`, days],
      )
    })
  const keepAll = async (organizationId: string, days: number) => {
    for (const table of ['agent_executions', 'agent_execution_logs']) await keep(organizationId, table, days)
  }
  const told = async () =>
    (await server.newEvents()).filter(({ type }) => type === 'retention.rows.deleted').map(({ payload }) => payload)
  const partitions = async () =>
    await server.testStore.owner.migrate(async (owner) => {
      const rows = await owner.query<{ name: string }>(
        `select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'agent_executions'::regclass`,
      )
      return rows.map(({ name }) => name)
    })
  const partitionOf = (days: number) => `agent_executions_${daysAgo(days).slice(0, 10).replaceAll('-', '')}`

  test('RT1, RT2, RT3: each organization loses what is older than its own time, and a day that nobody keeps goes whole', async () => {
    const [old, older, recent] = [await report(40), await report(100), await report(2)]
    const [theirs, theirOlder] = [await report(40, stranger.key), await report(100, stranger.key)]
    await keepAll(server.organizationId, 30)
    await keepAll(stranger.organizationId, 60)
    await server.newEvents()
    await applyRetention(server.deps)
    expect([await isThere(old), await isThere(older), await isThere(recent)]).toEqual([false, false, true])
    expect([await isThere(theirs, stranger.key), await isThere(theirOlder, stranger.key)]).toEqual([true, false])
    const left = await partitions()
    expect(left).not.toContain(partitionOf(100))
    expect(left).toContain(partitionOf(40))
    const [keptByAll, own] = [daysAgo(60).slice(0, 10), daysAgo(30).slice(0, 10)]
    expect(await told()).toEqual([
      { table: 'agent_execution_logs', before: keptByAll, rows: 1 },
      { table: 'agent_execution_logs', before: own, rows: 1 },
      { table: 'agent_executions', before: keptByAll, rows: 1 },
      { table: 'agent_executions', before: own, rows: 1 },
    ])
  })

  test('RT4: run again it finds nothing and tells nothing', async () => {
    await applyRetention(server.deps)
    expect(await told()).toEqual([])
  })

  test('RT5: what arrives for a day that was dropped is stored, and goes with the next run', async () => {
    const late = await report(100)
    expect(await isThere(late)).toBe(true)
    await applyRetention(server.deps)
    expect(await isThere(late)).toBe(false)
  })

  test('RT9: of the days that a hold keeps nothing goes until it is lifted, and others lose what is theirs to lose', async () => {
    const [held, free] = [await report(101), await report(99)]
    const theirs = await report(101, stranger.key)
    const scope = { kind: 'period', from: daysAgo(102), to: daysAgo(100) }
    const placed = await server.request<{ holdId: string }>('POST', '/api/v1/privacy/holds', {
      body: { scope, reason: 'matter 7' },
    })
    expect(placed.status).toBe(201)
    const preview = `/api/v1/retention/agent_executions/preview?days=30`
    const { rows } = (await server.request<RetentionPreview>('GET', preview)).body
    await applyRetention(server.deps)
    expect([await isThere(held), await isThere(free), await isThere(theirs, stranger.key)]).toEqual([
      true,
      false,
      false,
    ])
    expect(rows).toBe(1)
    await server.testStore.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      await owner.query(`update privacy_legal_holds set lifted_at = now(), lifted_by = 'system:test'`)
    })
    await applyRetention(server.deps)
    expect(await isThere(held)).toBe(false)
    expect(await partitions()).not.toContain(partitionOf(101))
    await told()
  })

  test('RT6: sums outlive the rows, for as long as they are kept themselves', async () => {
    const costs = async () =>
      (await server.request<{ total: { calls: number } }>('GET', `/api/v1/costs?from=${daysAgo(200)}`)).body.total.calls
    expect(await costs()).toBe(6)
    await keep(server.organizationId, 'cost_rollups', 30)
    await server.newEvents()
    await applyRetention(server.deps)
    expect(await costs()).toBe(1)
    expect(await told()).toEqual([{ table: 'cost_rollups', before: daysAgo(30).slice(0, 10), rows: 4 }])
  })

  test('RT1, RT7: the list tells of every part how long it is kept and what the last run found and did', async () => {
    const { items } = (await server.request<{ items: Retention[] }>('GET', '/api/v1/retention')).body
    expect(items.length).toBeGreaterThan(15)
    const runs = items.find(({ table }) => table === 'agent_executions')
    expect(runs).toMatchObject({
      days: 30,
      defaultDays: 3_650,
      rows: 1,
      rowsEstimated: false,
      oldestDay: daysAgo(2).slice(0, 10),
      keptFrom: daysAgo(30).slice(0, 10),
      lastRunAt: new Date(server.clock.now()).toISOString(),
      nextRunAt: new Date(Number(server.clock.now()) + 900_000).toISOString(),
      dropsDays: true,
    })
    expect(runs?.bytes).toBeGreaterThan(0)
    const theirs = (await server.request<{ items: Retention[] }>('GET', '/api/v1/retention', { key: stranger.key }))
      .body
    expect(theirs.items.find(({ table }) => table === 'agent_executions')).toMatchObject({ days: 60, rows: 1 })
  })

  test('RT8: a preview counts what a time would delete and deletes nothing; a shorter one needs an approval, a longer one none', async () => {
    await report(20)
    const preview = async (days: number, table = 'agent_executions') =>
      (await server.request<RetentionPreview & Problem>('GET', `/api/v1/retention/${table}/preview?days=${days}`)).body
    expect(await preview(10)).toMatchObject({
      fromDays: 30,
      toDays: 10,
      keptFrom: daysAgo(10).slice(0, 10),
      oldestDay: daysAgo(20).slice(0, 10),
      rows: 1,
      rowsAtLeast: false,
      days: 1,
      impact: 'HIGH',
      because: { rule: 'kept-shorter', observed: 10, limit: 30 },
    })
    expect(await preview(25)).toMatchObject({ rows: 0, impact: 'HIGH' })
    expect(await preview(90)).toMatchObject({ rows: 0, impact: 'LOW', because: { rule: 'kept-longer' } })
    expect(await preview(30)).toMatchObject({ impact: null })
    expect(await preview(0)).toMatchObject({ code: 'tunable-out-of-range' })
    expect(await preview(30, 'users')).toMatchObject({ code: 'not-found' })
    const set = async (value: number) =>
      await server.request<Problem & Tunable>('PUT', '/api/v1/tunables/retention.agent_executions_days', {
        body: { value, reason: 'other needs' },
      })
    expect(await set(7)).toMatchObject({ status: 409, body: { code: 'approval-required' } })
    expect(await set(31)).toMatchObject({ status: 200, body: { value: 31 } })
    expect(await server.newEvents()).toContainEqual(expect.objectContaining({ type: 'tunables.value.changed' }))
  })

  test('RT3, RT4: every declared part is let go by the same rule, in steps, with what goes with it', async () => {
    const { organizationId, deps } = server
    await server.testStore.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      await owner.query(
        `insert into webhook_sources (organization_id, source_id, name, kind, environment, agents, secret_mac, created_at)
         values ($1, gen_random_uuid(), 'old', 'n8n', 'production', '[]', 'x', now())`,
        [organizationId],
      )
      await owner.query(
        `insert into webhook_deliveries (organization_id, delivery_id, source_id, message_id, proof_digest, body_digest,
           state, received_at, next_try_at, kept_until)
         select $1, gen_random_uuid(), source_id, n::text, 'x', 'x', case n % 3 when 0 then 'received' else 'stored' end,
           $2::timestamptz, $2::timestamptz, $2::timestamptz
         from webhook_sources, generate_series(1, 4500) n where organization_id = $1 and name = 'old'`,
        [organizationId, daysAgo(40)],
      )
      await owner.query(
        `insert into agent_rollup_latencies (organization_id, agent_id, environment, release_id, grain, start_at, bucket, executions)
         select $1, gen_random_uuid(), 'production', '', g, $2::timestamptz, 1, 1 from unnest(array['minute', 'hour']) g`,
        [organizationId, daysAgo(450)],
      )
    })
    await server.newEvents()
    await applyRetention(deps)
    const deliveries = (await server.newEvents()).filter(({ subject }) => subject === 'table/webhook_deliveries')
    expect(deliveries.map(({ payload }) => payload)).toEqual([
      expect.objectContaining({ table: 'webhook_deliveries', rows: 2_000 }),
      expect.objectContaining({ table: 'webhook_deliveries', rows: 1_000 }),
    ])
    const left = await server.testStore.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      return await owner.query<{ state: string; grains: string }>(
        `select (select string_agg(distinct state, ',') from webhook_deliveries) as state,
           (select string_agg(distinct grain, ',') from agent_rollup_latencies where start_at < $1::timestamptz) as grains`,
        [daysAgo(420)],
      )
    })
    expect(left).toEqual([{ state: 'received', grains: 'hour' }])
  })
})
