import type { DriftAlarm, DriftSettingsState, DriftStreamDetail } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

const nobody = { judge: null, agentId: null, subject: null, agent: null }

const eDetector = { name: 'e-detector', side: 'both', baselineTicks: 100 } as const

function alarmOf(nowMs: number, change: Partial<DriftAlarm>): DriftAlarm {
  return {
    alarmId: uuid(901),
    streamId: uuid(801),
    stream: { kind: 'judge', metric: 'helpfulness', judge: 'grader', agentId: null, subject: null },
    agent: null,
    correlationId: 'story/of the run',
    method: 'e-detector',
    severity: 'critical',
    direction: 'up',
    runs: 4_210,
    failures: 512,
    because: {
      rule: 'e-detector',
      observed: 91_200.5,
      limit: 8_640,
      text: '56 % failed lately, where 10 % is usual. Without a change such evidence comes once in 30 days at most.',
    },
    changeAt: iso(nowMs - 5_400_000),
    judgmentIds: [uuid(701), uuid(702)],
    executionIds: ['ab'.repeat(16)],
    recommendations: [{ document: 'QA.md', section: 'Judges' }],
    alarms: 14,
    evidence: 310,
    openedAt: iso(nowMs - 3_600_000),
    lastAt: iso(nowMs - 60_000),
    toldAt: iso(nowMs - 1_800_000),
    closedAt: null,
    closedBecause: null,
    verdict: null,
    judgedBy: null,
    judgedAt: null,
    ...change,
  }
}

/** An alarm of a judge that was broadcast, one that waits to be compared, and two that are over. */
export function driftAlarmsOf(nowMs: number): readonly DriftAlarm[] {
  const quiet = { changeAt: null, judgmentIds: [], executionIds: [], evidence: null, toldAt: null }
  return [
    alarmOf(nowMs, {}),
    alarmOf(nowMs, {
      ...quiet,
      alarmId: uuid(902),
      streamId: uuid(802),
      stream: {
        kind: 'disabled',
        metric: 'lint',
        judge: null,
        agentId: null,
        subject: { kind: 'artifact', id: 'app' },
      },
      method: 'hard-events',
      severity: 'warning',
      failures: null,
      because: { rule: 'hard-events', observed: 1, limit: 0, text: 'The check was disabled.' },
    }),
    alarmOf(nowMs, {
      ...quiet,
      alarmId: uuid(903),
      severity: 'info',
      openedAt: iso(nowMs - 2 * 86_400_000),
      closedAt: iso(nowMs - 86_400_000),
      closedBecause: 'back',
      verdict: 'true',
      judgedBy: `user:${uuid(1)}`,
      judgedAt: iso(nowMs - 86_000_000),
    }),
  ]
}

/** A judge that drifted, a check that is switched off, an agent whose latency is learned, and a check never read. */
export function driftStreamsOf(nowMs: number): readonly DriftStreamDetail[] {
  const alarms = driftAlarmsOf(nowMs)
  const readings = Array.from({ length: 48 }, (_, at) => ({
    at: iso(nowMs - (48 - at) * 300_000),
    runs: 6,
    value: (at < 30 ? 0.1 : 0.56) + ((at * 7) % 5) / 100,
    observed: at < 4 ? null : at < 30 ? 0.4 : 0.4 * 3 ** (at - 30),
    limit: at < 4 ? null : 8_640,
    alarm: at > 39,
  }))
  const spark = readings.map(({ value }) => value)
  const judge: DriftStreamDetail = {
    ...nobody,
    streamId: uuid(801),
    kind: 'judge',
    metric: 'helpfulness',
    judge: 'grader',
    method: eDetector,
    state: 'drifted',
    runs: 4_210,
    failures: 512,
    value: 0.58,
    unit: 'share',
    observed: 91_200.5,
    limit: 8_640,
    alarmId: uuid(901),
    severity: 'critical',
    lastAt: iso(nowMs - 60_000),
    createdAt: iso(nowMs - 5 * 86_400_000),
    spark,
    readings,
    alarms: alarms.filter(({ streamId }) => streamId === uuid(801)),
  }
  const subject = { kind: 'artifact', id: 'app' } as const
  const none = { alarmId: null, severity: null, spark: [], readings: [], alarms: [], observed: null, limit: null }
  return [
    judge,
    {
      ...judge,
      ...nobody,
      streamId: uuid(802),
      kind: 'disabled',
      metric: 'lint',
      subject,
      method: { name: 'hard-events' },
      failures: null,
      alarmId: uuid(902),
      severity: 'warning',
      alarms: alarms.filter(({ streamId }) => streamId === uuid(802)),
      readings: readings.slice(0, 1),
      spark: spark.slice(0, 1),
    },
    {
      ...judge,
      ...none,
      ...nobody,
      streamId: uuid(803),
      kind: 'figure',
      metric: 'latency-p95',
      agentId: uuid(11),
      agent: 'booking-agent',
      state: 'learning',
      unit: 'ms',
      failures: null,
      value: 2_150,
      spark: [2_100, 2_150],
    },
    {
      ...judge,
      ...none,
      ...nobody,
      streamId: uuid(804),
      kind: 'check',
      metric: 'unit',
      subject,
      state: 'watching',
      value: null,
    },
  ]
}

