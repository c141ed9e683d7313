import type { HealthState } from '@metaagent/contract'

/** An agent of the fixture and how it does. */
export interface AgentSeed {
  readonly name: string
  readonly domain: string
  readonly owner: string | null
  readonly state: HealthState
  readonly executions: number
  readonly rate: number
  readonly p95Ms: number
  /** Null: no call of it has a price. */
  readonly costUsd: number | null
  readonly unpriced: number
  readonly seenMinutesAgo: number | null
  readonly releases: readonly string[]
}

/** The agents of the fixture: one in each state, one without prices, one that has just come. */
export const agentSeeds: readonly AgentSeed[] = [
  {
    name: 'telecom-care',
    domain: 'support',
    owner: 'care-team',
    state: 'degraded',
    executions: 1284,
    rate: 0.912,
    p95Ms: 48_200,
    costUsd: 61.42,
    unpriced: 0,
    seenMinutesAgo: 0.4,
    releases: ['gpt-4.1-sft-telecom', 'gpt-4.1'],
  },
  {
    name: 'airline-desk',
    domain: 'support',
    owner: 'care-team',
    state: 'failing',
    executions: 412,
    rate: 0.704,
    p95Ms: 26_400,
    costUsd: 11.08,
    unpriced: 0,
    seenMinutesAgo: 1.2,
    releases: ['2026.11.2', '2026.11.1', '2026.10.4'],
  },
  {
    name: 'checkout-copilot',
    domain: 'commerce',
    owner: 'payments',
    state: 'healthy',
    executions: 18_420,
    rate: 0.991,
    p95Ms: 2140,
    costUsd: 204.7,
    unpriced: 0,
    seenMinutesAgo: 0.1,
    releases: ['v112', 'v111'],
  },
  {
    name: 'invoice-reader',
    domain: 'finance',
    owner: 'finance-ops',
    state: 'healthy',
    executions: 2210,
    rate: 0.987,
    p95Ms: 8600,
    costUsd: 19.33,
    unpriced: 214,
    seenMinutesAgo: 3,
    releases: ['ocr-7'],
  },
  {
    name: 'phishing-triage',
    domain: 'security',
    owner: 'secops',
    state: 'healthy',
    executions: 5630,
    rate: 0.996,
    p95Ms: 1250,
    costUsd: 3.912,
    unpriced: 0,
    seenMinutesAgo: 0.3,
    releases: ['r41', 'r40'],
  },
  {
    name: 'log-summarizer',
    domain: 'infra',
    owner: 'platform',
    state: 'silent',
    executions: 96,
    rate: 0.979,
    p95Ms: 3900,
    costUsd: 0.0427,
    unpriced: 0,
    seenMinutesAgo: 412,
    releases: ['s3'],
  },
  {
    name: 'contract-reviewer',
    domain: 'legal',
    owner: null,
    state: 'healthy',
    executions: 310,
    rate: 0.984,
    p95Ms: 31_000,
    costUsd: null,
    unpriced: 930,
    seenMinutesAgo: 12,
    releases: ['ft-clauses-2'],
  },
  {
    name: 'incident-commander',
    domain: 'infra',
    owner: 'platform',
    state: 'healthy',
    executions: 64,
    rate: 1,
    p95Ms: 12_700,
    costUsd: 2.61,
    unpriced: 0,
    seenMinutesAgo: 26,
    releases: ['v9'],
  },
  {
    name: 'release-notes-writer',
    domain: 'app',
    owner: null,
    state: 'unknown',
    executions: 0,
    rate: 0,
    p95Ms: 0,
    costUsd: null,
    unpriced: 0,
    seenMinutesAgo: null,
    releases: [],
  },
]
