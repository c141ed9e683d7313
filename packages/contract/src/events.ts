import { z } from 'zod'
import { AlertSeverity, Labels } from './alert-rules.ts'
import { AlertState } from './alerts.ts'
import { DocumentName, FailureCounts } from './amendments.ts'
import { Impact } from './approvals.ts'
import { ArbitratedPayload, ArbitrationPolicy, ArbitrationPolicyChoice, AuditState } from './arbitration.ts'
import {
  ArtifactState,
  ArtifactType,
  ArtifactVersion,
  ConflictMember,
  ConflictResolution,
  ConflictType,
  ProjectStatus,
  ResolutionStrategyName,
  Severity,
  TaskStatus,
} from './artifacts.ts'
import { Because } from './because.ts'
import { ChaosVerdict } from './chaos.ts'
import { DependencyKind } from './dependencies.ts'
import { DriftPayload, DriftRule, DriftVerdict } from './drift.ts'
import { FallbackPassedOver } from './fallbacks.ts'
import { ForeignCardPayload } from './foreign-cards.ts'
import { GatewayRoutedPayload } from './gateway.ts'
import { MaskedClass, MaskingSummary, MaskingToken } from './masking.ts'
import { OutcomeResult } from './outcomes.ts'
import { DeclaredDependency, JsonSchemaText, MacroBlock } from './playbooks.ts'
import { ModelMatch } from './prices.ts'
import { CostNanoUsd, ExecutionId, Json, Name, Sealed, Uuid } from './primitives.ts'
import { PersonKind } from './privacy.ts'
import { CheckDisabledPayload, CoveragePayload, ExemptedPayload, JudgedPayload, LabelledPayload } from './qa-events.ts'
import { StatusWordShift } from './qa-intake.ts'
import { SuspicionKind } from './risk.ts'
import { ComparisonPolicy, ComparisonVerdict } from './rollouts.ts'
import { SlaState } from './slas.ts'
import { SpecialistMovedPayload } from './specialists.ts'
import { ExecutionStatus } from './telemetry.ts'
import { TrustChangedPayload } from './trust.ts'
import { TunableValue } from './tunables.ts'
import { ViewPage } from './views.ts'
import { WebhookKind } from './webhooks.ts'

interface EventDeclaration {
  /** What the payload holds. Personal fields are `Sealed`, so that plain text cannot be appended. */
  readonly payload: z.ZodType
  /** Whether the fact is sequenced into the organization's Merkle tree. */
  readonly ledger: boolean
}

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

const judgeStanding = z.object({ judge: z.string(), metric: z.string(), authority: z.number(), because: Because })

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

const artifactFacts = {
  artifactId: Uuid,
  projectId: Uuid,
  name: Name,
  type: ArtifactType,
  version: z.int(),
  contentHash: z.string(),
  revision: z.int(),
}
const artifactMove = z.object({
  ...artifactFacts,
  from: ArtifactState,
  to: ArtifactState,
  supersededBy: Uuid.nullable(),
  because: Because,
})
const projectFacts = z.object({ projectId: Uuid, name: Name, status: ProjectStatus, revision: z.int() })
const taskFacts = z.object({
  taskId: Uuid,
  projectId: Uuid,
  title: Name,
  status: TaskStatus,
  agent: Name.nullable(),
  inputsDigest: z.string(),
  revision: z.int(),
})
const conflictResolution = z.object({
  conflictId: Uuid,
  projectId: Uuid,
  type: ConflictType,
  strategy: ResolutionStrategyName,
  automatic: z.boolean(),
  reason: z.string(),
  approvalId: Uuid.nullable(),
  effects: z.array(ConflictResolution.shape.effects.element.pick({ artifactId: true, effect: true, state: true })),
  because: Because,
})

const macroExecution = {
  macroExecutionId: Uuid,
  macro: z.string(),
  version: z.int(),
  environment: Name,
  synthetic: z.boolean(),
}

