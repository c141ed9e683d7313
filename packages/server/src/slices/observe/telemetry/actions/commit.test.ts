import type { ActionReportInput, ExecutionReportInput } from '@metaagent/contract'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMs, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { describeOnStores } from '../../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { chunksOf } from '../model/chunks.ts'
import { mapSpan } from '../model/otlp/map-span.ts'
import type { OtlpSpan } from '../model/otlp/span.ts'
import { readTelemetryBatch } from '../model/reports.ts'
import type { ActionRow, ExecutionRow } from '../model/rows.ts'
import { createIngest } from './ingest.ts'

// Two seconds before midnight: rows of one execution lie on two days.
const start = instantFromEpochMs(Date.UTC(2026, 0, 3, 23, 59, 58))
const now = instantFromEpochMs(Date.UTC(2026, 0, 4))

type Row = { readonly execution: ExecutionRow } | { readonly action: ActionRow }

const idOf = (number: number, length: number) => (number + 1).toString(16).padStart(length, '0')
const agentName = fc.constantFrom('planner', 'researcher', 'writer')
const model = fc.constantFrom('gpt-4.1', 'claude-sonnet-4-5', 'nobody-knows-this-model')
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const spanDraft = fc.record({
  parent: fc.nat({ max: 7 }),
  operation: fc.constantFrom('chat', 'execute_tool', 'invoke_agent', 'embeddings', undefined),
  offsetMs: fc.nat({ max: 4_000 }),
  tokens: maybe(fc.nat({ max: 5_000 })),
  agent: maybe(agentName),
  release: maybe(fc.constantFrom('r1', 'r2')),
  environment: maybe(fc.constantFrom('production', 'staging')),
  model,
  failed: fc.boolean(),
})
type SpanDraft = typeof spanDraft extends fc.Arbitrary<infer T> ? T : never

function rowsOfTrace(drafts: readonly SpanDraft[], rooted: boolean, execution: number): readonly Row[] {
  return drafts.flatMap((draft, index): readonly Row[] => {
    const attributes = {
      ...(draft.operation === undefined ? {} : { 'gen_ai.operation.name': draft.operation }),
      ...(draft.tokens === undefined
        ? {}
        : {
            'gen_ai.usage.input_tokens': draft.tokens,
            'gen_ai.usage.output_tokens': 7,
            'gen_ai.request.model': draft.model,
          }),
      ...(draft.agent === undefined ? {} : { 'gen_ai.agent.name': draft.agent }),
      ...(draft.release === undefined ? {} : { 'metaagent.release': draft.release }),
    }
    const parent = index === 0 ? (rooted ? '' : 'ffffffffffffffff') : idOf(draft.parent % index, 16)
    const startedAt = addMs(start, draft.offsetMs)
    const span: OtlpSpan = {
      traceId: idOf(execution, 32),
      spanId: idOf(index, 16),
      parentSpanId: parent,
      parentIsRemote: null,
      name: `span ${index}`,
      startedAt,
      endedAt: addMs(startedAt, 100 + index),
      attributes,
      events: [],
      status: draft.failed ? 'error' : 'ok',
      statusMessage: '',
      resource: {
        'service.name': `service-${draft.parent % 2}`,
        ...(draft.environment === undefined ? {} : { 'deployment.environment.name': draft.environment }),
      },
      scope: '',
    }
    const mapped = mapSpan(span, now)
    if (mapped.fault !== null) throw new Error(mapped.fault)
    return [{ action: mapped.action }, ...(mapped.execution === null ? [] : [{ execution: mapped.execution }])]
  })
}

const actionDraft = fc.record({
  kind: fc.constantFrom('llm', 'tool', 'agent'),
  parent: maybe(fc.nat({ max: 5 })),
  offsetMs: fc.nat({ max: 4_000 }),
  tokens: maybe(fc.nat({ max: 5_000 })),
  agent: agentName,
  release: maybe(fc.constantFrom('r1', 'r2')),
  status: fc.constantFrom('success', 'failure'),
  model,
})
const runDraft = fc.record({
  actions: fc.array(actionDraft, { maxLength: 5 }),
  startReported: fc.boolean(),
  endReported: fc.boolean(),
  agent: agentName,
  release: maybe(fc.constantFrom('r1', 'r2')),
  status: fc.constantFrom('success', 'failure', 'cancelled'),
})
type RunDraft = typeof runDraft extends fc.Arbitrary<infer T> ? T : never

