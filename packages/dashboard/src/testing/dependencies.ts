import type { BlastRadius, DependencyGraph, ExecutionRisk, Suspicion } from '@metaagent/contract'
import { agentSeeds } from './agent-seeds.ts'
import { iso, uuid } from './random.ts'

/** Two agents, of which the first calls the second, which uses a tool and a model. */
export function graphOf(nowMs: number): DependencyGraph {
  const [first, second] = [uuid(1), uuid(2)]
  const seen = { firstSeenAt: iso(nowMs - 9e8), lastSeenAt: iso(nowMs), hidden: false, note: null } as const
  const use = { ...seen, source: 'learned', executions: 40, calls: 55, errors: 2 } as const
  const node = { domain: 'support', executions: 40 }
  return {
    days: 30,
    nodes: [
      { ...node, kind: 'agent', target: first, name: agentSeeds[0]?.name ?? 'first' },
      { ...node, kind: 'agent', target: second, name: agentSeeds[1]?.name ?? 'second' },
      { ...node, kind: 'tool', target: 'search', name: 'search', domain: null },
      { ...node, kind: 'model', target: 'gpt-4.1', name: 'gpt-4.1', domain: null },
    ],
    edges: [
      { ...use, agentId: first, kind: 'agent', target: second, share: 0.5 },
      { ...use, agentId: second, kind: 'tool', target: 'search', share: 1 },
      { ...use, agentId: second, kind: 'model', target: 'gpt-4.1', share: 1 },
      { ...use, agentId: second, kind: 'provider', target: 'openai', share: null, source: 'manual', lastSeenAt: null },
    ],
  }
}

/** Who is affected when the model fails. */
export function radiusOf(kind: string, target: string): BlastRadius {
  const [first, second] = [uuid(1), uuid(2)]
  return {
    kind: kind === 'model' ? 'model' : 'agent',
    target,
    days: 30,
    affected: [
      {
        agentId: second,
        agent: agentSeeds[1]?.name ?? 'second',
        distance: 1,
        share: 1,
        executions: 40,
        path: [second],
      },
      {
        agentId: first,
        agent: agentSeeds[0]?.name ?? 'first',
        distance: 2,
        share: 0.5,
        executions: 20,
        path: [first, second],
      },
    ],
  }
}

/** A risk with one number that counts and one that does not. */
export function riskOf(executionId: string, nowMs: number): ExecutionRisk {
  return {
    executionId,
    agentId: uuid(1),
    environment: 'production',
    unit: null,
    endedAt: iso(nowMs),
    score: 71.4,
    formula: 'risk-1',
    because: [
      { rule: 'start', observed: 'alone', limit: null, contribution: -0.55, text: 'Where every run starts.' },
      { rule: 'unfinished', observed: 'yes', limit: null, contribution: 1.66, text: 'Ends in the middle of a call.' },
      { rule: 'apologies', observed: 2, limit: 0, contribution: 0, text: '2 replies apologised.' },
    ],
    peers: 0,
    scoredAt: iso(nowMs),
  }
}

/** A silent evaluator. */
export function suspicionOf(agentId: string, nowMs: number): Suspicion {
  return {
    suspicionId: uuid(700),
    agentId,
    agent: agentSeeds[1]?.name ?? 'second',
    release: '2026.11.2',
    kind: 'outcome-stopped-varying',
    target: 'evaluator',
    probability: 0.0001,
    because: [{ rule: 'all-failed', observed: 115, limit: 20, text: 'The latest 115 judged executions all failed.' }],
    raisedAt: iso(nowMs - 3.6e6),
    clearedAt: null,
  }
}
