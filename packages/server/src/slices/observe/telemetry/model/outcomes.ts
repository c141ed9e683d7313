import type { Because, ExecutionStatus, JudgeKind, OutcomeResult, OutcomeSubject } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'

/** How an outcome says what it is about, as the table holds it. */
export interface StoredSubject {
  readonly kind: 'execution' | 'conversation' | 'unit' | 'attribute'
  /** Name of the attribute; null for the other kinds. */
  readonly key: string | null
  readonly value: string
  readonly actionId: string | null
  readonly agent: string | null
}

/** An outcome that was learnt after its execution. */
export interface OutcomeRow {
  readonly outcomeId: string
  readonly subject: StoredSubject
  readonly metric: string
  readonly result: OutcomeResult | null
  readonly score: number | null
  readonly label: string | null
  readonly explanation: string | null
  readonly judge: string
  readonly judgeKind: JudgeKind
  readonly overrides: boolean
  readonly source: string
  readonly idempotencyKey: string
  readonly observedAt: Instant
}

export function storedSubject(subject: OutcomeSubject): StoredSubject {
  if ('executionId' in subject)
    return {
      kind: 'execution',
      key: null,
      value: subject.executionId,
      actionId: subject.actionId ?? null,
      agent: null,
    }
  const agent = subject.agent ?? null
  if ('conversationId' in subject)
    return { kind: 'conversation', key: null, value: subject.conversationId, actionId: null, agent }
  if ('unit' in subject) return { kind: 'unit', key: null, value: subject.unit, actionId: null, agent }
  return { kind: 'attribute', key: subject.attribute.key, value: subject.attribute.value, actionId: null, agent }
}

/** The subject as the API shows it. */
export function shownSubject({ kind, key, value, actionId, agent }: StoredSubject): OutcomeSubject {
  const ofAgent = agent === null ? {} : { agent }
  switch (kind) {
    case 'execution':
      return { executionId: value, ...(actionId === null ? {} : { actionId }) }
    case 'conversation':
      return { conversationId: value, ...ofAgent }
    case 'unit':
      return { unit: value, ...ofAgent }
    case 'attribute':
      return { attribute: { key: key ?? '', value }, agent: agent ?? '' }
  }
}

/** An outcome that may count in place of what its execution reported. */
export interface Overriding {
  readonly result: OutcomeResult
  readonly observedAt: Instant
  readonly source: string
  readonly idempotencyKey: string
  readonly metric: string
}

export interface OutcomeDecision {
  /** Null: the reported status counts. */
  readonly outcome: OutcomeResult | null
  readonly because: Because
}

/**
 * What an execution counts as after everything that was learnt of it. The newest observation wins, whatever order they
 * came in; of two observed at once, the one whose source and key sort last.
 */
export function decideOutcome(reported: ExecutionStatus, learnt: readonly Overriding[]): OutcomeDecision {
  const newest = learnt.reduce<Overriding | null>((a, b) => (a === null || isNewer(b, a) ? b : a), null)
  if (newest === null)
    return {
      outcome: null,
      because: {
        rule: 'nothing-learnt',
        observed: null,
        limit: reported,
        text: `Nothing was learnt since, so the reported ${reported} counts.`,
      },
    }
  return {
    outcome: newest.result,
    because: {
      rule: 'newest-outcome',
      observed: newest.result,
      limit: reported,
      text: `The newest of ${learnt.length} observed (${newest.metric}) says ${newest.result}; the execution reported ${reported}.`,
    },
  }
}

function isNewer(a: Overriding, b: Overriding): boolean {
  if (a.observedAt !== b.observedAt) return a.observedAt > b.observedAt
  if (a.source !== b.source) return a.source > b.source
  return a.idempotencyKey > b.idempotencyKey
}

/** How long an outcome waits for its execution before it is given up: as long as an attribute is searched back. */
export const longestWaitMs = 30 * 86_400_000

/**
 * When to look again for an execution that is not there: after an eighth of the time waited so far, at least a second
 * and at most ten minutes, so that young outcomes join at once and old ones cost little.
 */
export function nextTry(receivedAt: Instant, now: Instant): Instant {
  return addMs(now, Math.min(600_000, Math.max(1_000, (now - receivedAt) / 8)))
}
