import { z } from 'zod'
import { AlertSeverity } from './alert-rules.ts'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { ExecutionId, IsoInstant, Uuid } from './primitives.ts'
import { QaSubject } from './qa-events.ts'

/**
 * What a stream follows. `judge`: failures that a judge finds of a metric. `agent`: failures of a metric among an agent's
 * executions. `check`: verdicts about an artifact, a macro or a series that is judged again and again. `disabled`: checks
 * that were switched off or deleted. `coverage`: coverage that is reported. `figure`: an agent's figures per hour.
 */
export const driftStreamKinds = ['judge', 'agent', 'check', 'disabled', 'coverage', 'figure'] as const
export const DriftStreamKind = z.enum(driftStreamKinds).meta({ id: 'DriftStreamKind' })
export type DriftStreamKind = z.infer<typeof DriftStreamKind>

/** Figures of agents that are followed hour by hour; they stand as `metric` in streams of kind `figure`. */
export const driftFigures = ['failure-rate', 'latency-p95', 'cost-per-execution'] as const
export type DriftFigure = (typeof driftFigures)[number]

/** Which stream: what is null plays no part in its kind. */
export const DriftStreamName = z
  .object({
    kind: DriftStreamKind,
    metric: z.string(),
    judge: z.string().nullable(),
    agentId: Uuid.nullable(),
    subject: QaSubject.nullable(),
  })
  .meta({ id: 'DriftStreamName' })
export type DriftStreamName = z.infer<typeof DriftStreamName>

const side = z.enum(['up', 'down', 'both']).default('both').meta({ description: 'Which way of the mean is drift.' })
const share = (usual: number) => z.number().gt(0).lt(1).default(usual)
const rows = (usual: number, most = 1_000) => z.int().min(1).max(most).default(usual)
const size = (usual: number) => z.number().gt(0).max(1e12).default(usual)

/** A way to watch a stream, with its parameters. */
export const DriftMethodChoice = z
  .discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('e-detector'),
      side,
      baselineTicks: z.int().min(50).max(2_000).default(100).meta({ description: 'Ticks to learn from, at least.' }),
    }),
    z.strictObject({
      name: z.literal('repeated-failures'),
      windowRows: rows(20, 200),
      probabilityMax: share(1e-3).meta({ description: 'Highest probability by the own rate that still alarms.' }),
    }),
    z.strictObject({ name: z.literal('hard-events') }),
    z.strictObject({ name: z.literal('coverage-loss'), dropMin: share(0.02), deviations: size(3) }),
    z.strictObject({
      name: z.literal('surprise'),
      limit: z.number().min(0.5).max(10).default(3.4).meta({ description: 'Mean of −log10 p that alarms.' }),
    }),
    z.strictObject({ name: z.literal('adwin'), delta: share(0.002) }),
    z.strictObject({
      name: z.literal('page-hinkley'),
      delta: z.number().min(0).max(1e12).default(0.005),
      limit: size(50),
      forgetting: z.number().gt(0).max(1).default(0.9999),
      rowsMin: rows(30),
    }),
    z.strictObject({
      name: z.literal('cusum'),
      mean: z.number().min(-1e12).max(1e12),
      standardDeviation: z.number().gt(0).max(1e12),
      allowance: size(0.5),
      limit: size(5),
    }),
    z.strictObject({ name: z.literal('ddm'), rowsMin: rows(30), deviations: size(3) }),
    z.strictObject({ name: z.literal('windowed-counts'), windowRows: rows(20, 200), failuresMin: rows(5, 200) }),
  ])
  .meta({ id: 'DriftMethodChoice' })
export type DriftMethodChoice = z.output<typeof DriftMethodChoice>

const pattern = z.string().trim().min(1).max(200).nullable().default(null)

/** Which streams a method watches; `*` in a pattern stands for any text, null for every stream. */
export const DriftRule = z
  .strictObject({
    kind: DriftStreamKind,
    metric: pattern,
    judge: pattern,
    agentId: Uuid.nullable().default(null),
    method: DriftMethodChoice,
  })
  .meta({ id: 'DriftRule' })