function rowsOfRun(draft: RunDraft, execution: number): readonly Row[] {
  const executionId = idOf(execution, 32)
  const actions = draft.actions.map(({ offsetMs, tokens, parent, release, ...action }, index): ActionReportInput => {
    const startedAt = addMs(start, offsetMs)
    return {
      ...action,
      executionId,
      actionId: idOf(index, 16),
      ...(parent === undefined || parent >= index ? {} : { parentActionId: idOf(parent, 16) }),
      name: `step ${index}`,
      startedAt: toIso(startedAt),
      endedAt: toIso(addMs(startedAt, 250)),
      ...(release === undefined ? {} : { release }),
      ...(tokens === undefined ? {} : { usage: { inputTokens: tokens, outputTokens: 3 } }),
    }
  })
  const { agent, release, status } = draft
  const report = { executionId, agent, startedAt: toIso(start), ...(release === undefined ? {} : { release }) }
  const executions: ExecutionReportInput[] = [
    ...(draft.startReported ? [{ ...report, status: 'running', input: { task: execution } } as const] : []),
    ...(draft.endReported
      ? [{ ...report, status, endedAt: toIso(addMs(start, 5_000)), score: 0.5 } as ExecutionReportInput]
      : []),
  ]
  const read = readTelemetryBatch({ executions, actions }, now)
  if (!read.ok || read.value.rejected.length > 0) throw new Error('a drawn report does not fit the contract')
  return [
    ...read.value.executions.map((row) => ({ execution: row })),
    ...read.value.actions.map((row) => ({ action: row })),
  ]
}

const story = fc
  .record({
    traces: fc.array(fc.record({ spans: fc.array(spanDraft, { minLength: 1, maxLength: 7 }), rooted: fc.boolean() }), {
      maxLength: 2,
    }),
    runs: fc.array(runDraft, { maxLength: 2 }),
  })
  .map(({ traces, runs }) => [
    ...traces.flatMap(({ spans, rooted }, index) => rowsOfTrace(spans, rooted, index)),
    ...runs.flatMap((run, index) => rowsOfRun(run, 100 + index)),
  ])

/** Any order, any row again, cut anywhere, some batches at the same time. */
const telling = fc.record({
  keys: fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
  again: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  cuts: fc.array(fc.nat({ max: 6 }), { minLength: 20, maxLength: 20 }),
  together: fc.boolean(),
})
type Telling = typeof telling extends fc.Arbitrary<infer T> ? T : never