// Texts of a step's answer stay in its row, which ends; an event can not be taken back.
const recoveryEnded = z.object({
  ...macroExecution,
  durationMs: z.int(),
  stepsDone: z.int(),
  undone: z.int().meta({ description: 'Steps that were compensated.' }),
  because: Because,
})

const macroBlock = z.object({ macroId: Uuid, macro: z.string(), version: z.int(), blocks: z.array(MacroBlock) })

const amendmentFacts = {
  amendmentId: Uuid,
  document: DocumentName,
  revision: z.int(),
  baseVersion: z.int(),
  baseDigest: z.string(),
  draftDigest: z.string(),
  severity: AlertSeverity,
}

const fallbackChange = z.object({
  policyId: Uuid,
  name: Name,
  version: z.int(),
  impact: Impact,
  because: Because,
  reason: z.string(),
  approvalId: Uuid.nullable(),
})

const fallbackFacts = z.object({
  invocationId: Uuid,
  policyId: Uuid,
  policy: Name,
  chainId: Uuid,
  depth: z.int(),
  trigger: z.string(),
  because: Because,
  passedOver: z.array(FallbackPassedOver),
  synthetic: z.boolean(),
  runId: Uuid.nullable(),
})

const chaosChange = z.object({
  experimentId: Uuid,
  name: Name,
  version: z.int(),
  environment: Name,
  impact: Impact,
  approvalId: Uuid.nullable(),
})

const chaosRun = z.object({ runId: Uuid, experimentId: Uuid, name: Name, version: z.int(), environment: Name })

const declare = <Catalogue extends Record<string, EventDeclaration>>(catalogue: Catalogue) => catalogue

