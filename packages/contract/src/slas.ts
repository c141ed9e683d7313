import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, IsoInstantInput, Json, Name, Uuid } from './primitives.ts'

/** Minutes of a slot: good and bad events are kept per slot, and every window is whole slots. */
export const slaSlotMinutes = 5

/**
 * What is counted as good. `success`: an execution that succeeded. `latency`: one that ended within a time. `cost`: one in
 * a slot of five minutes in which a success cost at most so much on average. `quality`: a verdict `qa_success` among all
 * verdicts (of one metric, or of any). `freshness`: a slot at whose end the last success was no older than so much.
 */
export const SlaIndicator = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('success') }),
    z.strictObject({ kind: z.literal('latency'), thresholdMs: z.int().min(1).max(86_400_000).default(3_000) }),
    z.strictObject({
      kind: z.literal('cost'),
      limitNanoUsd: z.int().min(1).max(1_000_000_000_000_000).default(50_000_000),
    }),
    z.strictObject({ kind: z.literal('quality'), metric: Name.nullable().default(null) }),
    z.strictObject({ kind: z.literal('freshness'), maxAgeMinutes: z.int().min(5).max(44_640).default(1_440) }),
  ])
  .meta({ id: 'SlaIndicator' })
export type SlaIndicator = z.infer<typeof SlaIndicator>

/** Objectives that count when none is named; those of success, latency and cost are the targets of seed 2. */
export const defaultSlaObjectives: Readonly<Record<SlaIndicator['kind'], number>> = {
  success: 0.98,
  latency: 0.95,
  cost: 0.95,
  quality: 0.9,
  freshness: 0.99,
}

export const SlaWindow = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('rolling'), days: z.int().min(1).max(90) }),
    z.strictObject({ kind: z.literal('calendar'), period: z.enum(['week', 'month', 'quarter']) }),
  ])
  .meta({ id: 'SlaWindow', description: 'Calendar periods begin in the organization’s time zone, weeks on Monday.' })
export type SlaWindow = z.infer<typeof SlaWindow>

/** Fires while both the long and the short window burn faster than the threshold; 1 is a budget spent to the day. */
export const BurnAlert = z
  .strictObject({
    severity: z.enum(['page', 'ticket']),
    longMinutes: z.int().min(slaSlotMinutes).max(129_600),
    shortMinutes: z.int().min(slaSlotMinutes).max(129_600),
    threshold: z.number().positive().max(1_000_000),
  })
  .meta({ id: 'BurnAlert' })
export type BurnAlert = z.infer<typeof BurnAlert>

/** A stretch that does not count: agreed maintenance, a customer's outage. */
export const SlaExclusion = z
  .strictObject({ from: IsoInstantInput, until: IsoInstantInput, reason: z.string().trim().min(1).max(500) })
  .meta({ id: 'SlaExclusion' })
export type SlaExclusion = z.infer<typeof SlaExclusion>

const scope = z
  .strictObject({
    agentId: Uuid.nullable().default(null),
    domain: Name.nullable().default(null),
    environment: Name.nullable().default(null),
  })
  .meta({ id: 'SlaScope', description: 'One agent, the agents of one domain, or all; null means all.' })

const definition = {
  name: Name,
  description: z.string().trim().max(2_000).nullable().default(null),
  indicator: SlaIndicator,
  scope: scope.default({ agentId: null, domain: null, environment: null }),
  window: SlaWindow.default({ kind: 'rolling', days: 30 }),
  minimumBadEvents: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5)
    .meta({ description: 'A burn alert needs at least so many bad events in its long window.' }),
  exclusions: z.array(SlaExclusion).max(200).default([]),
  enabled: z.boolean().default(true),
}
const objective = z.number().gt(0).lt(1).meta({ description: 'Share of good events, below 1: .98 is 98 %.' })

/** What a client sends; without an objective or burn alerts the defaults of the indicator and the window count. */
export const SlaOrder = z
  .strictObject({
    ...definition,
    objective: objective.optional(),
    burnAlerts: z.array(BurnAlert).max(10).optional(),
  })
  .meta({ id: 'SlaOrder' })
export type SlaOrder = z.infer<typeof SlaOrder>
export const SlaChange = z
  .strictObject({
    version: z.int().meta({ description: 'The version that was read and is changed.' }),
    ...SlaOrder.shape,
  })
  .meta({ id: 'SlaChange' })

export const SlaState = z.enum(['breached', 'burning', 'met', 'unknown']).meta({
  id: 'SlaState',
  description: '`burning`: within the objective, but a burn alert fires. `unknown`: no event yet.',
})
export type SlaState = z.infer<typeof SlaState>

/** Where a burn alert stands. A rate is null when its window holds no event. */
export const BurnStatus = BurnAlert.extend({
  longRate: z.number().nullable(),
  shortRate: z.number().nullable(),
  longBad: z.int(),
  firing: z.boolean(),
  because: Because,
}).meta({ id: 'BurnStatus' })
export type BurnStatus = z.infer<typeof BurnStatus>