export type DriftRule = z.output<typeof DriftRule>

/** The first rule that fits a stream counts; a stream that fits none is watched by its kind's default. */
export const DriftSettings = z.strictObject({ rules: z.array(DriftRule).max(100) }).meta({ id: 'DriftSettings' })
export type DriftSettings = z.output<typeof DriftSettings>

export const DriftSettingsState = z
  .object({
    settings: DriftSettings,
    defaults: z.array(DriftRule).meta({ description: 'What counts where none of the rules fits, in this order.' }),
    version: z.int().meta({ description: '0 while nothing was set.' }),
    changedBy: z.string().nullable(),
    changedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'DriftSettingsState' })
export type DriftSettingsState = z.infer<typeof DriftSettingsState>

export const DriftSettingsChange = z.strictObject({
  settings: DriftSettings,
  reason: z.string().trim().min(1).max(2_000),
  expectedVersion: z.int().min(0).optional(),
  approvalId: Uuid.optional(),
})

/** A place in a governed document that an alarm speaks to. */
export const DriftRecommendation = z
  .object({ document: z.enum(['QA.md', 'AGENTS.md']), section: z.string() })
  .meta({ id: 'DriftRecommendation' })
export type DriftRecommendation = z.infer<typeof DriftRecommendation>

export const DriftVerdict = z.enum(['true', 'false']).meta({
  id: 'DriftVerdict',
  description: '`true`: something had changed. `false`: nothing had; the stream learns anew what is usual.',
})
export type DriftVerdict = z.infer<typeof DriftVerdict>

export const DriftDirection = z.enum(['up', 'down']).meta({ id: 'DriftDirection' })
export type DriftDirection = z.infer<typeof DriftDirection>

/** What an alarm rests on, as it stood when it was raised, or last told again while it was open. */
export const driftFacts = {
  alarmId: Uuid,
  streamId: Uuid,
  stream: DriftStreamName,
  method: z.string(),
  severity: AlertSeverity,
  direction: DriftDirection.nullable().meta({ description: 'Null: the method looks at no direction.' }),
  runs: z.int().meta({ description: 'Rows that the stream has read since it began.' }),
  failures: z.int().nullable().meta({ description: 'Of these failures; null where rows are no verdicts.' }),
  because: Because,
  changeAt: IsoInstant.nullable().meta({
    description: 'Where the change is dated to, by the readings; null = unknown.',
  }),
  judgmentIds: z.array(Uuid).meta({ description: 'The latest judgments that led to it.' }),
  executionIds: z.array(ExecutionId),
  recommendations: z.array(DriftRecommendation),
}

export const DriftAlarm = z
  .object({
    ...driftFacts,
    agent: z.string().nullable().meta({ description: 'Name of the stream’s agent.' }),
    correlationId: z.string().meta({ description: 'The story of the event that led to it.' }),
    alarms: z.int().meta({ description: 'How often it was raised while it was open.' }),
    evidence: z.number().nullable().meta({ description: 'e-value that the last comparison of streams saw.' }),
    openedAt: IsoInstant,
    lastAt: IsoInstant,
    toldAt: IsoInstant.nullable().meta({ description: 'When it was broadcast as qa_drift; null = not, or not yet.' }),
    closedAt: IsoInstant.nullable(),
    closedBecause: z.enum(['back', 'judged-false', 'became-usual', 'settings']).nullable(),
    verdict: DriftVerdict.nullable(),
    judgedBy: z.string().nullable(),
    judgedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'DriftAlarm' })
export type DriftAlarm = z.infer<typeof DriftAlarm>

/** How often alarms of a method were right, by people's verdicts. */
export const DriftPrecision = z
  .object({
    method: z.string(),
    alarms: z.int(),
    judged: z.int(),
    right: z.int(),
    precision: z.number().nullable(),
    low: z.number().nullable().meta({ description: '95 % interval (Wilson).' }),
    high: z.number().nullable(),
  })
  .meta({ id: 'DriftPrecision' })
