import type {
  DriftAlarm,
  DriftAlarmPage,
  DriftChangePoints,
  DriftSettingsState,
  DriftStream,
  DriftStreamDetail,
  DriftStreamPage,
  JournalEvent,
} from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import type { NewJudgment } from '../../../ports/judgments.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { tokenOfLink } from '../../../testkit/people-server.ts'
import { seededRandom } from '../../../testkit/seeded-random.ts'
import { freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization } from '../../govern/identity/index.ts'
import {
  alarmById,
  changePointsOf,
  DriftDetector,
  type DriftMethod,
  driftMethods,
  driftSlice,
  eBenjaminiHochberg,
  judgeAlarm,
  openAlarms,
  type Reading,
  runLengthFor,
  surprise,
} from './index.ts'

test('DR1: through the door, a success rate that falls is dated to the row', () => {
  const rate = Array.from({ length: 80 }, (_, at) => (at < 50 ? 0.9 : 0.6) + ((at * 7) % 5) / 100)
  expect(changePointsOf(rate).changes.map(({ index }) => index)).toEqual([50])
  expect(driftSlice).toMatchObject({ name: 'drift', floor: 'judge' })
})

test('DR4, DR5: through the door, a metric series is watched by a method whose state the caller keeps', () => {
  const watch = <State>(method: DriftMethod<State>, readings: readonly Reading[]) => {
    let state = method.start
    return readings.map((reading) => {
      const step = method.step(state, reading)
      state = JSON.parse(JSON.stringify(step.state))
      return step.alarm
    })
  }
  const latency = Array.from({ length: 200 }, (_, at) => ({
    atMs: at * 300_000,
    value: at === 180 ? 900 : (at * 7) % 13,
  }))
  expect(watch(surprise(), latency).indexOf(true)).toBe(180)
})

test('DR6, DR7: through the door, a rate on a five-minute tick is watched at one false alarm in 30 days', () => {
  const averageRunLengthMin = runLengthFor(300_000)
  expect(averageRunLengthMin).toBe(8640)
  const method = driftMethods['e-detector']({ averageRunLengthMin, baseline: { kind: 'known', mean: 0.1 }, side: 'up' })
  const step = method.step(method.start, { atMs: 0, value: 1 })
  expect(step).toMatchObject({ alarm: false, because: { rule: 'e-detector', limit: 8640 } })
  expect(eBenjaminiHochberg([step.because.observed ?? 0, 9000], 0.1)).toEqual([1])
})

const tickMs = 300_000
const dayMs = 86_400_000

