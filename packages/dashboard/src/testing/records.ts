import {
  type ApiKey,
  type ApprovalRequest,
  accessScopes,
  type Comparison,
  type ComparisonPolicy,
  type Me,
} from '@metaagent/contract'
import type { z } from 'zod'
import { iso, uuid } from './random.ts'

/** The person who is signed in. */
export function me(nowMs: number): Me {
  return {
    organization: { organizationId: uuid(170), name: 'Northwind Care' },
    user: { userId: uuid(70), email: 'ada@northwind.example', displayName: 'Ada Novak' },
    credential: 'session',
    role: 'admin',
    customRole: null,
    scopes: [...accessScopes],
    expiresAt: iso(nowMs + 6 * 3_600_000),
  }
}

/** The decision on the telecom releases, as the two policies see it. */
export function comparisonOf(policy: ComparisonPolicy, nowMs: number): Comparison {
  const guarded = policy === 'guarded'
  return {
    comparisonId: uuid(guarded ? 301 : 300),
    agentId: uuid(1),
    agent: 'telecom-care',
    environment: 'production',
    policy,
    pairing: 'unit',
    control: {
      release: 'gpt-4.1',
      executions: 40,
      outcomesKnown: 40,
      successes: 18,
      successRate: 0.45,
      meanDurationMs: 61_240,
      durationsKnown: 40,
      costNanoUsd: 3_871_200_000,
      costsKnown: 40,
    },
    candidate: {
      release: 'gpt-4.1-sft-telecom',
      executions: 40,
      outcomesKnown: 40,
      successes: 30,
      successRate: 0.75,
      meanDurationMs: 63_910,
      durationsKnown: 40,
      costNanoUsd: null,
      costsKnown: 0,
    },
    success: {
      test: 'exact-mcnemar',
      pairs: 40,
      onlyControlSucceeded: 1,
      onlyCandidateSucceeded: 13,
      controlRate: 0.45,
      candidateRate: 0.75,
      difference: 0.3,
      differenceLow: 0.138,
      differenceHigh: 0.447,
      pValue: 0.0005,
      alpha: 0.05,
    },
    guardrails: guarded
      ? [
          {
            metric: 'duration',
            verdict: 'HOLD',
            ratio: 1.021,
            ratioLow: 0.912,
            ratioHigh: 1.143,
            confidence: 0.95,
            harmLimit: 1,
            limit: 1.1,
            pairs: 40,
            controlMeasured: 40,
            candidateMeasured: 40,
          },
        ]
      : [],
    verdict: guarded ? 'hold' : 'promote',
    because: guarded
      ? {
          rule: 'duration-not-proven-safe',
          observed: 1.143,
          limit: 1.1,
          text: 'The candidate succeeds more (75.0 % against 45.0 % of 40 units that both tried; exact McNemar p = 0.0005), but its duration is not proven safe: the ratio may be as high as 1.143; 1.1 is the limit.',
        }
      : {
          rule: 'success-better',
          observed: 0.0005,
          limit: 0.05,
          text: 'The candidate succeeds more: 75.0 % against 45.0 % of 40 units that both tried; exact McNemar p = 0.0005.',
        },
    evidenceDigest: '4f6c1d09a7e2b85503c4d19e6f7a80b1c2d3e4f5061728394a5b6c7d8e9f0a1b',
    decidedAt: iso(nowMs - 188 * 60_000),
    decidedBy: 'Ada Novak',
    // The last two decisions of the fixture's ledger: entries 124 and 125.
    eventId: uuid(5000 + (guarded ? 125 : 124)),
  }
}

/** What waits for approval, and what no longer does. */
export function approvals(nowMs: number, voted: ReadonlySet<string>): readonly ApprovalRequest[] {
  const request = (number: number, facts: Partial<ApprovalRequest>): ApprovalRequest => ({
    approvalId: uuid(600 + number),
    operation: 'tunables.change',
    subject: 'health.success_target',
    environment: 'production',
    impact: 'HIGH',
    parameters: { key: 'health.success_target', from: 0.98, to: 0.95, reason: 'support agents never reach 98 %' },
    reason: 'The target of 98 % marks both support agents as degraded for weeks; nobody looks any more.',
    actionDigest: 'sha256:7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a',
    policyDigest: 'sha256:1f0b',
    requiredApprovers: 1,
    approverRole: 'admin',
    requireReview: false,
    state: voted.has(uuid(600 + number)) ? 'approved' : 'pending',
    because: {
      rule: 'matrix.HIGH',
      observed: 'HIGH',
      limit: 'MODERATE',
      text: 'Changes of high impact always need an admin who is not their author.',
    },
    requestedBy: 'Jon Bell',
    votes: [],
    createdAt: iso(nowMs - 42 * 60_000),
    expiresAt: iso(nowMs + 23 * 3_600_000),
    ...facts,
  })
  return [
    request(0, {}),
    request(1, {
      operation: 'rollouts.promote',
      subject: 'telecom-care / gpt-4.1-sft-telecom',
      impact: 'CRITICAL',
      requiredApprovers: 2,
      requireReview: true,
      parameters: { agent: 'telecom-care', release: 'gpt-4.1-sft-telecom', share: 1 },
      reason: 'The candidate solves two thirds of what the control leaves open.',
      because: {
        rule: 'matrix.CRITICAL',
        observed: 'CRITICAL',
        limit: 'MODERATE',
        text: 'Critical changes are blocked until two admins agree, each with a review.',
      },
      votes: [
        {
          by: 'Mia Okafor',
          verdict: 'approve',
          review: 'Read ten traces of each arm. The guardrail on duration stays in place.',
          at: iso(nowMs - 20 * 60_000),
        },
      ],
    }),
    request(2, {
      requestedBy: 'Ada Novak',
      subject: 'health.silent_after_minutes',
      impact: 'MODERATE',
      approverRole: 'developer',
    }),
    request(3, { state: 'rejected', subject: 'ingest.queue_rows' }),
  ]
}

/** Keys in each state. */
export function apiKeys(nowMs: number): readonly z.infer<typeof ApiKey>[] {
  const key = (number: number, name: string, facts: Partial<z.infer<typeof ApiKey>>): z.infer<typeof ApiKey> => ({
    apiKeyId: uuid(800 + number),
    name,
    prefix: `mak_${'aBcDeF'.slice(number)}3x`,
    scopes: ['telemetry:write'],
    createdAt: iso(nowMs - (number + 1) * 9 * 86_400_000),
    expiresAt: iso(nowMs + 200 * 86_400_000),
    lastUsedAt: iso(nowMs - 90_000 * (number + 1)),
    revokedAt: null,
    ...facts,
  })
  return [
    key(0, 'telecom-care, production', {}),
    key(1, 'checkout-copilot, production', {}),
    key(2, 'nightly export', { scopes: ['fleet:read', 'executions:read'], lastUsedAt: null }),
    key(3, 'old laptop', { revokedAt: iso(nowMs - 86_400_000) }),
    key(4, 'trial', { expiresAt: iso(nowMs - 86_400_000) }),
  ]
}