export type DriftPrecision = z.infer<typeof DriftPrecision>

export const DriftAlarmPage = pageOf(DriftAlarm).meta({ id: 'DriftAlarmPage' })
export const DriftAlarmQuery = PageQuery.extend({
  open: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  kind: DriftStreamKind.optional(),
  streamId: Uuid.optional(),
  severity: AlertSeverity.optional(),
  judged: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
})

export const DriftStream = z
  .object({
    streamId: Uuid,
    ...DriftStreamName.shape,
    agent: z.string().nullable(),
    method: DriftMethodChoice,
    state: z.enum(['learning', 'watching', 'drifted']),
    runs: z.int(),
    failures: z.int().nullable(),
    value: z.number().nullable().meta({ description: 'The last reading.' }),
    unit: z.enum(['share', 'ms', 'nano-USD']),
    observed: z
      .number()
      .nullable()
      .meta({ description: 'What the method compares with `limit`; null while it learns.' }),
    limit: z.number().nullable(),
    alarmId: Uuid.nullable().meta({ description: 'The open alarm.' }),
    severity: AlertSeverity.nullable(),
    lastAt: IsoInstant,
    createdAt: IsoInstant,
    spark: z.array(z.number()).meta({ description: 'The latest readings, oldest first, at most 40.' }),
  })
  .meta({ id: 'DriftStream' })
export type DriftStream = z.infer<typeof DriftStream>

export const DriftStreamPage = z
  .object({
    ...pageOf(DriftStream).shape,
    total: z.int(),
    open: z.int().meta({ description: 'Streams with an open alarm.' }),
    precision: z.array(DriftPrecision),
  })
  .meta({ id: 'DriftStreamPage' })
export const DriftStreamQuery = PageQuery.extend({
  kind: DriftStreamKind.optional(),
  agentId: Uuid.optional(),
  q: z.string().trim().min(1).max(200).optional().meta({ description: 'Part of the metric, judge or subject.' }),
})

export const DriftReading = z
  .object({
    at: IsoInstant,
    runs: z.int(),
    value: z.number(),
    observed: z.number().nullable(),
    limit: z.number().nullable(),
    alarm: z.boolean(),
  })
  .meta({ id: 'DriftReading' })
export type DriftReading = z.infer<typeof DriftReading>

export const DriftStreamDetail = DriftStream.extend({
  readings: z.array(DriftReading).meta({ description: 'The latest, oldest first, at most 1,000.' }),
  alarms: z.array(DriftAlarm).meta({ description: 'The newest first, at most 50.' }),
}).meta({ id: 'DriftStreamDetail' })
export type DriftStreamDetail = z.infer<typeof DriftStreamDetail>

export const DriftChangePoints = z
  .object({
    readings: z.int().meta({ description: 'How many of the latest readings were looked at.' }),
    from: IsoInstant.nullable(),
    until: IsoInstant.nullable(),
    changes: z.array(
      z.object({
        at: IsoInstant,
        before: z.number().meta({ description: 'Mean of the segment before.' }),
        after: z.number(),
        because: z.object({ rule: z.string(), observed: z.number(), limit: z.number() }),
      }),
    ),
    shape: z.enum(['constant', 'linear']),
    autocorrelation: z.number(),
    period: z.number().nullable(),
  })
  .meta({ id: 'DriftChangePoints' })
export type DriftChangePoints = z.infer<typeof DriftChangePoints>

export const DriftJudgement = z.strictObject({ verdict: DriftVerdict })

/** Payload of `qa_drift` and `drift.alarm.decided`. Names and ids alone. */
export const DriftPayload = z.object({
  ...driftFacts,
  evidence: z.number().nullable(),
  streams: z.int().meta({ description: 'Streams that were compared with it.' }),
})
export type DriftPayload = z.infer<typeof DriftPayload>
