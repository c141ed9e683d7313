import type { Usage } from '@metaagent/contract'
import type { InputEvent, ModelEndEvent, TokenEvent } from './events.ts'

/** Tokens of a call: the input includes cached ones, the output reasoning ones; what is not said is null. */
export function usageOf(usage: TokenEvent | undefined): Usage | undefined {
  if (usage === undefined) return undefined
  const { inputTokens, outputTokens, inputTokenDetails, outputTokenDetails } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  return {
    inputTokens: inputTokens ?? null,
    outputTokens: outputTokens ?? null,
    cacheReadTokens: inputTokenDetails?.cacheReadTokens ?? null,
    cacheWriteTokens: inputTokenDetails?.cacheWriteTokens ?? null,
    reasoningTokens: outputTokenDetails?.reasoningTokens ?? null,
  }
}

/** The AI SDK's names of providers that are not the semantic conventions' (`gen_ai.provider.name`) up to the first dot. */
const providers: readonly (readonly [string, string])[] = [
  ['google.vertex', 'gcp.vertex_ai'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['google.generative-ai', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
]

/** `openai.responses` → `openai`, `google.vertex.chat` → `gcp.vertex_ai`. */
export function providerOf(provider: string): string {
  const known = providers.find(([prefix]) => provider.startsWith(prefix))
  return known?.[1] ?? provider.replace(/\..*$/, '')
}

export function modelAttributes(event: ModelEndEvent): Record<string, string | number> {
  const firstMs = event.performance?.timeToFirstOutputMs ?? event.msToFirstChunk
  const responseId = event.responseId ?? event.response?.id
  return {
    ...(event.finishReason === undefined ? {} : { 'gen_ai.response.finish_reasons': event.finishReason }),
    ...(responseId === undefined ? {} : { 'gen_ai.response.id': responseId }),
    ...(firstMs === undefined ? {} : { 'gen_ai.response.time_to_first_chunk': firstMs / 1000 }),
  }
}

/** What was asked, without the fields that the operation does not have or that are not to be recorded. */
export function inputOf(event: InputEvent & { readonly recordInputs?: boolean | undefined }): unknown {
  if (event.recordInputs === false) return undefined
  const { instructions, messages, promptMessages, prompt, value, values, query, documents } = event
  const asked = messages ?? promptMessages ?? prompt
  if (asked !== undefined) return instructions === undefined ? asked : { instructions, messages: asked }
  return value ?? values ?? (query === undefined ? undefined : { query, documents })
}

/** Names under which applications keep a conversation in the runtime context, the first that is there. */
const sessionKeys = ['conversationId', 'sessionId', 'threadId', 'chatId']

/** The conversation, where the call includes it in telemetry (`includeRuntimeContext: { conversationId: true }`). */
export function conversationOf(context: Readonly<Record<string, unknown>> | undefined): string | undefined {
  for (const key of sessionKeys) {
    const value = context?.[key]
    if (typeof value === 'string' || typeof value === 'number') return String(value).slice(0, 300)
  }
  return undefined
}

/** Ids of approvals that are asked for in an answer (`tool-approval-request`) or given in messages (`…-response`). */
export function approvalIds(content: unknown, type: 'tool-approval-request' | 'tool-approval-response'): string[] {
  if (!Array.isArray(content)) return []
  return content.flatMap((part: unknown) => {
    const { type: kind, approvalId, content: inner } = (part ?? {}) as Readonly<Record<string, unknown>>
    if (kind === type && typeof approvalId === 'string') return [approvalId]
    return Array.isArray(inner) ? approvalIds(inner, type) : []
  })
}
