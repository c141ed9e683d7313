import { z } from 'zod'
import { AlertSeverity } from '../alert-rules.ts'
import { DocumentName, FailureCounts } from '../amendments.ts'
import { Impact } from '../approvals.ts'
import { ArbitratedPayload, ArbitrationPolicy, ArbitrationPolicyChoice, AuditState } from '../arbitration.ts'
import { Because } from '../because.ts'
import { DriftPayload, DriftRule, DriftVerdict } from '../drift.ts'
import { Uuid } from '../primitives.ts'
import { CheckDisabledPayload, CoveragePayload, ExemptedPayload, JudgedPayload, LabelledPayload } from '../qa-events.ts'
import { StatusWordShift } from '../qa-intake.ts'
import { TrustChangedPayload } from '../trust.ts'
import { decided, declare } from './declaration.ts'

const judgeStanding = z.object({ judge: z.string(), metric: z.string(), authority: z.number(), because: Because })
const amendmentFacts = {
  amendmentId: Uuid,
  document: DocumentName,
  revision: z.int(),
  baseVersion: z.int(),
  baseDigest: z.string(),
  draftDigest: z.string(),
  severity: AlertSeverity,
}

/** Events of the floor judge: what was said of it, by whom, and who is believed. */
export const judgeEvents = declare({
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
  'decision.drift.alarm': { ledger: false, payload: decided },
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
  'decision.amendments.proposal': { ledger: false, payload: decided },
  'decision.arbitration.verdict': { ledger: false, payload: decided },
  'decision.trust.judge': { ledger: false, payload: decided },
})
