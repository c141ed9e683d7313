import { addMs, type Instant } from '../../../../kernel/instant.ts'

/** What an attempt to deliver came to, as the adapter saw it. */
export type AttemptOutcome =
  | { readonly kind: 'delivered'; readonly detail: string; readonly reference: string | null }
  /** May work later: the other side is down, or asked to wait. */
  | { readonly kind: 'failed'; readonly detail: string; readonly retryAfterMs: number | null }
  /** Will never work as it is: a revoked webhook, a wrong password, an address that is not allowed. */
  | { readonly kind: 'refused'; readonly detail: string }

export type NextStep =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly at: Instant }
  | { readonly kind: 'dead'; readonly reason: string }

/** Tries before a delivery is given up: with the waits below, after half an hour. */
export const attemptsMax = 10
const firstWaitMs = 5_000
const longestWaitMs = 600_000

/**
 * What happens after the nth attempt (from 1): 5 s, 10 s, 20 s … at most 10 min apart, never sooner than the other side
 * asked for; given up after ten, or at once when it can never work.
 */
export function afterAttempt(outcome: AttemptOutcome, attempt: number, now: Instant): NextStep {
  if (outcome.kind === 'delivered') return { kind: 'done' }
  if (outcome.kind === 'refused') return { kind: 'dead', reason: outcome.detail }
  if (attempt >= attemptsMax) return { kind: 'dead', reason: `Given up after ${attempt} attempts: ${outcome.detail}` }
  const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1))
  return { kind: 'retry', at: addMs(now, Math.max(waitMs, outcome.retryAfterMs ?? 0)) }
}

/** How long a claimed delivery may be under way before another process may take it: longer than any timeout inside. */
export const claimMs = 120_000

/** Pause between two messages of one channel; Slack takes one a second per webhook. */
export const pauseMs: Readonly<Record<string, number>> = { slack: 1_000 }
