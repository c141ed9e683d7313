import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  ApprovalRequest,
  Arbitration,
  ArbitrationDetail,
  ArbitrationDryRunResult,
  ArbitrationMetrics,
  ArbitrationRules,
  ArbitrationRulesHistory,
  ArbitrationRulesState,
  Audit,
  JournalEvent,
} from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { tokenOfLink } from '../../../testkit/people-server.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createJournalWorker } from '../../govern/journal/index.ts'
import { ArbitrationEngine, arbitrationSlice } from './index.ts'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}
type RulesState = z.infer<typeof ArbitrationRulesState>
type Refused = { readonly code: string; readonly detail: string; readonly action: Record<string, unknown> }
type Said = Readonly<Record<string, 'pass' | 'fail' | 'warn'>>

const rulesOf = (agents: ArbitrationRules['agents'], mistakes: ArbitrationRules['mistakes'] = []) => {
  return { version: 1, agents, mistakes } satisfies ArbitrationRules
}
const priorityOf = (judge: string, priority: number, veto: 'none' | 'fail' = 'none') => {
  return { judge, priority, veto, metrics: null }
}

describeOnStores('arbitration', (kind) => {
  let server: TestServer
  let folder: string
  const rulesFile = () => join(folder, 'governance_rules.json')
  const logFile = () => join(folder, 'logs/deep/arbitrations.jsonl')
  const shipped = JSON.parse(
    readFileSync(new URL('../../../../config/governance_rules.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>
  const writeRules = (arbitration: unknown) => writeFileSync(rulesFile(), JSON.stringify({ ...shipped, arbitration }))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'metaagent-arbitration-'))
    writeRules(shipped['arbitration'])
    server = await startTestServer(kind, {
      settings: {
        governanceRulesFile: rulesFile(),
        arbitrationLog: { path: logFile(), rotateBytes: 20_000, keep: 2 },
      },
    })
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  let count = 0
  const freshId = () => `report-${++count}`
  const types = { pass: 'qa_success', fail: 'qa_failure', warn: 'qa_warning' } as const
  const eventsOf = (id: string, metric: string, said: Said) =>
    Object.entries(said).map(([judge, word]) => ({
      type: types[word],
      judge: judge.replace(/ \(swapped\)$/, ''),
      ...(judge.endsWith(' (swapped)') ? { order: 'swapped' } : {}),
      judgeKind: 'model',
      subject: { kind: 'artifact', id },
      metric,
      correlationId: `story of ${id}`,
    }))
  const post = async (path: string, body: unknown) => {
    const reply = await server.request<Record<string, unknown>>('POST', `/api/v1${path}`, { body })
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    return reply.body
  }
  const send = async (items: readonly { readonly id: string; readonly metric: string; readonly said: Said }[]) => {
    const events = items.flatMap(({ id, metric, said }) => eventsOf(id, metric, said))
    for (let at = 0; at < events.length; at += 300)
      expect(await post('/qa/events', { events: events.slice(at, at + 300) })).toMatchObject({ rejected: [] })
  }
  const say = async (metric: string, said: Said, id = freshId()) => {
    await send([{ id, metric, said }])
    await deliver()
    return id
  }
  const label = async (metric: string, golds: readonly (readonly [string, 'pass' | 'fail'])[]) => {
    const labels = golds.map(([id, verdict]) => ({ subject: { kind: 'artifact', id }, metric, verdict }))
    await post('/qa/labels', { labels })
    await deliver()
  }
  /** What subscribers do, without any job. */
  const deliver = async () => {
    while ((await server.composed.journal.runOnce()) > 0);
  }
  const job = async (name: string) => {
    const found = arbitrationSlice.jobs.find((one) => one.name === `arbitration.${name}`)
    if (found === undefined) throw new Error(`no job ${name}`)
    await found.run(server.deps)
  }
  const get = async <Body>(path: string) => (await server.request<Body>('GET', `/api/v1${path}`)).body
  const list = async (query: string) => (await get<Page<Arbitration>>(`/arbitrations?${query}`)).items
  const verdictOn = async (metric: string, id: string) => {
    const [found] = await list(`metric=${metric}&subjectKind=artifact&subjectId=${id}`)
    if (found === undefined) throw new Error(`nothing was decided on ${id}`)
    return found
  }
  const auditOf = async (metric: string, id: string, state = 'open') =>
    (await get<Page<Audit>>(`/audits?metric=${metric}&state=${state}&limit=200`)).items.find(
      ({ subject }) => subject.id === id,
    )
  const told = async (type: string): Promise<readonly JournalEvent[]> =>
    (await server.newEvents()).filter((event) => event.type === type)
  const metricOf = async (metric: string) =>
    (await get<ArbitrationMetrics>('/arbitration/metrics')).items.find((one) => one.metric === metric)

  let second: Readonly<Record<string, string>> | null = null
  const secondAdmin = async () => {
    if (second !== null) return second
    const made = await post('/identity/users', { email: 'second@example.com', role: 'admin' })
    const linkToken = tokenOfLink(String(made['signInLink']))
    const { headers } = await server.request('POST', '/api/v1/auth/sign-in', { key: null, body: { linkToken } })
    const cookie = /metaagent_session=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0] ?? ''
    second = { cookie, 'sec-fetch-site': 'same-origin' }
    return second
  }
  /** A change that needs an approval: first refused, then done with one that a second admin gave. */
  const putApproved = async <Body>(path: string, body: Record<string, unknown>) => {
    const refused = await server.request<Refused>('PUT', `/api/v1${path}`, { body })
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required' } })
    const asked = await post('/approvals', { ...refused.body.action, reason: 'r' })
    const { approvalId, actionDigest } = asked as unknown as ApprovalRequest
    await server.request('POST', `/api/v1/approvals/${approvalId}/votes`, {
      key: null,
      headers: await secondAdmin(),
      body: { verdict: 'approve', actionDigest },
    })
    return server.request<Body>('PUT', `/api/v1${path}`, { body: { ...body, approvalId } })
  }
  /** Sixty reports on which QA is right, Frontend says pass, and Backend is wrong on every third. */
  const teach = async (metric: string, items = 60) => {
    const truth = (at: number): 'pass' | 'fail' => (at % 2 === 0 ? 'pass' : 'fail')
    const rows = Array.from({ length: items }, (_, at) => {
      const other: 'pass' | 'fail' = truth(at) === 'pass' ? 'fail' : 'pass'
      return {
        id: freshId(),
        metric,
        said: { QA: truth(at), Frontend: 'pass' as const, Backend: at % 3 === 0 ? other : truth(at) },
        gold: truth(at),
      }
    })
    await send(rows)
    await deliver()
    await label(
      metric,
      rows.map(({ id, gold }) => [id, gold] as const),
    )
    return rows
  }

  test('AR15: one judge is not arbitrated; with the second a verdict falls in the story of its event', async () => {
    const id = await say('one-then-two', { QA: 'pass' })
    expect(await list(`metric=one-then-two`)).toEqual([])
    await server.newEvents()
    await say('one-then-two', { Backend: 'pass' }, id)
    const found = await verdictOn('one-then-two', id)
    expect(found).toMatchObject({
      outcome: 'decided',
      winner: 'pass',
      policy: 'majority',
      fitVersion: null,
      policyBecause: { rule: 'no-fit-yet' },
      dissent: [],
      correlationId: `story of ${id}`,
      supersedes: null,
      isCurrent: true,
      votes: [
        { judge: 'Backend', verdict: 'pass', weight: 1 },
        { judge: 'QA', verdict: 'pass', weight: 1 },
      ],
    })
    const events = await server.newEvents()
    const [arbitrated] = events.filter(({ type }) => type === 'qa_arbitration')
    expect(arbitrated).toMatchObject({
      eventId: found.eventId,
      correlationId: found.correlationId,
      causationId: found.causationId,
      payload: { arbitrationId: found.arbitrationId, winner: 'pass', confidenceGap: 1 },
    })
    expect(events.find(({ eventId }) => eventId === found.causationId)?.type).toBe('qa_success')
    const [mirror] = events.filter(({ type }) => type === 'decision.arbitration.verdict')
    expect(mirror).toMatchObject({ causationId: found.eventId, payload: { verdict: 'pass' } })
  })

  test('AR15: two orders of one judge are one judge, synthetic verdicts and old news none', async () => {
    const id = await say('orders', { QA: 'pass', 'QA (swapped)': 'fail' })
    const synthetic = eventsOf(id, 'orders', { Backend: 'pass' }).map((event) => ({ ...event, judgeKind: 'code' }))
    await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
      server.deps.recordJudgments(tx, [
        {
          subject: { kind: 'artifact', id },
          executionId: null,
          actionId: null,
          metric: 'orders',
          verdict: 'qa_success',
          score: null,
          label: null,
          explanation: null,
          judge: 'Backend',
          judgeKind: 'code',
          synthetic: true,
          source: 'test',
          observedAt: server.clock.now(),
          idempotencyKey: 'synthetic',
          recordedBy: { kind: 'system', id: 'test' },
        },
      ]),
    )
    await deliver()
    expect(await list('metric=orders')).toEqual([])
    await send([{ id, metric: 'orders', said: { Backend: 'pass' } }])
    await deliver()
    const before = await verdictOn('orders', id)
    expect(before.votes.map(({ judge, order }) => [judge, order])).toEqual([
      ['Backend', null],
      ['QA', null],
      ['QA', 'swapped'],
    ])
    const observedAt = new Date(server.clock.now() - 3_600_000).toISOString()
    await post('/qa/events', { events: synthetic.map((event) => ({ ...event, type: 'qa_failure', observedAt })) })
    await deliver()
    expect((await verdictOn('orders', id)).arbitrationId).toBe(before.arbitrationId)
  })

  test('AR15: what is exempt is not decided until the exemption has ended', async () => {
    const id = freshId()
    const [exemption] = eventsOf(id, 'exempt', { Owner: 'pass' })
    const expiresAt = new Date(server.clock.now() + 60_000).toISOString()
    await post('/qa/events', { events: [{ ...exemption, type: 'qa_exemption', explanation: 'Not ours.', expiresAt }] })
    await say('exempt', { QA: 'pass', Backend: 'pass' }, id)
    await label('exempt', [[id, 'pass']])
    expect(await list('metric=exempt')).toEqual([])
    server.clock.advance(60_001)
    await say('exempt', { Architect: 'pass' }, id)
    expect(await verdictOn('exempt', id)).toMatchObject({ outcome: 'labelled', votes: { length: 3 } })
  })

  test('AR16: a further vote and a label supersede, and what was decided before stays readable', async () => {
    const id = await say('history', { QA: 'pass', Backend: 'pass' })
    const first = await verdictOn('history', id)
    await say('history', { Architect: 'fail', Frontend: 'fail' }, id)
    const next = await verdictOn('history', id)
    expect(next).toMatchObject({ outcome: 'escalated', supersedes: first.arbitrationId, confidenceGap: 0 })
    await label('history', [[id, 'pass']])
    const last = await verdictOn('history', id)
    expect(last).toMatchObject({
      outcome: 'labelled',
      winner: 'pass',
      supersedes: next.arbitrationId,
      dissent: ['Architect', 'Frontend'],
      because: { rule: 'truth-known', limit: 'pass' },
    })
    const detail = await get<ArbitrationDetail>(`/arbitrations/${first.arbitrationId}`)
    expect(detail).toMatchObject({ isCurrent: false, winner: 'pass', outcome: 'decided' })
    expect(detail.history.map(({ arbitrationId }) => arbitrationId)).toEqual([
      last.arbitrationId,
      next.arbitrationId,
      first.arbitrationId,
    ])
    expect(await list('metric=history')).toHaveLength(1)
    expect(await list('metric=history&superseded=true')).toHaveLength(3)
    const { body } = await server.request<Page<Arbitration>>(
      'GET',
      '/api/v1/arbitrations?metric=history&superseded=true&limit=2',
    )
    const rest = await list(
      `metric=history&superseded=true&limit=2&cursor=${encodeURIComponent(body.nextCursor ?? '')}`,
    )
    expect([...body.items, ...rest].map(({ arbitrationId }) => arbitrationId)).toEqual(
      detail.history.map(({ arbitrationId }) => arbitrationId),
    )
  })

  test('AR17, AR14: enough labels are learnt from, and a verdict names its fit and every policy’s bound', async () => {
    const metric = 'learnt'
    await teach(metric)
    await server.newEvents()
    await job('fit')
    const [made] = await told('arbitration.fit.made')
    expect(made).toMatchObject({ payload: { metric, version: 1, choice: 'auto', audits: 60, items: 60 } })
    await job('fit')
    expect(await told('arbitration.fit.made')).toEqual([])
    const id = await say(metric, { QA: 'fail', Frontend: 'pass', Backend: 'pass' })
    const found = await verdictOn(metric, id)
    expect(found).toMatchObject({ winner: 'fail', policy: 'audited', fitVersion: 1, dissent: ['Backend', 'Frontend'] })
    const [, frontend, qa] = found.votes
    expect(qa?.weight).toBeGreaterThan(frontend?.weight ?? 9)
    expect(found.standings).toHaveLength(5)
    const detail = await get<ArbitrationDetail>(`/arbitrations/${found.arbitrationId}`)
    expect(detail.fit).toMatchObject({ version: 1, audits: 60 })
    expect(made?.payload).toMatchObject({ digest: detail.fit?.digest })
    expect(detail.standings[0]?.effectiveCount).toBeCloseTo(60, 0)
    expect(await metricOf(metric)).toMatchObject({ policy: 'audited', fitVersion: 1, audits: 60 })
    expect(await list(`metric=${metric}&dissenting=Backend&winner=fail&outcome=${found.outcome}`)).toContainEqual(found)
    const stranger = await say(metric, { Newcomer: 'fail', Another: 'pass' })
    expect(await verdictOn(metric, stranger)).toMatchObject({
      policy: 'majority',
      policyBecause: { rule: 'judges-unknown-to-the-fit' },
    })
  })

  test('AR18, AR10: what is too close goes to a human, whose label settles it and counts by its probability', async () => {
    const metric = 'close'
    const id = await say(metric, { QA: 'pass', Backend: 'fail' })
    const audit = await auditOf(metric, id)
    expect(audit).toMatchObject({ kind: 'escalation', state: 'open', probability: 1, verdict: null })
    await server.newEvents()
    const path = `/audits/${audit?.auditId}`
    expect(await post(`${path}/label`, { verdict: 'fail', explanation: 'It is late.' })).toMatchObject({
      state: 'labelled',
      verdict: 'fail',
      closedBy: expect.stringMatching(/^api_key:/),
    })
    expect((await told('arbitration.audit.closed'))[0]).toMatchObject({ payload: { state: 'labelled', metric } })
    await deliver()
    expect(await verdictOn(metric, id)).toMatchObject({ outcome: 'labelled', winner: 'fail' })
    const again = await server.request<Refused>('POST', `/api/v1${path}/label`, { body: { verdict: 'pass' } })
    expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } })
    const other = await say(metric, { QA: 'pass', Backend: 'fail' })
    const skipped = await auditOf(metric, other)
    expect(await post(`/audits/${skipped?.auditId}/skip`, undefined)).toMatchObject({ state: 'skipped', verdict: null })
    const third = await say(metric, { QA: 'pass', Backend: 'fail' })
    await say(metric, { Architect: 'pass', Ops: 'pass', Legal: 'pass' }, third)
    expect(await auditOf(metric, third, 'skipped')).toMatchObject({ closedBy: 'system:arbitration' })
  })

  test('AR18: of the rest a share is drawn by the hash of the subject, and the same whenever it is asked', async () => {
    const metric = 'sampled'
    const rows = Array.from({ length: 300 }, () => ({ id: freshId(), metric, said: { A: 'pass', B: 'pass' } as Said }))
    await send(rows)
    await deliver()
    const drawn = (await get<Page<Audit>>(`/audits?metric=${metric}&limit=200`)).items
    expect(drawn.length).toBeGreaterThan(3)
    expect(drawn.length).toBeLessThan(40)
    expect(new Set(drawn.map(({ kind: why, probability }) => `${why} ${probability}`))).toEqual(
      new Set(['random 0.05']),
    )
    await send(rows.map((row) => ({ ...row, said: { C: 'pass' } as Said })))
    await deliver()
    const later = (await get<Page<Audit>>(`/audits?metric=${metric}&limit=200`)).items
    expect(later.map(({ auditId }) => auditId)).toEqual(drawn.map(({ auditId }) => auditId))
    const [asked, labelledElsewhere] = drawn
    await post(`/audits/${asked?.auditId}/label`, { verdict: 'pass' })
    const unasked = rows.find(({ id }) => drawn.every(({ subject }) => subject.id !== id))
    await label(metric, [
      [labelledElsewhere?.subject.id ?? '', 'pass'],
      [unasked?.id ?? '', 'pass'],
    ])
    const { rows: weights } = await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
      sql<{ subject_id: string; gold_weight: number }>`
        select subject_id, gold_weight from arbitration_queue where metric = ${metric} and gold is not null`.execute(
        tx.tables(),
      ),
    )
    const weightOf = (id: string | undefined) => weights.find(({ subject_id }) => subject_id === id)?.gold_weight
    expect([asked?.subject.id, labelledElsewhere?.subject.id, unasked?.id].map(weightOf)).toEqual([20, 1, 1])
  })

  test('AR19: an approved policy is used from the next fit on; one that nobody approved is not', async () => {
    const metric = 'chosen'
    await teach(metric, 24)
    await job('fit')
    const path = `/arbitration/metrics/${metric}`
    const body = { policy: 'majority', expectedVersion: 0, reason: 'as before' }
    expect((await putApproved(path, body)).body).toMatchObject({ policy: 'majority', version: 1 })
    expect((await told('arbitration.policy.changed'))[0]).toMatchObject({ payload: { from: 'auto', to: 'majority' } })
    await job('fit')
    expect(await metricOf(metric)).toMatchObject({
      choice: 'majority',
      policy: 'majority',
      fitVersion: 2,
      because: { rule: 'chosen-by-people' },
    })
    const stale = await server.request<Refused>('PUT', `/api/v1${path}`, { body })
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition-failed' } })
    const unknown = await server.request<Refused>('PUT', '/api/v1/arbitration/metrics/nobody', { body })
    expect(unknown).toMatchObject({ status: 404 })
  })

  test('AR20: rules of the file come with it; one with a fault changes nothing and is told once', async () => {
    await job('rules')
    const before = await get<RulesState>('/arbitration/rules')
    expect(before.rules.agents.map(({ judge }) => judge).sort()).toEqual(
      ['Architect', 'Backend', 'Frontend', 'Macro Orchestrator', 'QA'].sort(),
    )
    await server.newEvents()
    writeRules({ version: 1, agents: [{ judge: 'QA', priority: 'high' }], mistakes: [] })
    await job('rules')
    await job('rules')
    const refused = await told('arbitration.rules.refused')
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatchObject({ payload: { keptVersion: before.version } })
    const kept = await get<RulesState>('/arbitration/rules')
    expect(kept).toMatchObject({ version: before.version, digest: before.digest })
    expect(kept.file?.faults.join()).toContain('agents.0.priority')
    writeRules(rulesOf([priorityOf('QA', 1.3, 'fail')]))
    await job('rules')
    expect((await told('arbitration.rules.changed'))[0]).toMatchObject({ payload: { source: 'file' } })
    expect(await get<RulesState>('/arbitration/rules')).toMatchObject({
      version: before.version + 1,
      source: 'file',
      rules: { agents: [{ judge: 'QA', priority: 1.3, veto: 'fail' }] },
      file: { faults: [] },
    })
  })

  test('AR11, AR20: a veto by rule stands, a dry run tells what would change, and own rules leave the file', async () => {
    const metric = 'governed'
    const id = await say(metric, { QA: 'fail', Backend: 'pass', Frontend: 'pass', Architect: 'pass' })
    expect(await verdictOn(metric, id)).toMatchObject({
      outcome: 'vetoed',
      winner: 'fail',
      because: { observed: 'QA' },
    })
    const rules = rulesOf([priorityOf('QA', 1)])
    const dry = (await post('/arbitration/rules/dry-run', { rules, last: 1 })) as z.infer<
      typeof ArbitrationDryRunResult
    >
    expect(dry).toMatchObject({
      decisions: 1,
      changed: 1,
      items: [{ before: { outcome: 'vetoed', winner: 'fail' }, after: { outcome: 'decided', winner: 'pass' } }],
    })
    expect(await verdictOn(metric, id)).toMatchObject({ outcome: 'vetoed' })
    const { version } = await get<RulesState>('/arbitration/rules')
    const changed = await putApproved<RulesState>('/arbitration/rules', {
      rules,
      expectedVersion: version,
      reason: 'r',
    })
    expect(changed.body).toMatchObject({ version: version + 1, source: 'organization' })
    writeRules(rulesOf([priorityOf('Frontend', 2)]))
    await job('rules')
    expect(await get<RulesState>('/arbitration/rules')).toMatchObject({ version: version + 1, rules })
    const history = await get<z.infer<typeof ArbitrationRulesHistory>>('/arbitration/rules/history')
    expect(history.items.map((item) => item.version)).toEqual([version + 1, version, version - 1])
    const twice = rulesOf([priorityOf('QA', 1), priorityOf('QA', 2)])
    const refused = await server.request<Refused>('POST', '/api/v1/arbitration/rules/dry-run', {
      body: { rules: twice },
    })
    expect(refused).toMatchObject({ status: 422, body: { detail: expect.stringContaining('named twice') } })
  })

  const lines = (path = logFile()) =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { arbitrationId: string; winner: string })

  test('AR21: every verdict is one line of the file, which is rotated, and each is there once', async () => {
    // More than one file takes.
    for (let item = 0; item < 24; item++) {
      await say('lines', { QA: 'pass', Backend: 'fail' })
      if (item % 8 === 7) await job('log')
    }
    const files = [`${logFile()}.2`, `${logFile()}.1`, logFile()].filter(existsSync)
    expect(files.length).toBeGreaterThan(1)
    const written = files.flatMap((file) => lines(file)).map(({ arbitrationId }) => arbitrationId)
    expect(new Set(written).size).toBe(written.length)
    const { log, due } = await get<ArbitrationMetrics>('/arbitration/metrics')
    expect(due).toBe(0)
    expect(log).toMatchObject({ path: logFile(), behind: 0, failingSince: null, error: null })
    expect(log.totalBytes).toBeGreaterThan(log.bytes ?? 0)
    const [newest] = await list('superseded=true&limit=1')
    expect(written).toContain(newest?.arbitrationId)
  })

  test('AR22: a disk that fails is told once, delays no verdict, and the file catches up', async () => {
    const logs = join(folder, 'logs')
    rmSync(logs, { recursive: true, force: true })
    writeFileSync(logs, 'not a folder')
    await server.newEvents()
    const id = await say('disk', { QA: 'pass', Backend: 'pass' })
    await job('log')
    await job('log')
    const failures = await told('qa_arbitration_log_error')
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({ payload: { behind: 1 } })
    const other = await say('disk', { QA: 'fail', Backend: 'fail' })
    const { log } = await get<ArbitrationMetrics>('/arbitration/metrics')
    expect(log).toMatchObject({ behind: 2, bytes: null, error: expect.stringMatching(/ENOTDIR|EEXIST/) })
    rmSync(logs)
    await job('log')
    const ids = [(await verdictOn('disk', id)).arbitrationId, (await verdictOn('disk', other)).arbitrationId]
    expect(lines().map(({ arbitrationId }) => arbitrationId)).toEqual(ids)
    expect((await get<ArbitrationMetrics>('/arbitration/metrics')).log).toMatchObject({ behind: 0, failingSince: null })
  })

  test('AR25: files that are larger than wanted are told once, and again when they have grown anew', async () => {
    const grown = `${logFile()}.2`
    const write = async () => {
      await say('large', { QA: 'pass', Backend: 'pass' })
      await job('log')
    }
    await server.newEvents()
    for (const bytes of [300 * 1024 ** 2, 300 * 1024 ** 2, 0, 300 * 1024 ** 2]) {
      writeFileSync(grown, '')
      truncateSync(grown, bytes)
      await write()
    }
    const large = await told('arbitration.log.large')
    expect(large).toHaveLength(2)
    expect(large[0]).toMatchObject({ payload: { limitBytes: 256 * 1024 ** 2 } })
    rmSync(grown)
  })

  test('AR22: what is written never leads elsewhere by a link', async () => {
    rmSync(join(folder, 'logs'), { recursive: true, force: true })
    mkdirSync(join(folder, 'logs/deep'), { recursive: true })
    const elsewhere = join(folder, 'elsewhere')
    writeFileSync(elsewhere, '')
    symlinkSync(elsewhere, logFile())
    await say('link', { QA: 'pass', Backend: 'pass' })
    await server.newEvents()
    await job('log')
    expect(readFileSync(elsewhere, 'utf8')).toBe('')
    expect(await told('qa_arbitration_log_error')).toHaveLength(1)
    rmSync(logFile())
    await job('log')
    expect(lines()).toHaveLength(1)
  })

  test('AR23: a subscriber that sleeps and one that throws delay no verdict', async () => {
    const engine = new ArbitrationEngine()
    let slept = 0
    let wake = () => {}
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    const worker = createJournalWorker(server.deps, [
      {
        name: 'test.sleeping',
        pattern: 'qa_*',
        startAt: 'now',
        prepare: async () => {
          slept++
          await asleep
        },
        handle: async () => {},
      },
      {
        name: 'test.throwing',
        pattern: 'qa_*',
        startAt: 'now',
        handle: async () => {
          throw new Error('this one always fails')
        },
      },
      {
        name: 'meta-agent.arbitration',
        pattern: engine.pattern,
        handle: (deps, tx, event) => engine.observe(deps, tx, [event]),
        handleBatch: (deps, tx, events) => engine.observe(deps, tx, events),
      },
    ])
    const idle = worker.runOnce()
    await idle
    const id = freshId()
    await send([{ id, metric: 'isolated', said: { QA: 'pass', Backend: 'pass' } }])
    const working = worker.runOnce()
    let found: readonly Arbitration[] = []
    while (found.length === 0 || slept === 0) found = await list(`metric=isolated&subjectKind=artifact&subjectId=${id}`)
    expect(found[0]).toMatchObject({ winner: 'pass' })
    expect(slept).toBe(1)
    wake()
    await working
    await worker.stop()
  })

  test('AR20: without a key nothing is told, and a viewer sets nothing', async () => {
    for (const path of ['/arbitrations', '/audits', '/arbitration/rules', '/arbitration/metrics'])
      expect((await server.request('GET', `/api/v1${path}`, { key: null })).status).toBe(401)
    const viewer = await server.keyFor('viewer')
    const rules = { rules: rulesOf([]), expectedVersion: 1, reason: 'r' }
    expect((await server.request('PUT', '/api/v1/arbitration/rules', { key: viewer, body: rules })).status).toBe(403)
  })

  test('AR17: an old fit ends with its time, but never the present one', async () => {
    const preview = await get<{ rows: number }>('/retention/arbitration_fits/preview?days=90')
    expect(preview.rows).toBe(0)
    server.clock.advance(100 * 86_400_000)
    expect(await get<{ rows: number }>('/retention/arbitration_fits/preview?days=90')).toMatchObject({ rows: 1 })
    expect(await metricOf('chosen')).toMatchObject({ fitVersion: 2 })
  })
})