const settings: DriftSettingsState = {
  settings: {
    rules: [
      {
        kind: 'check',
        metric: 'unit-*',
        judge: null,
        agentId: null,
        method: { name: 'windowed-counts', windowRows: 10, failuresMin: 3 },
      },
    ],
  },
  defaults: [
    { kind: 'judge', metric: null, judge: null, agentId: null, method: eDetector },
    { kind: 'disabled', metric: null, judge: null, agentId: null, method: { name: 'hard-events' } },
  ],
  version: 1,
  changedBy: `user:${uuid(1)}`,
  changedAt: '2026-11-20T08:00:00.000Z',
}

const precision = [
  { method: 'e-detector', alarms: 9, judged: 4, right: 3, precision: 0.75, low: 0.301, high: 0.954 },
  { method: 'hard-events', alarms: 2, judged: 0, right: 0, precision: null, low: null, high: null },
]

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response

/** What the fixture server answers about drift. */
export const driftAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  [
    'GET',
    /^\/drift\/streams$/,
    ({ query }, { nowMs }) => {
      const wanted = query.get('q')
      const items = driftStreamsOf(nowMs).filter(
        ({ kind, metric, judge }) =>
          kind === (query.get('kind') ?? kind) && (wanted === null || `${metric} ${judge}`.includes(wanted)),
      )
      return json({ items, nextCursor: null, total: 4, open: 2, precision })
    },
  ],
  [
    'GET',
    /^\/drift\/streams\/([^/]+)$/,
    (_, { nowMs }, [streamId]) => {
      const found = driftStreamsOf(nowMs).find((one) => one.streamId === streamId)
      return found === undefined ? refusal('not-found', 'There is no stream with this id.') : json(found)
    },
  ],
  [
    'GET',
    /^\/drift\/streams\/([^/]+)\/change-points$/,
    (_, { nowMs }, [streamId]) => {
      const because = { rule: 'segments-bic', observed: 41.2, limit: 0 }
      const changes =
        streamId === uuid(801) ? [{ at: iso(nowMs - 18 * 300_000), before: 0.12, after: 0.58, because }] : []
      const found = { shape: 'constant', autocorrelation: 0, period: null }
      return json({ readings: 48, from: iso(nowMs - 48 * 300_000), until: iso(nowMs), changes, ...found })
    },
  ],
  [
    'GET',
    /^\/drift\/alarms$/,
    ({ query }, { nowMs }) => {
      const open = query.get('open')
      const items = driftAlarmsOf(nowMs).filter(
        ({ closedAt, stream }) =>
          (open === null || (open === 'true') === (closedAt === null)) &&
          stream.kind === (query.get('kind') ?? stream.kind),
      )
      return json({ items, nextCursor: null })
    },
  ],
  [
    'POST',
    /^\/drift\/alarms\/([^/]+)\/verdict$/,
    ({ body }, { nowMs }) => json({ ...driftAlarmsOf(nowMs)[0], ...(body as object) }),
  ],
  ['GET', /^\/drift\/settings$/, () => json(settings)],
  [
    'PUT',
    /^\/drift\/settings$/,
    ({ body }) => json({ ...settings, ...(body as Pick<DriftSettingsState, 'settings'>), version: 2 }),
  ],
]
