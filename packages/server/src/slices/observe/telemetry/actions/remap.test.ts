import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMs } from '../../../../kernel/instant.ts'
import { describeOnStores } from '../../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { mapSpan } from '../model/otlp/map-span.ts'
import type { OtlpSpan } from '../model/otlp/span.ts'
import { mappingVersion } from '../model/otlp/vocabulary.ts'
import { type RemapDays, type RemapPosition, type RemapStep, remapNext, remapWork } from './remap.ts'

const idOf = (n: number, digits: number) => n.toString(16).padStart(digits, '0')

/** Runs in the words of OpenInference and Langfuse, which an older mapping did not know. */
function spansOf(server: TestServer, runs: number): readonly OtlpSpan[] {
  const startedAt = addMs(server.clock.now(), -600_000)
  return Array.from({ length: runs }, (_, run) => {
    const span = (n: number, change: Partial<OtlpSpan>): OtlpSpan => ({
      traceId: idOf(run + 1, 32),
      spanId: idOf(n, 16),
      parentSpanId: n === 1 ? '' : idOf(1, 16),
      parentIsRemote: null,
      name: `step ${n}`,
      startedAt: addMs(startedAt, run * 1_000 + n),
      endedAt: addMs(startedAt, run * 1_000 + n + 700),
      attributes: {},
      events: [],
      status: 'unset',
      statusMessage: '',
      resource: { 'service.name': 'web', 'service.version': '3' },
      scope: '',
      ...change,
    })
    const agent = {
      'openinference.span.kind': 'AGENT',
      'agent.name': run % 2 === 0 ? 'support' : 'billing',
      'session.id': `c-${run}`,
    }
    const call = {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4.1',
      'llm.provider': 'openai',
      'llm.token_count.prompt': 1_000 + run,
      'llm.token_count.completion': 50,
      'llm.cost.total': 0.0024,
      'input.value': 'Where is my order?',
    }
    const failing = {
      'langfuse.observation.type': 'tool',
      'langfuse.observation.level': 'ERROR',
      'langfuse.observation.status_message': 'no such order',
    }
    return [span(1, { attributes: agent }), span(2, { attributes: call }), span(3, { attributes: failing })]
  }).flat()
}

/** What the older mapping read of a span that it did not understand. */
function submit(server: TestServer, spans: readonly OtlpSpan[], older: boolean) {
  const mapped = spans.map((span) => {
    const one = mapSpan(span, server.clock.now())
    if (one.fault !== null) throw new Error(one.fault)
    if (!older) return one
    const unread = {
      agent: 'web',
      ownAgent: false,
      status: 'success',
      errorType: null,
      errorMessage: null,
      input: null,
      output: null,
    } as const
    const action = {
      ...one.action,
      ...unread,
      kind: 'other',
      name: span.name,
      provider: null,
      model: null,
      inputTokens: null,
      outputTokens: null,
      reportedCostNanoUsd: null,
      mappingVersion: mappingVersion - 1,
    } as const
    const execution =
      one.execution === null ? null : { ...one.execution, ...unread, namesAgent: false, conversationId: null }
    return { action, execution }
  })
  const actions = mapped.map(({ action }) => action)
  const executions = mapped.flatMap(({ execution }) => (execution === null ? [] : [execution]))
  return server.composed.ingest.submit(server.organizationId, { executions, actions, rejected: [] })
}