function batchesOf(rows: readonly Row[], { keys, again, cuts }: Telling): readonly (readonly Row[])[] {
  const told = [...rows, ...rows.filter((_, index) => again[index % again.length] === true)]
  const order = told
    .map((row, index) => [keys[index % keys.length] ?? 0, index, row] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const batches: Row[][] = []
  let left = 0
  for (const [, index, row] of order) {
    if (left === 0) {
      batches.push([])
      left = 1 + (cuts[index % cuts.length] ?? 0)
    }
    batches.at(-1)?.push(row)
    left -= 1
  }
  return batches
}

describeOnStores('storing rows', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  const submit = async (
    deps: Deps,
    organizationId: string,
    batches: readonly (readonly Row[])[],
    together: boolean,
  ) => {
    // Two of them, as two processes would be: they do not know what the other one stored.
    const ingests = [createIngest(deps, { maxWaitMs: 0 }), createIngest(deps, { maxWaitMs: 0 })]
    const send = async (batch: readonly Row[], index: number) => {
      const executions = batch.flatMap((row) => ('execution' in row ? row.execution : []))
      const actions = batch.flatMap((row) => ('action' in row ? row.action : []))
      const receipt = await ingests[index % 2]?.submit(organizationId, { executions, actions, rejected: [] })
      if (receipt?.ok !== true) throw new Error(JSON.stringify(receipt))
      const { accepted, duplicates } = receipt.value
      expect(accepted.actions + duplicates.actions).toBe(actions.length)
      expect(accepted.executions + duplicates.executions).toBe(executions.length)
      return accepted.actions
    }
    const stored = together
      ? await Promise.all(batches.map(send))
      : await batches.reduce<Promise<number[]>>(
          async (sent, batch, index) => [...(await sent), await send(batch, index)],
          Promise.resolve([]),
        )
    await Promise.all(ingests.map(async (ingest) => await ingest.close()))
    return stored.reduce((sum, count) => sum + count, 0)
  }

  test('T2: any order, repetition and cutting of the same rows leaves the same state and rollups', async () => {
    await fc.assert(
      fc.asyncProperty(story, telling, async (rows, how) => {
        const { deps } = server
        const [plain, told] = [deps.ids.uuid(), deps.ids.uuid()]
        const actions = rows.filter((row) => 'action' in row).length
        expect(await submit(deps, plain, [rows], false)).toBe(actions)
        expect(await submit(deps, told, batchesOf(rows, how), how.together)).toBe(actions)
        expect(await pictureOf(deps, told)).toEqual(await pictureOf(deps, plain))
      }),
      { numRuns: kind === 'pglite' ? 25 : 60, interruptAfterTimeLimit: 40_000 },
    )
  })

  test('T2: a step without tokens counts the same whether or not its run was settled again', async () => {
    const report = { executionId: idOf(102, 32), agent: 'writer', startedAt: toIso(start) }
    const step = { executionId: report.executionId, agent: 'planner', startedAt: toIso(start), endedAt: toIso(start) }
    const read = readTelemetryBatch(
      {
        executions: [{ ...report, status: 'success', endedAt: toIso(start) }],
        actions: [
          { ...step, actionId: idOf(0, 16), kind: 'agent', name: 'outer', status: 'success' },
          {
            ...step,
            actionId: idOf(1, 16),
            parentActionId: idOf(0, 16),
            kind: 'llm',
            name: 'inner',
            status: 'success',
            usage: { outputTokens: 3 },
          },
        ],
      },
      now,
    )
    if (!read.ok) throw new Error('the batch does not fit the contract')
    const executions = read.value.executions.map((execution) => ({ execution }))
    const actions = read.value.actions.map((action) => ({ action }))
    const { deps } = server
    const [plain, told] = [deps.ids.uuid(), deps.ids.uuid()]
    await submit(deps, plain, [[...executions, ...actions]], false)
    await submit(
      deps,
      told,
      [...actions, ...executions].map((row) => [row]),
      false,
    )
    expect(await pictureOf(deps, told)).toEqual(await pictureOf(deps, plain))
  })

  test('T10: the rollups, totals and counts of releases are those of a recount', async () => {
    await fc.assert(
      fc.asyncProperty(story, telling, async (rows, how) => {
        const { deps } = server
        const organizationId = deps.ids.uuid()
        await submit(deps, organizationId, batchesOf(rows, how), how.together)
        const { rollups, totals, releases } = await pictureOf(deps, organizationId)
        const recounted = await recountOf(deps, organizationId)
        expect(rollups).toEqual(recounted.rollups)
        expect(totals).toEqual(recounted.totals)
        expect(releases).toEqual(recounted.releases)
      }),
      { numRuns: kind === 'pglite' ? 15 : 40, interruptAfterTimeLimit: 40_000 },
    )
  })

  test('rows of one execution stay together when a request is cut into transactions', () => {
    const rows = Array.from({ length: 700 }, (_, index) =>
      rowsOfRun(
        {
          actions: [],
          startReported: true,
          endReported: true,
          agent: 'planner',
          release: undefined,
          status: 'success',
        },
        index,
      ),
    ).flat()
    const executions = rows.flatMap((row) => ('execution' in row ? row.execution : []))
    const chunks = chunksOf({ executions, actions: [] })
    expect(chunks.length).toBe(2)
    const ids = chunks.map((chunk) => new Set(chunk.executions.map(({ executionId }) => executionId)))
    expect([...(ids[0] ?? [])].some((id) => ids[1]?.has(id))).toBe(false)
    expect(chunks.flatMap((chunk) => chunk.executions).length).toBe(executions.length)
  })
})

interface Picture {
  readonly executions: unknown
  readonly actions: unknown
  readonly rollups: unknown
  readonly totals: unknown
  readonly releases: unknown
}

/** Everything that is stored of an organization, with names for ids; without the day an execution happens to lie under. */
async function pictureOf(deps: Deps, organizationId: string): Promise<Picture> {
  return await deps.store.transaction({ organizationId }, async (tx) => ({
    executions: await jsonRows(
      tx,
      sql`select to_jsonb(e) - '{organization_id,started_on,agent_id,release_id}'::text[] || jsonb_build_object('agent', a.name, 'release', r.name) as row
        from agent_executions e join agent_registry a using (organization_id, agent_id) left join releases r using (organization_id, release_id)
        where e.organization_id = ${organizationId} order by e.execution_id, e.started_on`,
    ),
    actions: await jsonRows(
      tx,
      sql`select to_jsonb(l) - '{organization_id,agent_id,release_id}'::text[] || jsonb_build_object('agent', a.name, 'release', r.name) as row
        from agent_execution_logs l join agent_registry a using (organization_id, agent_id) left join releases r using (organization_id, release_id)
        where l.organization_id = ${organizationId} order by l.execution_id, l.action_id`,
    ),
    rollups: await jsonRows(tx, rollupsOf(organizationId)),
    totals: await jsonRows(
      tx,
      sql`select jsonb_build_array(execution_id, actions, llm_calls, tool_calls, action_errors, input_tokens, output_tokens,
          cost_nano_usd, priced_calls, unpriced_calls, actions_reported_cost_nano_usd, first_action_on, last_action_on) as row
        from agent_executions where organization_id = ${organizationId} order by execution_id`,
    ),
    releases: await jsonRows(
      tx,
      sql`select jsonb_build_array(a.name, r.name, r.execution_count) as row
        from releases r join agent_registry a using (organization_id, agent_id)
        where r.organization_id = ${organizationId} and r.execution_count <> 0 order by 1`,
    ),
  }))
}

