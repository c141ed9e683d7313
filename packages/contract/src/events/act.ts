import { z } from 'zod'
import { Impact } from '../approvals.ts'
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
} from '../artifacts.ts'
import { Because } from '../because.ts'
import { ChaosVerdict } from '../chaos.ts'
import { FallbackPassedOver } from '../fallbacks.ts'
import { ForeignCardPayload } from '../foreign-cards.ts'
import { GatewayRoutedPayload } from '../gateway.ts'
import { DeclaredDependency, JsonSchemaText, MacroBlock } from '../playbooks.ts'
import { CostNanoUsd, Json, Name, Uuid } from '../primitives.ts'
import { ComparisonPolicy, ComparisonVerdict } from '../rollouts.ts'
import { SpecialistMovedPayload } from '../specialists.ts'
import { decided, declare } from './declaration.ts'

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
/** Events of the floor act: what agents make, what is changed and what recovers. */
export const actEvents = declare({
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
  'decision.artifact': { ledger: false, payload: decided },
  'decision.conflict': { ledger: false, payload: decided },
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
  'decision.recovery': { ledger: false, payload: decided },
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
  'decision.recovery.fallback': { ledger: false, payload: decided },
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
  'decision.chaos.experiment': { ledger: false, payload: decided },
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
  'decision.gateway': { ledger: false, payload: decided },
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
  'decision.specialist': { ledger: false, payload: decided },
  'decision.specialist.card': { ledger: false, payload: decided },
  'decision.rollouts.comparison': { ledger: false, payload: decided },
})
