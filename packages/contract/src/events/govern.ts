import { z } from 'zod'
import { Impact } from '../approvals.ts'
import { Because } from '../because.ts'
import { Json, Name, Sealed, Uuid } from '../primitives.ts'
import { TunableValue } from '../tunables.ts'
import { decided, declare } from './declaration.ts'

/** Events of the floor govern: who may do what, and the proof of what was done. */
export const governEvents = declare({
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
  'decision.approvals.request': { ledger: false, payload: decided },
})