// Rows of zeros are what is left where something was counted and then moved away.
function rollupsOf(organizationId: string) {
  return sql`select jsonb_build_array(a.name, coalesce(r.name, ''), k.environment, k.start_at, k.successes, k.failures, k.cancelled,
      k.actions, k.action_errors, k.llm_calls, k.tool_calls, k.input_tokens, k.output_tokens, k.cost_nano_usd, k.priced_calls,
      k.unpriced_calls, (
        select coalesce(sum(l.executions), 0) from agent_rollup_latencies l
        where l.organization_id = k.organization_id and l.grain = k.grain and l.agent_id = k.agent_id and l.start_at = k.start_at
          and l.environment = k.environment and l.release_id = k.release_id
      )) as row
    from agent_rollups k join agent_registry a using (organization_id, agent_id)
      left join releases r on r.organization_id = k.organization_id and r.release_id::text = k.release_id
    where k.organization_id = ${organizationId} and k.grain = 'minute'
      and k.successes + k.failures + k.cancelled + k.actions <> 0
    order by 1`
}

async function jsonRows(tx: Tx, query: ReturnType<typeof sql>): Promise<readonly unknown[]> {
  const { rows } = await (query as ReturnType<typeof sql<{ row: unknown }>>).execute(tx.tables())
  return rows.map(({ row }) => row)
}

/** The same figures, counted from the stored rows alone. */
async function recountOf(
  deps: Deps,
  organizationId: string,
): Promise<Pick<Picture, 'rollups' | 'totals' | 'releases'>> {
  return await deps.store.transaction({ organizationId }, async (tx) => ({
    rollups: await jsonRows(
      tx,
      sql`with counted as (
          select agent_id, release_id, environment, date_trunc('minute', ended_at) as minute, 0 as successes, 0 as failures,
            0 as cancelled, 0 as measured, 1 as actions, (status = 'failure')::int as errors,
            (kind = 'llm' and counted)::int as llm, (kind = 'tool')::int as tool,
            case when counted then coalesce(input_tokens, 0) else 0 end as input,
            case when counted then coalesce(output_tokens, 0) else 0 end as output,
            case when counted then coalesce(cost_nano_usd, 0) else 0 end as cost,
            (counted and cost_nano_usd is not null)::int as priced,
            (counted and cost_nano_usd is null and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0)::int as unpriced
          from agent_execution_logs where organization_id = ${organizationId}
          union all
          select agent_id, release_id, environment, date_trunc('minute', coalesce(ended_at, started_at)), (status = 'success')::int,
            (status = 'failure')::int, (status = 'cancelled')::int, (ended_at is not null)::int, 0, 0, 0, 0, 0, 0, 0, 0, 0
          from agent_executions where organization_id = ${organizationId} and status in ('success', 'failure', 'cancelled')
        )
        select jsonb_build_array(a.name, coalesce(r.name, ''), c.environment, c.minute, sum(successes), sum(failures), sum(cancelled),
          sum(actions), sum(errors), sum(llm), sum(tool), sum(input), sum(output), sum(cost), sum(priced), sum(unpriced), sum(measured)) as row
        from counted c join agent_registry a on a.organization_id = ${organizationId} and a.agent_id = c.agent_id
          left join releases r on r.organization_id = a.organization_id and r.release_id = c.release_id
        group by a.name, r.name, c.environment, c.minute order by 1`,
    ),
    totals: await jsonRows(
      tx,
      sql`select jsonb_build_array(e.execution_id, count(l), count(l) filter (where l.kind = 'llm' and l.counted),
          count(l) filter (where l.kind = 'tool'), count(l) filter (where l.status = 'failure'),
          sum(l.input_tokens) filter (where l.counted), sum(l.output_tokens) filter (where l.counted),
          sum(l.cost_nano_usd) filter (where l.counted), count(l) filter (where l.counted and l.cost_nano_usd is not null),
          count(l) filter (where l.counted and l.cost_nano_usd is null and coalesce(l.input_tokens, 0) + coalesce(l.output_tokens, 0) > 0),
          sum(l.reported_cost_nano_usd) filter (where l.counted), min(l.started_on), max(l.started_on)) as row
        from agent_executions e left join agent_execution_logs l using (organization_id, execution_id)
        where e.organization_id = ${organizationId} group by e.execution_id order by e.execution_id`,
    ),
    releases: await jsonRows(
      tx,
      sql`select jsonb_build_array(a.name, r.name, count(*)) as row
        from agent_executions e join agent_registry a using (organization_id, agent_id) join releases r using (organization_id, release_id)
        where e.organization_id = ${organizationId} group by a.name, r.name order by 1`,
    ),
  }))
}