/** Every event that MetaAgent itself writes. Types that come from outside are not listed and never enter the ledger. */
export const eventCatalogue = declare({
  'journal.source.registered': { ledger: true, payload: z.object({ name: Name, algorithm: z.string() }) },
  'journal.source.revoked': { ledger: true, payload: z.object({ name: Name }) },
  'journal.event.refused': {
    ledger: true,
    payload: z.object({ source: z.string(), type: z.string(), code: z.string() }),
  },
  'journal.delivery.dead_lettered': {
    ledger: false,
    payload: z.object({ subscriber: z.string(), eventId: Uuid, attempts: z.int(), error: z.string() }),
  },
  'journal.replay.requested': {
    ledger: true,
    payload: z.object({ deadLetterId: Uuid, subscriber: z.string(), eventId: Uuid }),
  },
  'identity.organization.created': { ledger: true, payload: z.object({ name: Name }) },
  'identity.organization.changed': {
    ledger: true,
    payload: z.object({
      name: z.object({ from: Name, to: Name }).nullable(),
      timeZone: z.object({ from: z.string(), to: z.string() }).nullable(),
    }),
  },
  'identity.user.created': {
    ledger: true,
    payload: z.object({ userId: Uuid, role: z.string(), email: Sealed, displayName: Sealed.nullable() }),
  },
  'identity.user.changed': {
    ledger: true,
    payload: z.object({ userId: Uuid, role: z.string(), disabled: z.boolean() }),
  },
  'identity.role.created': {
    ledger: true,
    payload: z.object({ roleId: Uuid, name: Name, scopes: z.array(z.string()), countsAs: z.string() }),
  },
  'identity.role.changed': {
    ledger: true,
    payload: z.object({
      roleId: Uuid,
      name: Name,
      scopes: z.array(z.string()),
      countsAs: z.string(),
      version: z.int(),
    }),
  },
  'identity.role.removed': { ledger: true, payload: z.object({ roleId: Uuid, name: Name }) },
  'identity.policies.changed': {
    ledger: true,
    payload: z.object({ version: z.int(), from: z.record(z.string(), Json), to: z.record(z.string(), Json) }),
  },
  'identity.password.changed': { ledger: true, payload: z.object({ userId: Uuid }) },
  'identity.sign_in_link.issued': {
    ledger: true,
    payload: z.object({ userId: Uuid, linkId: Uuid, expiresAt: z.string() }),
  },
  'identity.session.started': {
    ledger: true,
    payload: z.object({ userId: Uuid, sessionId: Uuid, method: z.string() }),
  },
  'identity.session.ended': { ledger: true, payload: z.object({ userId: Uuid, sessionId: Uuid }) },
  'identity.sign_in.refused': { ledger: true, payload: z.object({ reason: z.string() }) },
  'identity.api_key.created': {
    ledger: true,
    payload: z.object({ apiKeyId: Uuid, name: Name, prefix: z.string(), scopes: z.array(z.string()) }),
  },
  'identity.api_key.revoked': { ledger: true, payload: z.object({ apiKeyId: Uuid }) },
  'identity.issuer.trusted': {
    ledger: true,
    payload: z.object({ issuer: z.string(), audience: z.string(), role: z.string() }),
  },
  'identity.issuer.removed': { ledger: true, payload: z.object({ issuer: z.string() }) },
  'identity.subject.erased': { ledger: true, payload: z.object({ subjectId: Uuid }) },
  'ledger.checkpoint.signed': { ledger: false, payload: z.object({ treeSize: z.int(), rootHash: z.string() }) },
  'ledger.key.rotated': {
    ledger: true,
    payload: z.object({
      keyNumber: z.int(),
      verifierKey: z.string(),
      previousSignsUntil: z.string(),
      reason: z.string(),
    }),
  },
  'anchors.anchor.saved': {
    ledger: true,
    payload: z.object({
      anchorId: Uuid,
      name: Name,
      kind: z.string(),
      log: z.string(),
      enabled: z.boolean(),
      approvalId: Uuid.nullable(),
    }),
  },
  'anchors.anchor.removed': {
    ledger: true,
    payload: z.object({ anchorId: Uuid, name: Name, kind: z.string(), approvalId: Uuid.nullable() }),
  },
  'anchors.anchor.changed': {
    ledger: true,
    payload: z.object({
      anchorId: Uuid,
      name: Name,
      kind: z.string(),
      from: z.string(),
      to: z.string(),
      treeSize: z.int().nullable(),
      because: Because,
    }),
  },
  // Not in the ledger: each would make a new checkpoint, which would be anchored again.
  'anchors.checkpoint.kept': {
    ledger: false,
    payload: z.object({ anchorId: Uuid, kind: z.string(), treeSize: z.int(), location: z.string() }),
  },
  'anchors.witnessed_log.saved': {
    ledger: true,
    payload: z.object({ origin: z.string(), verifierKeys: z.array(z.string()) }),
  },
  'anchors.witnessed_log.removed': {
    ledger: true,
    payload: z.object({ origin: z.string(), treeSize: z.int().nullable() }),
  },
  'anchors.witnessed_log.refused': {
    ledger: true,
    payload: z.object({ origin: z.string(), treeSize: z.int(), cosignedSize: z.int(), because: Because }),
  },
  'approvals.request.created': {
    ledger: true,
    payload: z.object({
      approvalId: Uuid,
      operation: z.string(),
      environment: z.string(),
      impact: Impact,
      actionDigest: z.string(),
      policyDigest: z.string(),
      because: Because,
    }),
  },
  'approvals.request.decided': {
    ledger: true,
    payload: z.object({
      approvalId: Uuid,
      verdict: z.enum(['approved', 'rejected', 'expired']),
      actionDigest: z.string(),
      because: Because,
    }),
  },
  'approvals.vote.cast': {
    ledger: true,
    payload: z.object({ approvalId: Uuid, verdict: z.string(), actionDigest: z.string() }),
  },
  'approvals.request.consumed': { ledger: true, payload: z.object({ approvalId: Uuid, actionDigest: z.string() }) },
  'approvals.rules.changed': {
    ledger: true,
    payload: z.object({ digest: z.string(), previousDigest: z.string().nullable() }),
  },
  'tunables.value.changed': {
    ledger: true,
    payload: z.object({
      key: z.string(),
      from: TunableValue,
      to: TunableValue,
      version: z.int(),
      reason: z.string(),
      approvalId: Uuid.nullable(),
    }),
  },
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
  'compliance.trail.exported': {
    ledger: true,
    payload: z.object({ format: z.string(), filters: z.array(z.string()), treeSize: z.int() }),
  },
  'compliance.pack.created': {
    ledger: true,
    payload: z.object({
      packId: Uuid,
      framework: z.string(),
      version: z.string(),
      from: z.string(),
      to: z.string(),
      covered: z.int(),
      gaps: z.int(),
      outside: z.int(),
      treeSize: z.int(),
      digest: z.string(),
    }),
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
  // Texts of a judgment stay in its row, which can be erased; what is sequenced can not.
  qa_success: { ledger: true, payload: JudgedPayload },
  qa_failure: { ledger: true, payload: JudgedPayload },
  qa_warning: { ledger: true, payload: JudgedPayload },
  qa_exemption: { ledger: true, payload: ExemptedPayload },
  qa_disabled: { ledger: true, payload: CheckDisabledPayload },
  qa_coverage: { ledger: true, payload: CoveragePayload },
  qa_label: { ledger: true, payload: LabelledPayload },
  'judgments.status_words.changed': {
    ledger: true,
    payload: z.object({
      version: z.int(),
      words: z.array(StatusWordShift).meta({ description: 'Words whose meaning changed.' }),
      impact: Impact,
      because: Because,
      reason: z.string(),
      approvalId: Uuid.nullable(),
    }),
  },
  'judgments.score.recorded': { ledger: false, payload: JudgedPayload },
  // One for each QA event that changed what is known of judges; the entries themselves stand in the trust journal.
  'trust.evidence.changed': { ledger: false, payload: TrustChangedPayload },
  'trust.judge.suspended': { ledger: true, payload: judgeStanding },
  'trust.judge.restored': { ledger: true, payload: judgeStanding },
  'trust.journal.compacted': {
    ledger: true,
    payload: z.object({ seq: z.int(), entries: z.int(), stateSha256: z.string() }),
  },
  'trust.journal.retired': {
    ledger: true,
    payload: z.object({ throughSeq: z.int(), entries: z.int(), snapshotSeq: z.int(), stateSha256: z.string() }),
  },
  'trust.journal.diverged': {
    ledger: true,
    payload: z.object({ seq: z.int(), storedSha256: z.string(), replayedSha256: z.string() }),
  },
  qa_drift: { ledger: true, payload: DriftPayload },
  'decision.drift.alarm': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  // Raised for one stream by its own limit; whether it is broadcast is decided among all streams (qa_drift).
  'drift.alarm.opened': { ledger: false, payload: DriftPayload },
  'drift.alarm.closed': {
    ledger: true,
    payload: z.object({ alarmId: Uuid, streamId: Uuid, alarms: z.int(), because: Because }),
  },
  'drift.alarm.judged': {
    ledger: true,
    payload: z.object({ alarmId: Uuid, streamId: Uuid, method: z.string(), verdict: DriftVerdict }),
  },
  'drift.settings.changed': {
    ledger: true,
    payload: z.object({ version: z.int(), rules: z.array(DriftRule), reason: z.string(), approvalId: Uuid.nullable() }),
  },
  qa_arbitration: { ledger: true, payload: ArbitratedPayload },
  // The lines are in the table and are written once the disk is back: this says that the file is behind, and why.
  qa_arbitration_log_error: {
    ledger: true,
    payload: z.object({
      error: z.string(),
      behind: z.int().meta({ description: 'Decisions that are not in the file.' }),
    }),
  },
  // Once each time that it grows beyond the limit; the rotation bounds it, this is for whoever keeps the disk.
  'arbitration.log.large': { ledger: false, payload: z.object({ totalBytes: z.int(), limitBytes: z.int() }) },
  'arbitration.fit.made': {
    ledger: true,
    payload: z.object({
      metric: z.string(),
      version: z.int(),
      digest: z.string(),
      choice: ArbitrationPolicyChoice,
      policy: ArbitrationPolicy,
      audits: z.int(),
      items: z.int(),
      gapMin: z.number(),
      because: Because,
      gapBecause: Because,
    }),
  },
  'arbitration.policy.changed': {
    ledger: true,
    payload: z.object({
      metric: z.string(),
      from: ArbitrationPolicyChoice,
      to: ArbitrationPolicyChoice,
      version: z.int(),
      reason: z.string(),
      approvalId: Uuid.nullable(),
    }),
  },
  'arbitration.rules.changed': {
    ledger: true,
    payload: z.object({
      version: z.int(),
      digest: z.string(),
      previousDigest: z.string().nullable(),
      source: z.enum(['file', 'organization']),
      reason: z.string(),
      approvalId: Uuid.nullable(),
    }),
  },
  'arbitration.rules.refused': {
    ledger: true,
    payload: z.object({ fileDigest: z.string().nullable(), faults: z.array(z.string()), keptVersion: z.int() }),
  },
  'arbitration.audit.closed': {
    ledger: false,
    payload: z.object({ auditId: Uuid, metric: z.string(), state: AuditState.exclude(['open']) }),
  },
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
  'amendments.document.added': { ledger: true, payload: z.object({ document: DocumentName }) },
  'amendments.proposal.opened': {
    ledger: true,
    payload: z.object({
      ...amendmentFacts,
      origin: z.enum(['drift', 'person']),
      section: z.string().nullable(),
      failures: FailureCounts.nullable(),
      alarmId: Uuid.nullable(),
      because: Because,
    }),
  },
  'amendments.proposal.updated': {
    ledger: true,
    payload: z.object({
      ...amendmentFacts,
      change: z.enum(['edited', 'rebased', 'more-drift']),
      alarmId: Uuid.nullable(),
      because: Because,
    }),
  },
  'amendments.proposal.ratified': {
    ledger: true,
    payload: z.object({
      ...amendmentFacts,
      version: z.int(),
      approvalId: Uuid.nullable(),
      reason: z.string(),
      because: Because,
    }),
  },
  'amendments.proposal.rejected': {
    ledger: true,
    payload: z.object({
      ...amendmentFacts,
      alarm: z.enum(['false', 'real', 'unknown']).nullable().meta({ description: 'Null: no alarm led to it.' }),
      reason: z.string(),
      because: Because,
    }),
  },
  'amendments.proposal.withdrawn': {
    ledger: true,
    payload: z.object({ ...amendmentFacts, reason: z.string(), because: Because }),
  },
  'amendments.proposal.expired': { ledger: true, payload: z.object({ ...amendmentFacts, because: Because }) },
  'decision.amendments.proposal': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'project.created': { ledger: true, payload: projectFacts },
  'project.changed': { ledger: true, payload: projectFacts },
  'project.archived': { ledger: true, payload: projectFacts },
  'task.created': { ledger: true, payload: taskFacts },
  'task.changed': { ledger: true, payload: taskFacts },
  'task.removed': { ledger: true, payload: taskFacts },
  'artifact.created': {
    ledger: true,
    payload: z.object({
      ...artifactFacts,
      agent: Name.nullable(),
      taskId: Uuid.nullable(),
      supersedes: Uuid.nullable(),
      contentBytes: z.int(),
    }),
  },
  'artifact.changed': { ledger: true, payload: z.object({ ...artifactFacts, changed: z.array(z.string()) }) },
  'artifact.revised': {
    ledger: true,
    payload: z.object({ ...artifactFacts, parentVersion: z.int(), origin: ArtifactVersion.shape.origin }),
  },
  'artifact.activated': { ledger: true, payload: artifactMove },
  'artifact.blocked': { ledger: true, payload: artifactMove },
  'artifact.unblocked': { ledger: true, payload: artifactMove },
  'artifact.superseded': { ledger: true, payload: artifactMove },
  'artifact.archived': { ledger: true, payload: artifactMove },
  'conflict.detected': {
    ledger: true,
    payload: z.object({
      conflictId: Uuid,
      projectId: Uuid,
      type: ConflictType,
      kind: z.string(),
      about: z.string(),
      severity: Severity,
      blocking: z.boolean(),
      members: z.array(ConflictMember.pick({ artifactId: true, role: true, version: true, contentHash: true })),
      because: Because,
    }),
  },
  'conflict.resolved': { ledger: true, payload: conflictResolution },
  'conflict.escalated': { ledger: true, payload: conflictResolution },
  // Nobody resolved it: what it was about has changed or ended.
  'conflict.ended': { ledger: true, payload: z.object({ conflictId: Uuid, projectId: Uuid, because: Because }) },
  'decision.artifact': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.conflict': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'rollouts.comparison.decided': {
    ledger: true,
    payload: z.object({
      comparisonId: Uuid,
      agentId: Uuid,
      agent: Name,
      environment: Name.nullable(),
      controlRelease: Name,
      candidateRelease: Name,
      policy: ComparisonPolicy,
      verdict: ComparisonVerdict,
      because: Because,
      evidence: z.record(z.string(), Json),
      evidenceDigest: z.string(),
    }),
  },
  'playbooks.macro.saved': {
    ledger: true,
    payload: z.object({
      macroId: Uuid,
      macro: z.string(),
      version: z.int(),
      enabled: z.boolean(),
      impact: Impact,
      environments: z.array(Name),
      digest: z.string().meta({ description: 'SHA-256 of the definition as canonical JSON, hex.' }),
      steps: z.array(z.object({ name: z.string(), kind: z.string() })),
      // In full: whether a macro is blocked is read again from the journal alone.
      dependencies: z.array(DeclaredDependency),
      because: Because,
      approvalId: Uuid.nullable(),
    }),
  },
  'playbooks.secret.changed': { ledger: true, payload: z.object({ macroId: Uuid, macro: z.string() }) },
  'playbooks.dependency.published': {
    ledger: true,
    payload: z.object({
      name: Name,
      version: z.string(),
      schema: JsonSchemaText,
      revision: z.int(),
      source: z.string(),
    }),
  },
  'playbooks.dependency.refused': {
    ledger: false,
    payload: z.object({ eventId: Uuid, because: Because }),
  },
  macro_blocked: { ledger: true, payload: macroBlock },
  macro_unblocked: { ledger: true, payload: macroBlock },
  'playbooks.step.settled': {
    ledger: false,
    payload: z.object({
      ...macroExecution,
      step: z.string(),
      attempt: z.int(),
      outcome: z.enum(['succeeded', 'failed']),
      compensation: z.boolean(),
      because: Because,
    }),
  },
  'recovery.started': {
    ledger: true,
    payload: z.object({ ...macroExecution, dry: z.boolean(), approvalId: Uuid.nullable(), because: Because }),
  },
  'recovery.signal': {
    ledger: true,
    payload: z.object({ ...macroExecution, step: z.string(), name: z.string(), data: Json }),
  },
  'recovery.succeeded': { ledger: true, payload: recoveryEnded },
  'recovery.failed': { ledger: true, payload: recoveryEnded },
  'recovery.compensated': { ledger: true, payload: recoveryEnded },
  'recovery.cancelled': { ledger: true, payload: recoveryEnded },
  'decision.recovery': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.arbitration.verdict': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'fallbacks.policy.saved': {
    ledger: true,
    payload: fallbackChange.extend({ environment: Name, enabled: z.boolean() }),
  },
  'fallbacks.policy.removed': { ledger: true, payload: fallbackChange },
  'recovery.fallback.invoked': {
    ledger: true,
    payload: fallbackFacts.extend({ macro: Name, macroExecutionId: Uuid, chosenBecause: Because }),
  },
  'recovery.fallback.exhausted': { ledger: true, payload: fallbackFacts },
  'recovery.fallback.settled': {
    ledger: true,
    payload: fallbackFacts.omit({ invocationId: true, trigger: true, passedOver: true }),
  },
  'decision.recovery.fallback': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'chaos.experiment.saved': { ledger: true, payload: chaosChange.extend({ enabled: z.boolean(), reason: z.string() }) },
  'chaos.experiment.removed': { ledger: true, payload: chaosChange },
  'chaos.experiment.started': {
    ledger: true,
    payload: chaosRun.extend({ planned: z.int(), live: z.boolean(), reason: z.string(), approvalId: Uuid.nullable() }),
  },
  'chaos.experiment.aborted': { ledger: true, payload: chaosRun.extend({ injected: z.int(), because: Because }) },
  'chaos.experiment.ended': {
    ledger: true,
    payload: chaosRun.extend({
      verdict: ChaosVerdict,
      planned: z.int(),
      injected: z.int(),
      skipped: z.int(),
      because: Because,
    }),
  },
  'decision.chaos.experiment': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  // What the test receivers of a chaos run are sent.
  'chaos.signal.sent': {
    ledger: false,
    payload: z.object({ runId: Uuid, slot: z.int(), fault: z.enum(['delay', 'throw']), faultMs: z.int() }),
  },
  'gateway.rules.changed': {
    ledger: true,
    payload: z.object({
      version: z.int(),
      rulesDigest: z.string(),
      impact: Impact,
      because: Because,
      reason: z.string(),
      approvalId: Uuid.nullable(),
    }),
  },
  'gateway.routed': { ledger: true, payload: GatewayRoutedPayload },
  'decision.gateway': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'specialist.proposed': { ledger: true, payload: SpecialistMovedPayload },
  'specialist.training': { ledger: true, payload: SpecialistMovedPayload },
  'specialist.evaluated': { ledger: true, payload: SpecialistMovedPayload },
  'specialist.activated': { ledger: true, payload: SpecialistMovedPayload },
  'specialist.retired': { ledger: true, payload: SpecialistMovedPayload },
  'specialist.changed': {
    ledger: true,
    payload: z.object({
      specialistId: Uuid,
      name: z.string(),
      owner: z.object({ from: Name, to: Name }),
      reason: z.string(),
    }),
  },
  'specialist.removed': {
    ledger: true,
    payload: z.object({ specialistId: Uuid, name: z.string(), versions: z.int(), reason: z.string() }),
  },
  'specialist.embedded': {
    ledger: false,
    payload: z.object({
      embedder: z.string(),
      model: z.string(),
      specialists: z.int(),
      inputTokens: z.int().nullable(),
      costNanoUsd: CostNanoUsd,
    }),
  },
  'specialist.listing.changed': {
    ledger: true,
    payload: z.object({
      isPublic: z.boolean(),
      publisherDomain: z.string().nullable(),
      impact: Impact,
      because: Because,
      reason: z.string(),
      approvalId: Uuid.nullable(),
    }),
  },
  'specialist.card.imported': { ledger: true, payload: ForeignCardPayload.extend({ reason: z.string() }) },
  'specialist.card.changed': { ledger: true, payload: ForeignCardPayload },
  'specialist.card.approved': {
    ledger: true,
    payload: ForeignCardPayload.extend({ reason: z.string(), approvalId: Uuid.nullable() }),
  },
  'specialist.card.removed': { ledger: true, payload: ForeignCardPayload.extend({ reason: z.string() }) },
  'decision.specialist': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.specialist.card': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.rollouts.comparison': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.alerts.state': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.alerts.notification': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.slas.objective': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.trust.judge': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
  'decision.approvals.request': {
    ledger: false,
    payload: z.object({ verdict: z.string(), because: Because, subject: z.string() }),
  },
})

export type EventType = keyof typeof eventCatalogue
export type EventPayload<Type extends EventType> = z.infer<(typeof eventCatalogue)[Type]['payload']>
export const eventTypes = Object.keys(eventCatalogue) as readonly EventType[]
