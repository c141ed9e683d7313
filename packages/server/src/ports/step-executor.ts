import type { Because, EventActor, JsonValue } from '@metaagent/contract'
import type { z } from 'zod'
import type { Instant } from '../kernel/instant.ts'
import type { Deps } from './slice.ts'
import type { Tx } from './store.ts'

/** One attempt at a step, or at its compensation, as an executor is given it. */
export interface StepCall {
  readonly organizationId: string
  readonly executionId: string
  readonly macro: { readonly macroId: string; readonly name: string; readonly version: number }
  readonly environment: string
  readonly step: string
  readonly compensation: boolean
  /** From 1. */
  readonly attempt: number
  /** The same for every attempt: under it the step takes effect once. */
  readonly idempotencyKey: string
  /** Filled in, and fitting the executor's schema. */
  readonly arguments: unknown
  readonly releasedAt: Instant
  readonly deadlineAt: Instant
  readonly synthetic: boolean
  readonly correlationId: string
  readonly startedBy: EventActor
  /** What `begin` left behind; null before. */
  readonly reference: string | null
}

export type StepAnswer =
  | { readonly kind: 'succeeded'; readonly output: JsonValue; readonly because: Because }
  | { readonly kind: 'failed'; readonly retryable: boolean; readonly because: Because }

interface StepExecutorBase {
  /** Names the kind in definitions: `http-call`. */
  readonly kind: string
  /** One sentence for people who write macros. */
  readonly summary: string
  /** What the arguments must be once templates are filled in. */
  readonly arguments: z.ZodType
  readonly timeoutMaxMs: number
  /** Touches, or waits for, what a simulation must leave alone: a dry execution tells it and does not do it. */
  readonly hasEffect: boolean
}

/**
 * A kind of step. `call` is made with no transaction open and may happen again under its key. `apply` happens in the
 * transaction that records it, so exactly once. `wait` begins in one transaction and is asked again until it answers.
 */
export type StepExecutor = StepExecutorBase &
  (
    | { readonly mode: 'call'; call(deps: Deps, step: StepCall): Promise<StepAnswer> }
    | { readonly mode: 'apply'; apply(deps: Deps, tx: Tx, step: StepCall): Promise<StepAnswer> }
    | {
        readonly mode: 'wait'
        /** Answers what to ask `poll` about; an answer at once is one, too. */
        begin(deps: Deps, tx: Tx, step: StepCall): Promise<{ readonly reference: string } | StepAnswer>
        /** Null: not yet. */
        poll(deps: Deps, tx: Tx, step: StepCall): Promise<StepAnswer | null>
        /** The execution is cancelled or turned back: nobody waits any more. */
        abandon(deps: Deps, tx: Tx, step: StepCall): Promise<void>
      }
  )
