/**
 * The parts of the AI SDK's telemetry events (ai 7, `Telemetry` in dist/index.d.ts) that are read here. All but ids is
 * optional, since settings like `recordInputs: false` empty fields and minor versions add and rename some.
 */
export interface CallEvent {
  readonly callId: string
  /** Epoch milliseconds, set when an event is reported after it happened. */
  readonly timestamp?: number | undefined
  readonly functionId?: string | undefined
  readonly recordInputs?: boolean | undefined
  readonly recordOutputs?: boolean | undefined
}

export interface StartEvent extends CallEvent {
  readonly operationId: string
  readonly provider: string
  readonly modelId: string
  readonly runtimeContext?: Readonly<Record<string, unknown>> | undefined
}

/** What a model is asked, in whichever of these the operation has. */
export interface InputEvent {
  readonly instructions?: unknown
  readonly messages?: unknown
  readonly promptMessages?: unknown
  readonly prompt?: unknown
  readonly value?: unknown
  readonly values?: unknown
  readonly query?: unknown
  readonly documents?: unknown
}

export interface TokenEvent {
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly inputTokenDetails?:
    | { readonly cacheReadTokens?: number | undefined; readonly cacheWriteTokens?: number | undefined }
    | undefined
  readonly outputTokenDetails?: { readonly reasoningTokens?: number | undefined } | undefined
}

export interface ModelStartEvent extends CallEvent {
  readonly provider: string
  readonly modelId: string
}

export interface ModelEndEvent extends CallEvent {
  readonly modelId?: string | undefined
  readonly finishReason?: string | undefined
  readonly usage?: TokenEvent | undefined
  readonly content?: unknown
  readonly objectText?: unknown
  readonly responseId?: string | undefined
  readonly response?: { readonly id?: string | undefined; readonly modelId?: string | undefined } | undefined
  readonly performance?: { readonly timeToFirstOutputMs?: number | undefined } | undefined
  readonly msToFirstChunk?: number | undefined
}

export interface ToolEvent extends CallEvent {
  readonly toolCall: { readonly toolCallId: string; readonly toolName: string; readonly input?: unknown }
}

export interface ToolEndEvent extends ToolEvent {
  readonly toolOutput: { readonly type: string; readonly output?: unknown; readonly error?: unknown }
}
