import { z } from 'zod'
import { AlertSeverity, Labels } from '../alert-rules.ts'
import { AlertState } from '../alerts.ts'
import { Impact } from '../approvals.ts'
import { Because } from '../because.ts'
import { DependencyKind } from '../dependencies.ts'
import { MaskedClass, MaskingSummary, MaskingToken } from '../masking.ts'
import { OutcomeResult } from '../outcomes.ts'
import { ModelMatch } from '../prices.ts'
import { CostNanoUsd, ExecutionId, Name, Uuid } from '../primitives.ts'
import { PersonKind } from '../privacy.ts'
import { SuspicionKind } from '../risk.ts'
import { SlaState } from '../slas.ts'
import { ExecutionStatus } from '../telemetry.ts'
import { ViewPage } from '../views.ts'
import { WebhookKind } from '../webhooks.ts'
import { decided, declare } from './declaration.ts'

const dayCounts = z.object({ executions: z.int(), successes: z.int(), failures: z.int(), costNanoUsd: z.int() })
const objectiveChange = z.object({
  slaId: Uuid,
  name: Name,
  from: SlaState,
  to: SlaState,
  objective: z.number(),
  attainment: z.number().nullable(),
  budgetRemaining: z.number(),
  because: Because,
})

const burnChange = z.object({
  slaId: Uuid,
  name: Name,
  severity: z.string(),
  longMinutes: z.int(),
  shortMinutes: z.int(),
  threshold: z.number(),
  longRate: z.number().nullable(),
  shortRate: z.number().nullable(),
  because: Because,
})

// Figures alone: who it was is told by the certificate to whoever holds it.
const erased = z.object({
  deletionId: Uuid,
  requestDigest: z.string(),
  executions: z.int(),
  tokens: z.int(),
  tables: z.array(z.object({ table: z.string(), rows: z.int() })),
})

// Whom it holds is told by the hold itself; an event can not be taken back.
const legalHoldFacts = {
  holdId: Uuid,
  scope: z.string(),
  subjectDigest: z.string().nullable(),
  agentId: Uuid.nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
}

