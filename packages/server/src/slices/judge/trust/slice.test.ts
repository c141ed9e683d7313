import type { JudgeTrustPage, MetricTrustList, TrustEntryPage, TrustHistory } from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import type { NewJudgment } from '../../../ports/judgments.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { goldOf, itemKeyOf, trustOf } from './index.ts'

let nextKey = 0

describeOnStores('trust', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const inOrganization = <T>(work: Parameters<TestServer['deps']['store']['transaction']>[1]) =>
    server.deps.store.transaction({ organizationId: server.organizationId }, work) as Promise<T>

  /** A judge's word on an artifact. */
  const said = (judge: string, metric: string, item: string, pass: boolean, more: Partial<NewJudgment> = {}) => ({
    executionId: null,
    actionId: null,
    subject: { kind: 'artifact' as const, id: item },
    metric,
    verdict: pass ? ('qa_success' as const) : ('qa_failure' as const),
    score: null,
    label: null,
    explanation: null,
    judge,
    judgeKind: 'model' as const,
    source: 'test',
    observedAt: server.clock.now(),
    idempotencyKey: `${nextKey++}`,
    recordedBy: { kind: 'system' as const, id: 'test' },
    ...more,
  })
  const truth = (metric: string, item: string, pass: boolean) =>
    said('the world', metric, item, pass, { judgeKind: 'outcome', gold: true })

  const record = async (rows: readonly NewJudgment[]) => {
    await inOrganization((tx) => server.deps.recordJudgments(tx, rows))
    await server.composed.journal.runOnce()
  }
  const label = async (metric: string, item: string, verdict: 'pass' | 'fail' | null) => {
    const subject = { kind: 'artifact', id: item }
    const body = { labels: [{ subject, metric, verdict }] }
    expect(await server.request('POST', '/api/v1/qa/labels', { body })).toMatchObject({ status: 200 })
    await server.composed.journal.runOnce()
  }
  const get = async <Body>(path: string) => {
    const reply = await server.request<Body>('GET', path)
    expect(reply.status, JSON.stringify(reply.body)).toBe(200)
    return reply.body
  }
  const judges = async (metric: string) =>
    (await get<z.infer<typeof JudgeTrustPage>>(`/api/v1/judges?metric=${metric}`)).items
  const entries = async (metric: string) =>
    (await get<z.infer<typeof TrustEntryPage>>(`/api/v1/trust/journal?metric=${metric}`)).items
  const trustEvents = async () => (await server.newEvents()).filter(({ type }) => type.startsWith('trust.'))

  test('TR10: a verdict is audited once, whether it or its gold comes first, and the event that told it is the cause', async () => {
    const first = said('early', 'once', 'a', true)
    await record([first])
    expect(await entries('once')).toEqual([])
    await server.newEvents()
    await record([truth('once', 'a', true)])
    const [change, ...others] = await trustEvents()
    expect(others).toEqual([])
    const gold = (await entries('once'))[0]
    expect(change).toMatchObject({ type: 'trust.evidence.changed', causationId: gold?.causationId })
    const early = { judge: 'early', said: 'pass', gold: 'pass', was: null, before: { reliability: null, authority: 0 } }
    expect(change?.payload).toMatchObject({ metric: 'once', changes: [early] })
    await record([said('late', 'once', 'a', false), first, said('early', 'once', 'a', false)])
    expect((await entries('once')).map(({ seq: _, ...entry }) => entry)).toMatchObject([
      { judge: 'late', kind: 'audited', said: 'fail', gold: 'pass', goldFrom: 'judgment', weight: 1 },
      { judge: 'early', kind: 'audited', said: 'pass', gold: 'pass', goldId: gold?.goldId },
    ])
    const known = Object.fromEntries((await judges('once')).map((one) => [one.judge, one]))
    expect(known['early']).toMatchObject({
      verdicts: 2,
      auditedVerdicts: 1,
      reliability: expect.closeTo(7 / 12, 12),
      passesFound: 1,
    })
    expect(known['late']).toMatchObject({ verdicts: 1, auditedVerdicts: 1, standing: 'unproven', authority: 0 })
    expect(known['the world']).toMatchObject({ auditedVerdicts: 0, reliability: null, confusion: null })
  })

  test('TR11: a label that changes or is taken back is a further entry, which moves what is left of the verdict', async () => {
    await record([said('judge', 'corrected', 'a', true)])
    await label('corrected', 'a', 'pass')
    await label('corrected', 'a', 'fail')
    await label('corrected', 'a', null)
    await label('corrected', 'a', 'fail')
    expect(await entries('corrected')).toMatchObject([
      { kind: 'corrected', was: null, gold: 'fail', weight: 1, goldFrom: 'label' },
      { kind: 'corrected', was: 'fail', gold: null, weight: 1, reliability: null },
      { kind: 'corrected', was: 'pass', gold: 'fail', weight: 1, halfLifeVerdicts: null },
      { kind: 'audited', was: null, gold: 'pass', weight: 1, halfLifeVerdicts: 200 },
    ])
    expect(await judges('corrected')).toMatchObject([
      { auditedVerdicts: 1, confusion: { failSaidPass: 1, passSaidPass: 0 }, passesFound: null, failsFound: 0 },
    ])
    const item = { subject: { kind: 'artifact' as const, id: 'a' }, metric: 'corrected' }
    const gold = await inOrganization<ReadonlyMap<string, unknown>>((tx) => goldOf(tx, [item]))
    expect(gold.get(itemKeyOf(item))).toMatchObject({ verdict: 'fail', from: 'label', author: null })
  })

  test('TR12: a label wins over a gold judgment, which is audited by it; the author of gold is not, nor what is synthetic', async () => {
    const abstained = said('unsure', 'excluded', 'a', true, { verdict: null, notice: { type: 'qa_warning' } })
    const tried = said('probe', 'excluded', 'a', false, { synthetic: true })
    await record([truth('excluded', 'a', true), tried, abstained])
    expect((await entries('excluded')).map(({ judge, said: word }) => [judge, word])).toEqual([['unsure', 'abstain']])
    await label('excluded', 'a', 'fail')
    expect((await entries('excluded')).map(({ judge, was, gold }) => [judge, was, gold])).toEqual([
      ['unsure', 'pass', 'fail'],
      ['the world', null, 'fail'],
      ['unsure', null, 'pass'],
    ])
    expect((await judges('excluded')).map(({ judge }) => judge)).toEqual(['the world', 'unsure'])
  })

  test('TR13: a judge that becomes unreliable is suspended, and restored with its performance, each told with why', async () => {
    const series = async (from: number, count: number, right: boolean) => {
      const items = Array.from({ length: count }, (_, at) => `${from + at}`)
      await record(
        items.flatMap((item, at) => [
          said('waning', 'standing', item, (at % 2 === 0) === right),
          truth('standing', item, at % 2 === 0),
        ]),
      )
    }
    await series(0, 20, true)
    expect((await judges('standing'))[1]).toMatchObject({ judge: 'waning', standing: 'trusted' })
    await trustEvents()
    await series(20, 40, false)
    const suspended = (await server.newEvents()).filter(({ type }) => /trust\.judge/.test(type))
    expect(suspended).toMatchObject([
      {
        type: 'trust.judge.suspended',
        payload: { judge: 'waning', authority: 0, because: { rule: 'authority-lost' } },
      },
      { type: 'decision.trust.judge', payload: { verdict: 'suspended' }, causationId: suspended[0]?.eventId },
    ])
    expect((await judges('standing'))[1]).toMatchObject({ standing: 'suspended', authority: 0 })
    await series(60, 120, true)
    const restored = (await server.newEvents()).filter(({ type }) => /trust\.judge/.test(type))
    expect(restored).toMatchObject([
      { type: 'trust.judge.restored', payload: { because: { rule: 'authority-back', limit: 0.5 } } },
      { payload: { verdict: 'restored' } },
    ])
    const trusted = await inOrganization<Awaited<ReturnType<typeof trustOf>>>((tx) =>
      trustOf(server.deps, tx, 'standing'),
    )
    expect(trusted.find(({ judge }) => judge === 'waning')).toMatchObject({ standing: 'trusted' })
    const asked = '/api/v1/judges/waning/trust?metric=standing&points=10'
    const history = await get<z.infer<typeof TrustHistory>>(asked)
    expect(history).toMatchObject({ entries: 180, judge: 'waning' })
    expect(history.points).toHaveLength(10)
    expect(history.points.some(({ authority }) => authority === 0)).toBe(true)
    expect(history.points.at(-1)?.authority).toBeGreaterThan(0)
    expect(await server.request('GET', '/api/v1/judges/nobody/trust?metric=standing')).toMatchObject({ status: 404 })
  })

  test('TR14: the journal is compacted into snapshots that replay to the stored state; only entries behind one may go', async () => {
    const change = async (key: string, value: number) => {
      const body = { value, reason: 'test' }
      return await server.request<{ approvalId?: string }>('PUT', `/api/v1/tunables/${key}`, { body })
    }
    expect(await change('trust.snapshot_every_entries', 10)).toMatchObject({ status: 200 })
    await server.newEvents()
    await server.composed.jobs.runAll()
    const [compacted, ...more] = await trustEvents()
    expect(more).toEqual([])
    if (compacted === undefined) expect.fail('nothing was compacted')
    const { seq, stateSha256 } = compacted.payload as { seq: number; stateSha256: string }
    expect(compacted).toMatchObject({ type: 'trust.journal.compacted', payload: { entries: seq } })
    const count = async (table: string) => {
      const { rows } = await inOrganization<{ rows: { n: number; first: number }[] }>((tx) =>
        sql.raw(`select count(*)::int as n, min(seq)::int as first from ${table}`).execute(tx.tables()),
      )
      return rows[0]
    }
    expect(await count('trust_journal')).toEqual({ n: seq, first: 1 })
    const asServer = (statement: string) => inOrganization((tx) => sql.raw(statement).execute(tx.tables()))
    for (const statement of ['delete from trust_journal', 'update trust_journal set weight = 1'])
      await expect(asServer(statement)).rejects.toThrow(/permission denied/)
    await expect(asServer(`select metaagent_retire_trust_journal(${seq + 1}, now())`)).rejects.toThrow(/not covered/)
    // Ten years later the entries behind the snapshot are let go, and trust is what it was.
    const before = await judges('standing')
    server.clock.advance(3_651 * 86_400_000)
    await server.newEvents()
    await server.composed.jobs.runAll()
    expect((await trustEvents()).map(({ type, payload }) => [type, payload])).toEqual([
      ['trust.journal.retired', { throughSeq: seq, entries: seq, snapshotSeq: seq, stateSha256 }],
    ])
    expect(await count('trust_journal')).toEqual({ n: 0, first: null })
    expect(await judges('standing')).toEqual(before)
    const later = Array.from({ length: 12 }, (_, at) => `later ${at}`)
    await record(later.flatMap((item) => [said('waning', 'standing', item, true), truth('standing', item, true)]))
    await server.newEvents()
    await server.composed.jobs.runAll()
    expect((await trustEvents()).map(({ type, payload }) => [type, payload])).toMatchObject([
      ['trust.journal.compacted', { seq: seq + 12, entries: 12 }],
    ])
  })

  test('TR15: a stored state that the journal does not replay to is told once, and no snapshot is made of it', async () => {
    const items = Array.from({ length: 12 }, (_, at) => `tampered ${at}`)
    await record(items.flatMap((item) => [said('waning', 'standing', item, true), truth('standing', item, true)]))
    const tamper = (by: number) =>
      inOrganization((tx) =>
        sql`update trust_evidence set verdicts = verdicts + ${by}::int8 where judge = 'waning' and metric = 'standing'`.execute(
          tx.tables(),
        ),
      )
    await tamper(1)
    await server.newEvents()
    await server.composed.jobs.runAll()
    await server.composed.jobs.runAll()
    expect((await trustEvents()).map(({ type }) => type)).toEqual(['trust.journal.diverged'])
    await tamper(-1)
    await server.composed.jobs.runAll()
    expect((await trustEvents()).map(({ type }) => type)).toEqual(['trust.journal.compacted'])
  })

  test('TR7, TR8, TR9: effective votes, copies and order effects of a metric are measured from its latest items', async () => {
    const items = Array.from({ length: 80 }, (_, at) => at)
    const by = (at: number, prime: number) => (at * prime) % 10 < 7
    const words = items.flatMap((at) => [
      truth('panel', `${at}`, at % 2 === 0),
      said('one', 'panel', `${at}`, (at % 2 === 0) === by(at, 3)),
      said('its copy', 'panel', `${at}`, (at % 2 === 0) === by(at, 3)),
      said('other', 'panel', `${at}`, (at % 2 === 0) === by(at + 5, 7)),
      said('swayed', 'panel', `${at}`, at % 4 < 2, { order: 'as-given' }),
      said('swayed', 'panel', `${at}`, false, { order: 'swapped' }),
    ])
    await record(words)
    await server.composed.jobs.runAll()
    const path = '/api/v1/trust/metrics?metric=panel'
    const [metric] = (await get<z.infer<typeof MetricTrustList>>(path)).items
    expect(metric).toMatchObject({
      metric: 'panel',
      items: 80,
      auditedItems: 80,
      judges: 5,
      auditedVerdicts: 400,
      independence: { basis: 'audited-errors' },
      orderEffects: [{ judge: 'swayed', pairs: 80, passOnlyAsGiven: 40, favoursAnOrder: true }],
    })
    expect(metric?.pairs[0]).toMatchObject({ first: 'its copy', second: 'one', isCopy: true, agreement: 1 })
    expect(metric?.independence?.effectiveVotes).toBeLessThan(4)
    expect((await judges('panel')).map(({ judge, copies }) => [judge, copies])).toEqual([
      ['its copy', ['one']],
      ['one', ['its copy']],
      ['other', []],
      ['swayed', []],
      ['the world', []],
    ])
  })

  test('a correct verdict costs what the agent of the judge’s name spent, and is unknown where a call has no price', async () => {
    const report = async (agent: string, model: string, n: number) => {
      const times = (ms: number) => new Date(server.clock.now() - ms).toISOString()
      const executionId = n.toString(16).padStart(32, 'c')
      const run = { agent, startedAt: times(2_000), endedAt: times(1_000), status: 'success' }
      const call = {
        kind: 'llm',
        name: 'judge',
        provider: 'openai',
        model,
        usage: { inputTokens: 1_000, outputTokens: 0 },
      }
      const actions = [{ ...run, ...call, executionId, actionId: n.toString(16).padStart(16, 'c') }]
      const body = { executions: [{ ...run, executionId }], actions }
      expect(await server.request('POST', '/api/v1/telemetry', { body })).toMatchObject({ status: 200 })
    }
    await report('paid', 'gpt-4.1', 1)
    await report('unpriced', 'model-of-our-own', 2)
    const items = ['a', 'b']
    const words = items.flatMap((item) =>
      ['paid', 'unpriced', 'no agent'].map((judge) => said(judge, 'cost', item, true)),
    )
    await record([...words, ...items.map((item) => truth('cost', item, true))])
    const known = Object.fromEntries((await judges('cost')).map((one) => [one.judge, one]))
    // 1,000 tokens at $2 a million are 2,000,000 nano-dollars, for two verdicts.
    const { reliability, costNanoUsdPerCorrectVerdict } = known['paid'] ?? expect.fail('no such judge')
    expect(costNanoUsdPerCorrectVerdict).toBe(Math.round(1_000_000 / (reliability ?? 0)))
    for (const judge of ['unpriced', 'no agent', 'the world'])
      expect(known[judge]?.costNanoUsdPerCorrectVerdict, judge).toBeNull()
  })

  test('pages of judges and of the journal neither repeat nor leave out, and refuse foreign cursors', async () => {
    const walk = async (path: string) => {
      const seen: unknown[] = []
      let cursor: string | null = null
      do {
        const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const page: { items: { judge: string; metric: string; seq?: number }[]; nextCursor: string | null } = await get(
          `${path}${more}`,
        )
        seen.push(...page.items.map(({ judge, metric, seq }) => seq ?? `${metric}/${judge}`))
        cursor = page.nextCursor
      } while (cursor !== null)
      return seen
    }
    const all = (await get<z.infer<typeof JudgeTrustPage>>('/api/v1/judges?limit=200')).items
    expect(await walk('/api/v1/judges?limit=2')).toEqual(all.map(({ metric, judge }) => `${metric}/${judge}`))
    expect((await walk('/api/v1/trust/journal?metric=panel&limit=150')).length).toBe(400)
    for (const path of ['/api/v1/judges', '/api/v1/trust/journal'])
      expect(await server.request('GET', `${path}?cursor=foreign`)).toMatchObject({ status: 400 })
  })

  test('another model of trust gives other figures of the same evidence', async () => {
    const body = { value: 'mean', reason: 'test' }
    const asked = await server.request('PUT', '/api/v1/tunables/trust.model', { body })
    expect(asked.status, JSON.stringify(asked.body)).toBe(409)
    const [before] = await judges('once')
    await inOrganization((tx) =>
      sql`insert into tunable_values (organization_id, key, version, value, reason, changed_by, changed_at)
        values (${server.organizationId}::uuid, 'trust.model', 1, '"mean"', 'test', 'test', now())`.execute(
        tx.tables(),
      ),
    )
    const { model, items } = await get<z.infer<typeof JudgeTrustPage>>('/api/v1/judges?metric=once')
    expect(model).toBe('mean')
    expect(items[0]?.confusion).toEqual(before?.confusion)
    expect(items[0]?.authority).toBeGreaterThan(before?.authority ?? 1)
  })
})
