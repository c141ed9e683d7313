/** A tool call that the scripted model makes. */
export interface ScriptedToolCall {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** Default: made from the number of the turn. */
  readonly id?: string
}

/**
 * Tokens as OpenTelemetry counts them: `inputTokens` includes those read from and written to the cache, `outputTokens`
 * includes reasoning. Each dialect says them in its own way, so that one turn costs the same through every client.
 */
export interface ScriptedUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens?: number
  readonly cacheWriteTokens?: number
  readonly reasoningTokens?: number
}

/** A refusal with the vendor's error body. */
export interface ScriptedError {
  readonly status: number
  /** The vendor's type: `rate_limit_error`, `overloaded_error`, `invalid_request_error`, … */
  readonly type: string
  readonly message: string
  /** The parameter that is wrong, where the vendor names it. */
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Which requests a turn answers; all that is given must hold. Default: the next request, whatever it is. */
export interface TurnCondition {
  readonly model?: string
  /** A text that the last message holds (after tools: the tool's result). */
  readonly lastMessageContains?: string
  /** A text that stands anywhere in the request, system prompt included. */
  readonly requestContains?: string
}

/** What the model answers to one request. */
export interface Turn {
  readonly when?: TurnCondition
  /** Answers any number of requests instead of one. */
  readonly repeat?: boolean
  readonly text?: string
  readonly reasoning?: string
  readonly toolCalls?: readonly ScriptedToolCall[]
  /** Default: `tool-calls` with tool calls, else `stop`. */
  readonly finish?: 'stop' | 'length' | 'tool-calls' | 'content-filter'
  /** Default: a quarter of the characters of request and answer. */
  readonly usage?: ScriptedUsage
  /** The model that answers, where it differs from the one asked for (`gpt-4.1` → `gpt-4.1-2025-04-14`). */
  readonly model?: string
  readonly error?: ScriptedError
  /** Wait before the first byte, in milliseconds. */
  readonly delayMs?: number
  /** Wait between the events of a stream, in milliseconds. */
  readonly chunkDelayMs?: number
  /** Ends a stream after so many events: with the vendor's error event, or by closing the connection. */
  readonly breakAfterEvents?: { readonly events: number; readonly by: 'error' | 'cut' }
}

/** A turn with everything decided that a reply needs. */
export interface ResolvedTurn {
  /** Counts requests from 1; ids are made from it, so that a script gives the same bytes each time. */
  readonly number: number
  readonly model: string
  readonly text: string | null
  readonly reasoning: string | null
  readonly toolCalls: readonly Required<ScriptedToolCall>[]
  readonly finish: NonNullable<Turn['finish']>
  readonly usage: Required<ScriptedUsage>
}

/** Whether a turn answers a request. */
export function answers(turn: Turn, request: { model: string; last: string; whole: string }): boolean {
  const { when } = turn
  if (when === undefined) return true
  return (
    (when.model === undefined || when.model === request.model) &&
    (when.lastMessageContains === undefined || request.last.includes(when.lastMessageContains)) &&
    (when.requestContains === undefined || request.whole.includes(when.requestContains))
  )
}

export function resolveTurn(
  turn: Turn,
  number: number,
  request: { readonly model: string; readonly whole: string },
): ResolvedTurn {
  const calls = turn.toolCalls ?? []
  const said = (turn.text ?? '') + (turn.reasoning ?? '') + (calls.length === 0 ? '' : JSON.stringify(calls))
  const usage = turn.usage ?? { inputTokens: quarter(request.whole), outputTokens: quarter(said) }
  return {
    number,
    model: turn.model ?? request.model,
    text: turn.text ?? (calls.length === 0 ? '' : null),
    reasoning: turn.reasoning ?? null,
    toolCalls: calls.map((call, at) => ({ ...call, id: call.id ?? `${number}_${at}` })),
    finish: turn.finish ?? (calls.length > 0 ? 'tool-calls' : 'stop'),
    usage: { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, ...usage },
  }
}

const quarter = (text: string) => Math.ceil(text.length / 4)

/** Pieces in which a text is streamed. */
export function pieces(text: string, characters = 12): readonly string[] {
  const found: string[] = []
  for (let at = 0; at < text.length; at += characters) found.push(text.slice(at, at + characters))
  return found
}

/** One event of a stream; without a name only `data:` is written. */
export interface StreamEvent {
  readonly event?: string
  readonly data: unknown
}

/** A vendor's way of speaking: what a request must be, and how an answer is said. */
export interface Dialect {
  /** What is wrong with the request, in the vendor's words, or null. */
  refuse(body: Json, headers: Readonly<Record<string, string | undefined>>): ScriptedError | null
  lastMessage(body: Json): unknown
  reply(turn: ResolvedTurn, body: Json): unknown
  stream(turn: ResolvedTurn, body: Json): readonly StreamEvent[]
  errorBody(error: ScriptedError, number: number): unknown
  /** The event that says in the middle of a stream that it failed. */
  streamError(number: number): StreamEvent
}

export type Json = Readonly<Record<string, unknown>>
