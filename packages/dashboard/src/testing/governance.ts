import { type ApprovalNeed, type ApprovalRule, GovernanceRules } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

type Answer = (question: Question, state: ServerState) => Response

const row = (impact: ApprovalRule['impact'], other: Partial<ApprovalRule> = {}): ApprovalRule => ({
  impact,
  environments: null,
  outcome: 'require_approval',
  approvers: 1,
  approverRole: 'admin',
  requireReview: false,
  ...other,
})
const rules: GovernanceRules = {
  version: 1,
  approvalMatrix: [
    row('LOW', { outcome: 'allow_and_notify', approvers: 0 }),
    row('MODERATE', { environments: ['production'] }),
    row('CRITICAL', { approvers: 2, requireReview: true }),
  ],
}
const need = (other: Partial<ApprovalNeed>): ApprovalNeed => ({
  outcome: 'require_approval',
  approvers: 1,
  approverRole: 'admin',
  requireReview: false,
  because: { rule: 'matrix', observed: null, limit: null, text: 'By the matrix.' },
  ...other,
})

/** What the fixture server says about the governance rules. */
export const governanceAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/approvals\/filters$/, () => json({ kinds: ['rollouts', 'tunables'], environments: ['production'] })],
  [
    'GET',
    /^\/approvals\/rules$/,
    (_, { nowMs }) => json({ rules, digest: 'sha256:rules', updatedAt: iso(nowMs - 864e5) }),
  ],
  [
    'GET',
    /^\/approvals\/rules\/history$/,
    (_, { nowMs }) =>
      json({
        items: [
          { version: 2, digest: 'sha256:rules', changedBy: 'Ada Novak', changedAt: iso(nowMs - 864e5) },
          { version: 1, digest: 'sha256:first', changedBy: 'system:seed', changedAt: iso(nowMs - 9e8) },
        ],
      }),
  ],
  ['POST', /^\/approvals\/rules\/dry-run$/, tried],
  [
    'PUT',
    /^\/approvals\/rules$/,
    () =>
      refusal('approval-required', 'HIGH impact needs one admin.', {
        action: {
          operation: 'approvals.rules.change',
          subject: 'governance-rules',
          environment: 'production',
          impact: 'HIGH',
          parameters: {},
        },
      }),
  ],
]

/** Two things would have been treated otherwise once LOW needs an approval; else nothing. */
function tried({ body }: Question, { nowMs }: ServerState): Response {
  const { approvalMatrix } = GovernanceRules.parse(Object(body).rules)
  const isStrict = approvalMatrix.some(({ impact, outcome }) => impact === 'LOW' && outcome === 'require_approval')
  const facts = { environment: 'production', lastAt: iso(nowMs - 36e5), approvalId: null }
  return json({
    faults: approvalMatrix.length < 3 ? ['Row 1 requires approval by nobody.'] : [],
    since: iso(nowMs - 90 * 864e5),
    actions: 12,
    changed: isStrict ? 5 : 0,
    stricter: isStrict ? 4 : 0,
    looser: isStrict ? 1 : 0,
    openRequests: isStrict ? 2 : 0,
    changes: isStrict
      ? [
          {
            ...facts,
            operation: 'alarms.mute',
            impact: 'LOW',
            effect: 'stricter',
            from: need({ outcome: 'allow_and_notify', approvers: 0 }),
            to: need({}),
            actions: 4,
          },
          {
            ...facts,
            operation: 'rollouts.promote',
            impact: 'HIGH',
            effect: 'looser',
            from: need({ approvers: 2, requireReview: true }),
            to: need({ outcome: 'allow', approvers: 0 }),
            actions: 1,
            approvalId: uuid(601),
          },
        ]
      : [],
  })
}