describeOnStores('drift', (kind) => {
  let server: TestServer
  let keys = 0
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  interface Told extends Partial<NewJudgment> {
    readonly failed?: boolean
  }
  const judgment = ({ failed = false, ...change }: Told): NewJudgment => ({
    executionId: null,
    actionId: null,
    metric: 'unit-tests',
    verdict: failed ? 'qa_failure' : 'qa_success',
    score: null,
    label: null,
    explanation: null,
    judge: 'ci',
    judgeKind: 'code',
    source: 'test',
    observedAt: server.clock.now(),
    idempotencyKey: `drift ${++keys}`,
    recordedBy: { kind: 'system', id: 'test' },
    ...change,
  })
  const record = async (rows: readonly NewJudgment[]) =>
    await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
      server.deps.recordJudgments(tx, rows),
    )
  const subscribersDone = async () => {
    while ((await server.composed.journal.runOnce()) > 0);
  }
  const streams = async (query = '') =>
    (await server.request<z.infer<typeof DriftStreamPage>>('GET', `/api/v1/drift/streams?${query}`)).body
  const streamOf = async (query: string): Promise<DriftStream> => {
    const { items } = await streams(query)
    expect(items).toHaveLength(1)
    return items[0] as DriftStream
  }
  const alarms = async (query = '') =>
    (await server.request<z.infer<typeof DriftAlarmPage>>('GET', `/api/v1/drift/alarms?${query}`)).body
  /** An approval of an action by a second person. */
  const approved = async (action: object) => {
    const asked = await server.request<{ approvalId: string; actionDigest: string }>('POST', '/api/v1/approvals', {
      body: { ...action, reason: 'to be tried' },
    })
    const { approvalId, actionDigest } = asked.body
    const person = await server.request<{ signInLink: string }>('POST', '/api/v1/identity/users', {
      body: { email: 'approver@drift.example', role: 'admin' },
    })
    const linkToken = tokenOfLink(person.body.signInLink)
    const { headers } = await server.request('POST', '/api/v1/auth/sign-in', { key: null, body: { linkToken } })
    const cookie = /metaagent_session=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0] ?? ''
    const voted = await server.request('POST', `/api/v1/approvals/${approvalId}/votes`, {
      key: null,
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
      body: { verdict: 'approve', actionDigest },
    })
    expect(voted.status).toBe(200)
    return approvalId
  }
  const payloadOf = (event: JournalEvent | undefined) => (event?.payload ?? {}) as Record<string, unknown>
  const ofTypes = (events: readonly JournalEvent[], ...types: string[]) =>
    events.filter(({ type }) => types.includes(type))

  const artifact = (id: string) => ({ subject: { kind: 'artifact', id } }) as const
  /** Runs of a check an hour apart. */
  const runCheck = async (id: string, verdicts: readonly boolean[], change: Partial<NewJudgment> = {}) => {
    for (const failed of verdicts) {
      server.clock.advance(3_600_000)
      await record([judgment({ failed, ...artifact(id), ...change })])
    }
    await subscribersDone()
  }

  test('DR10 DR11: a disabled check is broadcast at once with why, where to look and what led to it', async () => {
    await server.newEvents()
    await record([
      judgment({
        verdict: null,
        notice: { type: 'qa_disabled', change: 'disabled' },
        metric: 'lint',
        correlationId: 'story-of-lint',
        ...artifact('app/lint'),
      }),
    ])
    await subscribersDone()
    const events = await server.newEvents()
    const [cause] = ofTypes(events, 'qa_disabled')
    const [drift, ...more] = ofTypes(events, 'qa_drift')
    expect(more).toEqual([])
    expect(drift).toMatchObject({
      correlationId: 'story-of-lint',
      causationId: cause?.eventId,
      payload: {
        stream: { kind: 'disabled', metric: 'lint', subject: { kind: 'artifact', id: 'app/lint' } },
        method: 'hard-events',
        severity: 'warning',
        because: { rule: 'hard-events', observed: 1, limit: 0, text: 'The check was disabled.' },
        judgmentIds: [payloadOf(cause)['judgmentId']],
        recommendations: [{ document: 'QA.md', section: 'Disabled checks' }],
      },
    })
    const [mirror] = ofTypes(events, 'decision.drift.alarm')
    expect(mirror).toMatchObject({ causationId: drift?.eventId, payload: { verdict: 'warning' } })
    expect(ofTypes(events, 'drift.alarm.opened')).toHaveLength(1)
    expect(await streamOf('kind=disabled&q=lint')).toMatchObject({ state: 'drifted', severity: 'warning' })
    await runCheck('app/lint', [false], { metric: 'lint' })
    const closed = ofTypes(await server.newEvents(), 'drift.alarm.closed')
    expect(closed).toMatchObject([{ payload: { because: { rule: 'back', text: 'The check runs again.' } } }])
    expect(await streamOf('kind=disabled&q=lint')).toMatchObject({ alarmId: null })
  })

  test('DR15: figures of agents are read hour by hour, once each', async () => {
    const agent = 'figured'
    const start = Math.ceil(server.clock.now() / 3_600_000) * 3_600_000
    const executions = Array.from({ length: 36 }, (_, at) => {
      const startedMs = start + Math.floor(at / 3) * 3_600_000 + (at % 3) * 60_000
      const times = {
        startedAt: new Date(startedMs).toISOString(),
        endedAt: new Date(startedMs + 1_000 + at).toISOString(),
      }
      return { executionId: freshExecutionId(), agent, ...times, status: at % 3 === 0 ? 'failure' : 'success' }
    })
    server.clock.advance(14 * 3_600_000)
    await server.request('POST', '/api/v1/telemetry', { body: { executions } })
    await server.settle()
    const agentId = (await streams('kind=figure')).items[0]?.agentId
    const { items } = await streams(`kind=figure&agentId=${agentId}`)
    expect(items.map(({ metric }) => metric).toSorted()).toEqual(['failure-rate', 'latency-p95'])
    const rate = items.find(({ metric }) => metric === 'failure-rate')
    expect(rate).toMatchObject({ agent, runs: 36, failures: 12, unit: 'share', state: 'learning' })
    expect(rate?.spark).toHaveLength(12)
    await server.settle()
    expect((await streams('kind=figure')).items.map(({ runs }) => runs)).toEqual([36, 36])
  })

  test('DR12: repeated failures have one open alarm, which is told by the hour’s comparison and closes when they pass', async () => {
    await server.newEvents()
    await runCheck('app/flaky', [
      ...Array.from({ length: 60 }, (_, at) => at % 30 === 7),
      ...Array.from({ length: 6 }, () => true),
    ])
    const opened = ofTypes(await server.newEvents(), 'drift.alarm.opened')
    expect(opened).toMatchObject([{ payload: { method: 'repeated-failures', direction: 'up', streams: 1 } }])
    expect((await alarms('open=true&kind=check')).items).toMatchObject([{ toldAt: null }])
    server.clock.advance(3_600_000)
    await server.settle()
    const [drift, ...more] = ofTypes(await server.newEvents(), 'qa_drift')
    expect(more).toEqual([])
    expect(drift).toMatchObject({ correlationId: opened[0]?.correlationId, payload: { evidence: 720 } })
    await server.settle()
    await runCheck('app/flaky', [true])
    expect(ofTypes(await server.newEvents(), 'qa_drift', 'drift.alarm.opened')).toEqual([])
    const [open] = (await alarms('open=true&kind=check')).items
    expect(open).toMatchObject({ alarms: expect.any(Number), closedAt: null })
    await runCheck('app/flaky', [false, false, false, false, false])
    expect(ofTypes(await server.newEvents(), 'drift.alarm.closed')).toHaveLength(1)
    expect((await alarms(`streamId=${open?.streamId}`)).items).toMatchObject([{ closedBecause: 'back' }])
  })

  test('DR9 DR10: coverage that is lost is told at once, and is back when it is covered again', async () => {
    const report = async (covered: number) => {
      server.clock.advance(3_600_000)
      const notice = { type: 'qa_coverage', covered, total: 1_000 } as const
      await record([judgment({ verdict: null, notice, metric: 'lines', ...artifact('app/all') })])
      await subscribersDone()
    }
    for (const covered of [900, 901, 900, 902, 901, 900, 901]) await report(covered)
    await server.newEvents()
    await report(780)
    expect(ofTypes(await server.newEvents(), 'qa_drift')).toMatchObject([
      { payload: { severity: 'critical', direction: 'down', recommendations: [{ section: 'Coverage' }] } },
    ])
    await report(785)
    expect(ofTypes(await server.newEvents(), 'drift.alarm.closed')).toEqual([])
    await report(899)
    expect(ofTypes(await server.newEvents(), 'drift.alarm.closed')).toHaveLength(1)
  })

  test('DR6 DR13: the rate of a judge and of an agent is learned, and what breaks is found within hours', async () => {
    const agent = 'judged-agent'
    const executionId = freshExecutionId()
    const at = new Date(server.clock.now()).toISOString()
    await server.request('POST', '/api/v1/telemetry', {
      body: { executions: [{ executionId, agent, startedAt: at, endedAt: at, status: 'success' }] },
    })
    const about = { executionId, metric: 'helpfulness', judge: 'grader', judgeKind: 'model' } as const
    const random = seededRandom(11)
    const tick = async (failures: readonly boolean[]) => {
      server.clock.advance(3 * tickMs)
      await record(failures.map((failed) => judgment({ ...about, failed })))
    }
    for (let at = 0; at < 110; at += 1) {
      await tick(Array.from({ length: 5 }, () => random.unit() < 0.1))
    }
    await subscribersDone()
    const judged = await streamOf('kind=judge&q=grader')
    expect(judged).toMatchObject({ state: 'watching', limit: 8640, metric: 'helpfulness', judge: 'grader' })
    expect(judged.value).toBeLessThan(0.5)
    await server.newEvents()
    for (let at = 0; at < 24; at += 1) await tick([true, true, true, at % 2 === 0, true])
    await subscribersDone()
    const opened = ofTypes(await server.newEvents(), 'drift.alarm.opened')
    expect(opened.map(({ payload }) => (payload as { stream: { kind: string } }).stream.kind).toSorted()).toEqual([
      'agent',
      'judge',
    ])
    expect((await alarms('open=true&kind=agent')).items).toMatchObject([
      { agent, severity: 'critical', direction: 'up', executionIds: [executionId] },
    ])
    const detail = await server.request<DriftStreamDetail>('GET', `/api/v1/drift/streams/${judged.streamId}`)
    expect(detail.body.readings.length).toBeGreaterThan(100)
    expect(detail.body.alarms).toHaveLength(1)
    const changeAt = Date.parse(detail.body.alarms[0]?.changeAt ?? '')
    expect(Math.abs(changeAt - (server.clock.now() - 24 * 3 * tickMs))).toBeLessThan(12 * tickMs)
    const points = await server.request<DriftChangePoints>(
      'GET',
      `/api/v1/drift/streams/${judged.streamId}/change-points`,
    )
    const last = points.body.changes.at(-1)
    expect(last?.after).toBeGreaterThan((last?.before ?? 1) + 0.5)
    server.clock.advance(3_600_000)
    await server.settle()
    const told = ofTypes(await server.newEvents(), 'qa_drift')
    expect(told).toHaveLength(2)
    expect(payloadOf(told[0])['evidence']).toBeGreaterThan(20)
  })

  test('DR5: the journal, replayed elsewhere in other batches, gives the same states bit for bit', async () => {
    const read = async (organizationId: string) =>
      await server.deps.store.transaction({ organizationId }, async (tx) => {
        const events = await sql<JournalEvent & { occurredAt: Date }>`
          select event_id as "eventId", organization_id as "organizationId", type, subject, actor,
            correlation_id as "correlationId", causation_id as "causationId", payload, occurred_at as "occurredAt"
          from journal_events where organization_id = ${organizationId}::uuid and type like 'qa\\_%'
          order by event_id`.execute(tx.tables())
        const streams = await sql<{ id: string; state: unknown }>`
          select stream_id as id, state, observed, limit_value, e_value, runs from drift_streams
          where organization_id = ${organizationId}::uuid and kind not in ('figure', 'agent') order by 1`.execute(
          tx.tables(),
        )
        return { events: events.rows, streams: streams.rows }
      })
    const first = await read(server.organizationId)
    const elsewhere = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, {
        name: 'elsewhere',
        adminEmail: 'admin@elsewhere.example',
        adminName: null,
        actor: { kind: 'system', id: 'test' },
      }),
    )
    const { organizationId } = elsewhere
    const detector = new DriftDetector()
    for (let from = 0; from < first.events.length; from += 41) {
      const batch = first.events
        .slice(from, from + 41)
        .map((event) => ({ ...event, organizationId, occurredAt: event.occurredAt.toISOString() }))
      await server.deps.store.transaction({ organizationId }, (tx) => detector.observe(server.deps, tx, batch))
    }
    const second = await read(organizationId)
    expect(first.events.length).toBeGreaterThan(500)
    expect(first.streams.length).toBeGreaterThan(5)
    expect(second.streams).toEqual(first.streams)
  })

  test('DR14: a verdict is counted for the method, and a false alarm lets the stream learn anew', async () => {
    const [agentAlarm] = (await alarms('open=true&kind=agent')).items
    const [judgeAlarmOpen] = (await alarms('open=true&kind=judge')).items
    await server.newEvents()
    const path = (id: string | undefined) => `/api/v1/drift/alarms/${id}/verdict`
    const reply = await server.request<DriftAlarm>('POST', path(agentAlarm?.alarmId), { body: { verdict: 'true' } })
    expect(reply.body).toMatchObject({ verdict: 'true', closedAt: null })
    const scope = { organizationId: server.organizationId }
    const door = await server.deps.store.transaction(scope, async (tx) => {
      const before = await openAlarms(server.deps, tx)
      const alarmId = judgeAlarmOpen?.alarmId ?? ''
      const judged = await judgeAlarm(server.deps, tx, {
        alarmId,
        verdict: 'false',
        actor: { kind: 'user', id: 'a-person' },
      })
      return { before: before.map((one) => one.alarmId), judged, after: await alarmById(server.deps, tx, alarmId) }
    })
    expect(door.before).toContain(judgeAlarmOpen?.alarmId)
    expect(door.after).toMatchObject({ verdict: 'false', closedBecause: 'judged-false', judgedBy: 'user:a-person' })
    expect(
      ofTypes(await server.newEvents(), 'drift.alarm.judged', 'drift.alarm.closed').map(({ type }) => type),
    ).toEqual(['drift.alarm.judged', 'drift.alarm.judged', 'drift.alarm.closed'])
    expect(await streamOf('kind=judge&q=grader')).toMatchObject({ state: 'learning', alarmId: null })
    const { precision } = await streams()
    expect(precision.find(({ method }) => method === 'e-detector')).toMatchObject({
      judged: 2,
      right: 1,
      precision: 0.5,
    })
    const missing = await server.request('POST', path(server.organizationId), { body: { verdict: 'true' } })
    expect(missing.status).toBe(404)
  })

  test('DR13: what an alarm was about for a whole false-alarm time is usual in the end', async () => {
    await server.newEvents()
    server.clock.advance(31 * dayMs)
    await server.settle()
    const closed = ofTypes(await server.newEvents(), 'drift.alarm.closed')
    expect(
      closed.some(({ payload }) => (payload as { because: { rule: string } }).because.rule === 'became-usual'),
    ).toBe(true)
    expect((await alarms('open=true&kind=agent')).items).toEqual([])
  })

  test('DR16: settings are governed, and another method starts its streams anew', async () => {
    const settings = (failuresMin: number) => ({
      rules: [
        {
          kind: 'check',
          metric: 'unit-*',
          method: { name: 'windowed-counts', windowRows: 10, failuresMin },
        },
      ],
    })
    const put = (body: object) => server.request<DriftSettingsState>('PUT', '/api/v1/drift/settings', { body })
    const wrong = await put({ settings: settings(11), reason: 'more than there are' })
    expect([wrong.status, wrong.body]).toMatchObject([422, { code: 'not-processable' }])
    await server.newEvents()
    const asked = { settings: settings(3), reason: 'as the specification has it', expectedVersion: 0 }
    const refused = await put(asked)
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'approval-required' }])
    const approvalId = await approved((refused.body as unknown as { action: object }).action)
    let reply = await put({ ...asked, approvalId })
    expect(reply.status, JSON.stringify(reply.body)).toBe(200)
    expect(reply.body).toMatchObject({ version: 1, settings: { rules: [{ metric: 'unit-*', judge: null }] } })
    reply = await put({ settings: settings(3), reason: 'again' })
    expect(reply.status).toBe(409)
    reply = await put({ settings: settings(4), reason: 'stale', expectedVersion: 0 })
    expect(reply.status).toBe(412)
    expect(ofTypes(await server.newEvents(), 'drift.settings.changed')).toHaveLength(1)
    await runCheck('app/flaky', [true, true])
    expect((await streamOf('kind=check&q=flaky')).method).toMatchObject({ name: 'windowed-counts', failuresMin: 3 })
    expect((await alarms('open=true&kind=check')).items).toEqual([])
    await runCheck('app/flaky', [true])
    expect((await alarms('open=true&kind=check')).items).toMatchObject([{ method: 'windowed-counts' }])
    const read = await server.request<DriftSettingsState>('GET', '/api/v1/drift/settings')
    expect(read.body.defaults.length).toBeGreaterThan(5)
  })

  test('DR17: an organization has so many streams at most: idle ones make room, used ones do not', async () => {
    const path = '/api/v1/tunables/drift.streams_max'
    const reply = await server.request('PUT', path, { body: { value: 10, reason: 'few' } })
    expect(reply.status, JSON.stringify(reply.body)).toBe(200)
    const bring = async (of: string, count: number) => {
      const judges = Array.from({ length: count }, (_, at) =>
        judgment({ judge: `${of} ${at}`, ...artifact('app/flaky') }),
      )
      await record(judges)
      await subscribersDone()
      const { items, total } = await streams('limit=200')
      return { total, own: items.filter(({ judge }) => judge?.startsWith(of)).length }
    }
    expect(await bring('judge', 6)).toEqual({ total: 10, own: 6 })
    server.clock.advance(60_000)
    const late = await bring('late', 8)
    expect([late.total, late.own < 8]).toEqual([10, true])
    expect((await bring('judge', 6)).own).toBe(6)
    server.clock.advance(25 * 3_600_000)
    expect((await bring('later', 5)).own).toBe(5)
  })

  test('DR10: synthetic judgments and warnings move no stream, and lists page with their cursor', async () => {
    const before = await streams('limit=200')
    await record([
      judgment({ synthetic: true, failed: true, judge: 'chaos', ...artifact('app/chaos') }),
      judgment({ verdict: null, notice: { type: 'qa_warning' }, judge: 'warner', ...artifact('app/warned') }),
    ])
    await subscribersDone()
    expect((await streams('limit=200')).items).toEqual(before.items)
    const seen: string[] = []
    let cursor = ''
    do {
      const page = await streams(`limit=4${cursor}`)
      seen.push(...page.items.map(({ streamId }) => streamId))
      cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`
    } while (cursor !== '')
    expect(seen).toEqual(before.items.map(({ streamId }) => streamId))
    const all = (await alarms('limit=200')).items.map(({ alarmId }) => alarmId)
    const first = await alarms('limit=2')
    const second = await alarms(`limit=2&cursor=${encodeURIComponent(first.nextCursor ?? '')}`)
    expect([...first.items, ...second.items].map(({ alarmId }) => alarmId)).toEqual(all.slice(0, 4))
    expect((await server.request('GET', `/api/v1/drift/streams/${server.organizationId}`)).status).toBe(404)
    expect((await server.request('GET', `/api/v1/drift/streams/${server.organizationId}/change-points`)).status).toBe(
      404,
    )
  })
})