/** Events of the floor observe: what agents did and how they are. */
export const observeEvents = declare({
  'registry.agent.registered': { ledger: false, payload: z.object({ agentId: Uuid, name: Name, domain: Name }) },
  'registry.agent.paused': { ledger: true, payload: z.object({ agentId: Uuid, because: Because }) },
  'registry.agent.resumed': { ledger: true, payload: z.object({ agentId: Uuid, because: Because }) },
  'registry.agent.changed': { ledger: true, payload: z.object({ agentId: Uuid, changed: z.array(z.string()) }) },
  'registry.environment.registered': { ledger: false, payload: z.object({ name: Name }) },
  'registry.release.registered': { ledger: false, payload: z.object({ agentId: Uuid, releaseId: Uuid, name: Name }) },
  'masking.settings.changed': {
    ledger: true,
    payload: z.object({
      agent: Name.nullable().meta({ description: 'Null: the organization as a whole.' }),
      version: z.int(),
      from: MaskingSummary,
      to: MaskingSummary,
      impact: Impact,
      because: Because,
      reason: z.string(),
      approvalId: Uuid.nullable(),
    }),
  },
  'masking.token.revealed': {
    ledger: true,
    payload: z.object({ token: MaskingToken, class: MaskedClass, reason: z.string() }),
  },
  'masking.token.erased': {
    ledger: true,
    payload: z.object({ token: MaskingToken, class: MaskedClass, reason: z.string() }),
  },
  'privacy.deletion.requested': {
    ledger: true,
    payload: z.object({
      deletionId: Uuid,
      kind: PersonKind,
      requestDigest: z.string(),
      approvalId: Uuid.nullable(),
      because: Because,
    }),
  },
  'privacy.deletion.completed': { ledger: true, payload: erased },
  'privacy.deletion.late_erased': { ledger: true, payload: erased },
  'privacy.deletion.closed': { ledger: true, payload: z.object({ deletionId: Uuid, requestDigest: z.string() }) },
  'privacy.access.requested': {
    ledger: true,
    payload: z.object({ exportId: Uuid, kind: PersonKind, requestDigest: z.string() }),
  },
  'privacy.access.delivered': {
    ledger: true,
    payload: z.object({ exportId: Uuid, requestDigest: z.string(), executions: z.int(), rows: z.int() }),
  },
  'privacy.access.closed': { ledger: true, payload: z.object({ exportId: Uuid, requestDigest: z.string() }) },
  'privacy.hold.placed': {
    ledger: true,
    payload: z.object({ ...legalHoldFacts, reason: z.string(), because: Because }),
  },
  'privacy.hold.lifted': {
    ledger: true,
    payload: z.object({ ...legalHoldFacts, reason: z.string(), approvalId: Uuid.nullable(), because: Because }),
  },
  'costs.repricing.requested': {
    ledger: true,
    payload: z.object({
      repricingId: Uuid,
      from: z.string(),
      to: z.string(),
      provider: z.string().nullable(),
      model: z.string().nullable(),
      reason: z.string(),
    }),
  },
  'costs.repricing.finished': {
    ledger: true,
    payload: z.object({
      repricingId: Uuid,
      state: z.enum(['done', 'cancelled']),
      calls: z.int(),
      changedCalls: z.int(),
      newlyPricedCalls: z.int(),
      noLongerPricedCalls: z.int(),
      beforeNanoUsd: z.int(),
      afterNanoUsd: z.int(),
    }),
  },
  'prices.override.added': {
    ledger: true,
    payload: z.object({
      priceId: Uuid,
      revision: z.int(),
      provider: z.string().nullable(),
      match: ModelMatch,
      prices: z.record(z.string(), z.string()).meta({ description: 'Keys of ModelPriceSet to USD.' }),
      effectiveFrom: z.string().nullable(),
      effectiveTo: z.string().nullable(),
    }),
  },
  'prices.override.withdrawn': {
    ledger: true,
    payload: z.object({ priceId: Uuid, revision: z.int(), addedInRevision: z.int() }),
  },
  'registry.dependency.learned': {
    ledger: false,
    payload: z.object({ agentId: Uuid, kind: DependencyKind, target: z.string() }),
  },
  'registry.dependency.changed': {
    ledger: true,
    payload: z.object({
      agentId: Uuid,
      kind: DependencyKind,
      target: z.string(),
      source: z.string(),
      hidden: z.boolean(),
      noted: z.boolean(),
    }),
  },
  'registry.dependency.removed': {
    ledger: true,
    payload: z.object({ agentId: Uuid, kind: DependencyKind, target: z.string() }),
  },
  'retention.rows.deleted': {
    ledger: true,
    payload: z.object({
      table: z.string(),
      before: z.string().meta({ description: 'The UTC day before which they lay.' }),
      rows: z.int(),
    }),
  },
  'search.executions.embedded': {
    ledger: false,
    payload: z.object({
      embedder: z.string(),
      model: z.string(),
      executions: z.int(),
      inputTokens: z.int().nullable(),
      costNanoUsd: CostNanoUsd,
    }),
  },
  'telemetry.batch.stored': {
    ledger: false,
    payload: z.object({
      executions: z.int(),
      actions: z.int(),
      agentIds: z.array(Uuid).meta({ description: 'Agents whose rollups moved; at most 1,000.' }),
      masked: z.int(),
      withheld: z.int().meta({ description: 'Inputs and outputs that the settings let nobody store.' }),
      costNanoUsd: CostNanoUsd,
    }),
  },
  'telemetry.contents.joined': {
    ledger: false,
    payload: z.object({
      spans: z.int().meta({ description: 'Spans that got their input or output from log records.' }),
      events: z.int(),
    }),
  },
  'telemetry.contents.expired': { ledger: false, payload: z.object({ events: z.int() }) },
  'telemetry.metrics.stored': { ledger: false, payload: z.object({ points: z.int() }) },
  'telemetry.rows.remapped': {
    ledger: false,
    payload: z.object({
      mappingVersion: z.int().meta({ description: 'By which the rows were read again.' }),
      actions: z.int(),
      changed: z.int().meta({ description: 'Those of them that the newer mapping reads differently.' }),
      executions: z.int(),
    }),
  },
  'webhooks.source.created': { ledger: true, payload: z.object({ sourceId: Uuid, name: Name, kind: WebhookKind }) },
  'webhooks.source.changed': { ledger: true, payload: z.object({ sourceId: Uuid, changed: z.array(z.string()) }) },
  'webhooks.secret.replaced': { ledger: true, payload: z.object({ sourceId: Uuid }) },
  'webhooks.delivery.refused': {
    ledger: false,
    payload: z.object({ sourceId: Uuid, code: z.string(), detail: z.string() }),
  },
  'webhooks.delivery.stored': {
    ledger: false,
    payload: z.object({
      sourceId: Uuid,
      deliveryId: Uuid,
      executions: z.int(),
      actions: z.int(),
      outcomes: z.int(),
      faults: z.int(),
    }),
  },
  'webhooks.delivery.unmapped': {
    ledger: false,
    payload: z.object({ sourceId: Uuid, deliveryId: Uuid, fault: z.string() }),
  },
  'webhooks.delivery.expired': { ledger: false, payload: z.object({ deliveries: z.int() }) },
  'webhooks.import.ended': {
    ledger: false,
    payload: z.object({ sourceId: Uuid, executions: z.int(), actions: z.int(), error: z.string().nullable() }),
  },
  'telemetry.outcomes.received': {
    ledger: false,
    payload: z.object({ source: z.string(), joined: z.int(), waiting: z.int(), corrected: z.int() }),
  },
  'telemetry.outcome.corrected': {
    ledger: true,
    payload: z.object({
      executionId: ExecutionId,
      agentId: Uuid,
      reported: ExecutionStatus.meta({ description: 'The status that the execution reported; it stays.' }),
      from: OutcomeResult.nullable(),
      to: OutcomeResult.nullable().meta({ description: 'What counts in its place; null: the reported status.' }),
      because: Because,
    }),
  },
  'telemetry.outcomes.expired': { ledger: false, payload: z.object({ outcomes: z.int() }) },
  processing_metrics: {
    ledger: false,
    payload: z.object({
      agentId: Uuid,
      window: z.string(),
      windowStartAt: z.string(),
      executions: z.int(),
      successRate: z.number().nullable(),
      latencyP95Ms: z.number().nullable(),
      costNanoUsd: CostNanoUsd,
      score: z.number().nullable(),
    }),
  },
  'health.state.changed': {
    ledger: true,
    payload: z.object({
      agentId: Uuid,
      from: z.string(),
      to: z.string(),
      score: z.number().nullable(),
      because: z.array(Because),
    }),
  },
  'health.group.changed': {
    ledger: true,
    payload: z.object({
      kind: z.enum(['domain', 'environment']),
      name: Name,
      from: z.string(),
      to: z.string(),
      score: z.number().nullable(),
      because: z.array(Because),
    }),
  },
  'metrics.day.corrected': {
    ledger: false,
    payload: z.object({
      agentId: Uuid,
      day: z.string(),
      before: dayCounts,
      after: dayCounts,
      because: Because,
    }),
  },
  'slas.definition.saved': {
    ledger: true,
    payload: z.object({
      slaId: Uuid,
      name: Name,
      version: z.int(),
      indicator: z.string(),
      objective: z.number(),
      enabled: z.boolean(),
      exclusions: z.int(),
    }),
  },
  'slas.definition.removed': { ledger: true, payload: z.object({ slaId: Uuid, name: Name, version: z.int() }) },
  'slas.objective.breached': { ledger: true, payload: objectiveChange },
  'slas.objective.recovered': { ledger: true, payload: objectiveChange },
  'slas.objective.changed': { ledger: true, payload: objectiveChange },
  'slas.burn.started': { ledger: true, payload: burnChange },
  'slas.burn.stopped': { ledger: true, payload: burnChange },
  'slas.report.issued': {
    ledger: true,
    payload: z.object({
      slaId: Uuid,
      name: Name,
      month: z.string(),
      edition: z.int(),
      digest: z.string().meta({ description: 'SHA-256 of the facts as canonical JSON, hex.' }),
      verdict: z.string(),
      attainment: z.number().nullable(),
    }),
  },
  // Names and filters may hold what people look for; the row can be deleted, an event can not.
  'views.view.saved': {
    ledger: false,
    payload: z.object({ viewId: Uuid, page: ViewPage, version: z.int(), shared: z.boolean() }),
  },
  'views.view.removed': { ledger: false, payload: z.object({ viewId: Uuid, page: ViewPage, version: z.int() }) },
  'alerts.rule.saved': {
    ledger: true,
    payload: z.object({ ruleId: Uuid, name: Name, version: z.int(), severity: AlertSeverity, enabled: z.boolean() }),
  },
  'alerts.rule.removed': { ledger: true, payload: z.object({ ruleId: Uuid, name: Name, version: z.int() }) },
  'alerts.state.changed': {
    ledger: true,
    payload: z.object({
      ruleId: Uuid,
      rule: Name,
      severity: AlertSeverity,
      counts: z.object({ pending: z.int(), firing: z.int(), resolved: z.int() }),
      transitions: z
        .array(
          z.object({
            alertId: Uuid,
            fingerprint: z.string(),
            from: AlertState.nullable(),
            to: AlertState,
            labels: Labels,
            because: Because,
          }),
        )
        .meta({ description: 'At most 20; `counts` has all.' }),
    }),
  },
  'alerts.alert.acknowledged': {
    ledger: true,
    payload: z.object({ alertId: Uuid, fingerprint: z.string(), rule: Name, comment: z.string() }),
  },
  'alerts.silence.created': {
    ledger: true,
    payload: z.object({
      silenceId: Uuid,
      matchers: z.array(z.string()),
      startsAt: z.string(),
      endsAt: z.string(),
      comment: z.string(),
    }),
  },
  'alerts.silence.expired': { ledger: true, payload: z.object({ silenceId: Uuid }) },
  'alerts.policy.changed': { ledger: true, payload: z.object({ version: z.int(), digest: z.string() }) },
  'alerts.channel.saved': {
    ledger: true,
    payload: z.object({
      channelId: Uuid,
      name: Name,
      kind: z.string(),
      enabled: z.boolean(),
      secretChanged: z.boolean(),
    }),
  },
  'alerts.channel.removed': { ledger: true, payload: z.object({ channelId: Uuid, name: Name }) },
  'alerts.channel.tested': { ledger: false, payload: z.object({ channelId: Uuid, delivered: z.boolean() }) },
  'alerts.notification.decided': {
    ledger: true,
    payload: z.object({
      groupKey: z.string(),
      status: z.enum(['firing', 'resolved']),
      firing: z.int(),
      resolved: z.int(),
      channelIds: z.array(Uuid),
      because: Because,
    }),
  },
  'alerts.delivery.delivered': {
    ledger: false,
    payload: z.object({ deliveryId: Uuid, channelId: Uuid, attempts: z.int() }),
  },
  'alerts.delivery.sent_again': {
    ledger: false,
    payload: z.object({ deliveryId: Uuid, channelId: Uuid, againOf: Uuid }),
  },
  'alerts.delivery.given_up': {
    ledger: true,
    payload: z.object({ deliveryId: Uuid, channelId: Uuid, attempts: z.int(), reason: z.string() }),
  },
  'health.origins.changed': { ledger: true, payload: z.object({ origins: z.array(z.string()) }) },
  'health.probe.saved': {
    ledger: true,
    payload: z.object({ probeId: Uuid, agentId: Uuid, name: Name, enabled: z.boolean() }),
  },
  'health.probe.removed': { ledger: true, payload: z.object({ probeId: Uuid, agentId: Uuid, name: Name }) },
  'health.probe.changed': {
    ledger: true,
    payload: z.object({
      probeId: Uuid,
      agentId: Uuid,
      name: Name,
      from: z.string(),
      to: z.string(),
      because: z.array(Because),
    }),
  },
  'health.suspicion.raised': {
    ledger: true,
    payload: z.object({
      suspicionId: Uuid,
      agentId: Uuid,
      kind: SuspicionKind,
      target: z.string(),
      probability: z.number().nullable(),
      because: z.array(Because),
    }),
  },
  'health.suspicion.cleared': {
    ledger: true,
    payload: z.object({ suspicionId: Uuid, agentId: Uuid, kind: SuspicionKind, target: z.string() }),
  },
  'decision.alerts.state': { ledger: false, payload: decided },
  'decision.alerts.notification': { ledger: false, payload: decided },
  'decision.slas.objective': { ledger: false, payload: decided },
})
