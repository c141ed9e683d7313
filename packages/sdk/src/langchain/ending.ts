/** How a run ended, as its error says. */
export type Ending =
  | { readonly kind: 'failure'; readonly error: unknown; readonly endReason?: string }
  | { readonly kind: 'cancelled'; readonly error: unknown; readonly endReason: string }
  /** A person or an event is awaited: control flow, not a failure. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly interrupts: unknown }
  /** Control went to the parent graph: the run did what it should. */
  | { readonly kind: 'handed-over' }

/**
 * Reads an error of LangChain or LangGraph. LangGraph.js has no callback for interrupts: they travel as errors that
 * carry `is_bubble_up` (libs/langgraph-core/src/errors.ts). Names are compared, since two copies of the library may be
 * loaded.
 */
export function endingOf(error: unknown): Ending {
  const { name, message, is_bubble_up, interrupts, reason, code } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as Readonly<Record<string, unknown>>
  if (name === 'GraphInterrupt' || name === 'NodeInterrupt') return { kind: 'waiting', reason: 'interrupt', interrupts }
  if (name === 'GraphDrained') return { kind: 'waiting', reason: 'drained', interrupts: reason }
  if (is_bubble_up === true) return { kind: 'handed-over' }
  // LangGraph's own loop says only `Error: Abort`, whether it was stopped or ran out of time.
  const isAbort = name === 'AbortError' || code === 'ABORT_ERR' || (name === 'Error' && message === 'Abort')
  if (isAbort) return { kind: 'cancelled', error, endReason: 'aborted' }
  if (name === 'GraphRecursionError') return { kind: 'failure', error, endReason: 'max_steps' }
  return { kind: 'failure', error }
}