/** The error budget of a window, in bad events; for calendar windows of what was seen so far. */
export const ErrorBudget = z
  .object({
    total: z.number().meta({ description: '(1 − objective) · events.' }),
    spent: z.int(),
    remaining: z.number().meta({ description: 'Negative when overspent.' }),
    remainingShare: z.number().nullable(),
    exhaustionAt: IsoInstant.nullable().meta({
      description: 'When it is spent if the last day’s pace goes on; null: not within the window, or unknown.',
    }),
  })
  .meta({ id: 'ErrorBudget' })

/** How one window of an SLA stands or ended. */
export const SlaCompliance = z
  .object({
    periodStart: z.iso.date(),
    from: IsoInstant,
    until: IsoInstant,
    state: SlaState,
    version: z.int().meta({ description: 'Version of the definition by which it was judged.' }),
    objective: z.number(),
    good: z.int(),
    bad: z.int(),
    unknown: z.int().meta({ description: 'Events that cannot be judged: calls without a price.' }),
    attainment: z.number().nullable(),
    budget: ErrorBudget,
    isClosed: z.boolean(),
    judgedAt: IsoInstant,
    because: Because,
  })
  .meta({ id: 'SlaCompliance' })
export type SlaCompliance = z.infer<typeof SlaCompliance>
export const SlaCompliancePage = pageOf(SlaCompliance)

export const Sla = z
  .object({
    slaId: Uuid,
    version: z.int(),
    ...definition,
    exclusions: z.array(z.object({ from: IsoInstant, until: IsoInstant, reason: z.string() })),
    objective: z.number(),
    burnAlerts: z.array(BurnAlert),
    agent: Name.nullable(),
    createdAt: IsoInstant,
    changedAt: IsoInstant,
    changedBy: z.string(),
    archivedAt: IsoInstant.nullable(),
    compliance: SlaCompliance.nullable().meta({ description: 'The current window; null until it is judged first.' }),
    burn: z.array(BurnStatus),
  })
  .meta({ id: 'Sla' })
export type Sla = z.infer<typeof Sla>
export const SlaPage = pageOf(Sla)
export const SlaQuery = PageQuery.extend({
  agentId: Uuid.optional(),
  domain: Name.optional(),
  environment: Name.optional(),
  state: SlaState.optional(),
})

export const SlaVersionList = z.object({
  items: z.array(z.object({ version: z.int(), definition: Json, changedAt: IsoInstant, changedBy: z.string() })),
})

/** Points of a burn chart, oldest first: what share of the budget was left at the end of each step. */
export const SlaBurnSeries = z
  .object({
    slaId: Uuid,
    from: IsoInstant,
    until: IsoInstant,
    stepSeconds: z.int(),
    points: z.array(
      z.object({
        at: IsoInstant,
        good: z.int(),
        bad: z.int(),
        burnRate: z.number().nullable(),
        spentShare: z.number().nullable().meta({ description: 'Bad events so far by the budget of the whole window.' }),
      }),
    ),
  })
  .meta({ id: 'SlaBurnSeries' })
export type SlaBurnSeries = z.infer<typeof SlaBurnSeries>

const reportFacts = z.object({
  slaId: Uuid,
  name: Name,
  month: z.string().regex(/^\d{4}-\d\d$/),
  timeZone: z.string(),
  from: IsoInstant,
  until: IsoInstant,
  definition: z.object({
    version: z.int(),
    indicator: SlaIndicator,
    scope,
    objective: z.number(),
    exclusions: z.array(z.object({ from: IsoInstant, until: IsoInstant, reason: z.string() })),
  }),
  good: z.int(),
  bad: z.int(),
  unknown: z.int(),
  attainment: z.number().nullable(),
  verdict: z.enum(['met', 'missed', 'unknown']),
  budget: z.object({ total: z.number(), spent: z.int(), remaining: z.number() }),
  days: z.array(z.object({ day: z.iso.date(), good: z.int(), bad: z.int(), unknown: z.int() })),
  changes: z
    .array(z.object({ at: IsoInstant, from: SlaState, to: SlaState, because: Because, eventId: Uuid }))
    .meta({ description: 'Changes of state in the month; each event stands in the ledger.' }),
})

/**
 * The report of one calendar month. `digest` is the SHA-256 of the facts as canonical JSON (RFC 8785); of a finished month
 * it stands in the event `slas.report.issued`, whose place in the signed tree is `issued`.
 */
export const SlaReport = z
  .object({
    facts: reportFacts,
    digest: z.string(),
    issued: z
      .object({
        eventId: Uuid,
        issuedAt: IsoInstant,
        edition: z.int().meta({ description: 'Above 1: late reports changed the facts of an earlier edition.' }),
        entryIndex: z.int().nullable().meta({ description: 'Null: the event is not in the tree yet.' }),
        checkpoint: z.string().nullable().meta({ description: 'A signed checkpoint that covers the entry (C2SP).' }),
      })
      .nullable()
      .meta({ description: 'Null: the month is not over, so the report is provisional.' }),
  })
  .meta({ id: 'SlaReport' })
export type SlaReport = z.infer<typeof SlaReport>
export type SlaReportFacts = SlaReport['facts']
