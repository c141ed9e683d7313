import type { RawBuilder } from 'kysely'
import type { Result } from '../kernel/result.ts'
import type { Tx } from './store.ts'

/** An execution by its key. */
export interface ExecutionRef {
  readonly startedOn: string
  readonly executionId: string
}

export interface WordQuestion {
  /** As people write it; its grammar stands beside the filter `q` of the list of executions. */
  readonly q: string
  /** Days on which the executions that are asked for can lie; null is open. */
  readonly fromDay: string | null
  readonly toDay: string | null
  /** How many executions the list wants. */
  readonly limit: number
}

/** How a list finds the executions that hold the words of a question. */
export interface WordFilter {
  /** What to hold each row `e` of executions (`started_on`, `execution_id`) against. */
  readonly condition: RawBuilder<boolean>
  /** No others can fit; null when they are so many that the list had better walk in its own order. */
  readonly candidates: readonly ExecutionRef[] | null
  /**
   * What the condition cannot tell (phrases), told by the texts of an execution, which stand apart by `textGap`; null when
   * the condition tells all.
   */
  readonly holdsIn: ((texts: string) => boolean) | null
}

/** Between two texts of one execution: a control character, which JSON never holds bare. */
export const textGap = '\u001e'

/** Reads a question for words and looks up who can answer it; refuses (`invalid-query`) what cannot be searched for. */
export type FindWords = (tx: Tx, question: WordQuestion) => Promise<Result<WordFilter>>
