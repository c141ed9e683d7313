import type { ActionEnd, ExecutionEnd, OpenAction, OpenExecution } from '../agent-logger.ts'

export interface CallEnd extends Pick<ExecutionEnd, 'output' | 'error' | 'endReason' | 'endedAt'> {
  readonly status: 'success' | 'failure' | 'cancelled'
}

/** One call of generateText, streamText, embed …, from its start to its end. */
export class OpenCall {
  /** The execution, or the step of another call that it was made in. */
  readonly scope: OpenExecution | OpenAction
  readonly startedAt: Date
  step: OpenAction | null = null
  model: OpenAction | null = null
  /** Tools by the id of their call, embeddings by the id of theirs. */
  readonly inner = new Map<string, OpenAction>()

  constructor(scope: OpenExecution | OpenAction, startedAt: Date) {
    this.scope = scope
    this.startedAt = startedAt
  }

  /** Where a model call or tool that starts now belongs. */
  get current(): OpenExecution | OpenAction {
    return this.step ?? this.scope
  }

  get execution(): OpenExecution | null {
    return 'executionId' in this.scope ? this.scope : null
  }

  /** Ends what is still open inside: a failed or aborted step gets no end event of its own parts. */
  endOpen(end: ActionEnd): void {
    for (const action of this.inner.values()) action.end(end)
    this.inner.clear()
    this.model?.end(end)
    this.model = null
    this.step?.end(end)
    this.step = null
  }

  /** Ends the call as a whole, be it an execution or a step of one. */
  end(end: CallEnd): void {
    if (this.execution !== null) return this.execution.end(end)
    const { endReason, ...rest } = end
    const attributes = endReason === undefined ? {} : { attributes: { 'metaagent.end_reason': endReason } }
    ;(this.scope as OpenAction).end({ ...rest, ...attributes })
  }

  wait(reason: string): void {
    if (this.execution !== null) return this.execution.wait(reason)
    ;(this.scope as OpenAction).end({ status: 'cancelled', attributes: { 'metaagent.waiting': reason } })
  }
}