/** Everything that is stored of runs, with the names of agents and releases in place of their ids. */
async function stored(server: TestServer): Promise<unknown> {
  return await server.testStore.owner.migrate(async (sql) => {
    await sql.exec('set local role none')
    const dump = async (table: string, where: string, order: string) =>
      await sql.query(
        `select to_jsonb(x) - 'organization_id' - 'agent_id' - 'release_id' as row, a.name as agent, r.name as release
        from ${table} x join agent_registry a using (organization_id, agent_id)
        left join releases r on r.organization_id = x.organization_id and r.release_id::text = x.release_id::text
        where ${where} order by ${order}`,
      )
    return {
      executions: await dump('agent_executions', 'true', 'x.execution_id'),
      actions: await dump('agent_execution_logs', 'true', 'x.execution_id, x.action_id'),
      // A minute that an agent has lost holds zeros, where a fresh one holds none.
      rollups: await dump(
        'agent_rollups',
        'x.actions <> 0 or x.successes <> 0 or x.failures <> 0',
        'x.grain, x.start_at, a.name, r.name, x.environment',
      ),
      latencies: await dump(
        'agent_rollup_latencies',
        'x.executions <> 0',
        'x.grain, x.start_at, a.name, r.name, x.environment, x.bucket',
      ),
      costs: await dump(
        'cost_rollups',
        'x.priced_calls <> 0 or x.unpriced_calls <> 0 or x.reported_calls <> 0',
        'x.start_at, a.name, r.name, x.environment, x.model',
      ),
      releases: await sql.query(
        `select a.name as agent, r.name, r.execution_count from releases r
        join agent_registry a using (organization_id, agent_id) where r.execution_count <> 0 order by a.name, r.name`,
      ),
    }
  })
}

describeOnStores('reading spans again', (kind) => {
  let old: TestServer
  let fresh: TestServer
  beforeAll(async () => {
    old = await startTestServer(kind)
    fresh = await startTestServer(kind)
  })
  afterAll(async () => {
    await old.close()
    await fresh.close()
  })

  /** Everything that there is to do, step by step; null when that is nothing. */
  const run = async ({ dryRun = false, ...asked }: Partial<RemapDays> & { readonly dryRun?: boolean } = {}) => {
    const { deps, organizationId } = old
    const work = await deps.store.transaction({ organizationId }, (tx) => remapWork(tx, asked))
    if (work === null) return null
    const sums = { actions: 0, changed: 0, executions: 0 }
    let position: RemapPosition | null = null
    do {
      const at: RemapPosition | null = position
      const step: RemapStep = await deps.store.transaction({ organizationId }, (tx) =>
        remapNext(deps, tx, work.days, at, dryRun),
      )
      sums.actions += step.actions
      sums.changed += step.changed
      sums.executions += step.executions
      position = step.next
    } while (position !== null)
    expect(sums.actions).toBe(work.rows)
    return sums
  }

  test('T22: rows of an older mapping become what this one would have stored, with totals, rollups and costs', async () => {
    const runs = 130
    for (const [server, older] of [
      [old, true],
      [fresh, false],
    ] as const)
      for (let from = 0; from < runs * 3; from += 60)
        expect(await submit(server, spansOf(server, runs).slice(from, from + 60), older)).toMatchObject({ ok: true })
    const before = await stored(old)
    const counted = { actions: runs * 3, executions: runs, changed: runs * 3 }
    expect(await run({ dryRun: true })).toEqual(counted)
    expect(await stored(old)).toEqual(before)
    await old.newEvents()
    expect(await run()).toEqual(counted)
    expect(await stored(old)).toEqual(await stored(fresh))
    const events = (await old.newEvents()).filter(({ type }) => type === 'telemetry.rows.remapped')
    expect(events.map(({ payload }) => payload)).toMatchObject([
      { mappingVersion, actions: 300, executions: 100 },
      { mappingVersion, actions: 90, executions: 30 },
    ])
    // Nothing is left to do, and nothing changes.
    expect(await run()).toBe(null)
    expect(await stored(old)).toEqual(await stored(fresh))
  })

  test('days outside of the asked ones stay as they are', async () => {
    expect(await submit(old, spansOf(old, 140).slice(-3), true)).toMatchObject({ ok: true })
    expect(await run({ to: '2020-01-01' })).toBe(null)
    expect(await run()).toMatchObject({ actions: 3 })
  })
})
