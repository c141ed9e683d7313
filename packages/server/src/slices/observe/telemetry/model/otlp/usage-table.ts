import type { Sources } from './table.ts'

/** Tokens and reported costs. */
export const usageTable = {
  inputTokens: {
    current: ['gen_ai.usage.input_tokens'],
    older: ['gen_ai.usage.prompt_tokens'],
    openInference: ['llm.token_count.prompt'],
    openLlmetry: ['llm.usage.prompt_tokens'],
    langfuse: [
      'langfuse.observation.usage_details#input',
      'langfuse.observation.usage_details#input_tokens',
      'langfuse.observation.usage_details#prompt_tokens',
      'langfuse.observation.usage_details#promptTokens',
    ],
    vercel: ['ai.usage.inputTokens', 'ai.usage.promptTokens'],
    others: [
      'tokenUsageData.promptTokens',
      'n8n.llm.usage.promptTokens',
      'genkit:output#usage.inputTokens',
      'gcp.vertex.agent.llm_response#usage_metadata.prompt_token_count',
      'mlflow.chat.tokenUsage#input_tokens',
    ],
  },
  outputTokens: {
    current: ['gen_ai.usage.output_tokens'],
    older: ['gen_ai.usage.completion_tokens'],
    openInference: ['llm.token_count.completion'],
    openLlmetry: ['llm.usage.completion_tokens'],
    langfuse: [
      'langfuse.observation.usage_details#output',
      'langfuse.observation.usage_details#output_tokens',
      'langfuse.observation.usage_details#completion_tokens',
      'langfuse.observation.usage_details#completionTokens',
    ],
    vercel: ['ai.usage.outputTokens', 'ai.usage.completionTokens'],
    others: [
      'tokenUsageData.completionTokens',
      'n8n.llm.usage.completionTokens',
      'genkit:output#usage.outputTokens',
      'gcp.vertex.agent.llm_response#usage_metadata.candidates_token_count',
      'mlflow.chat.tokenUsage#output_tokens',
    ],
  },
  totalTokens: {
    older: ['gen_ai.usage.total_tokens', 'llm.usage.total_tokens'],
    openInference: ['llm.token_count.total'],
    langfuse: ['langfuse.observation.usage_details#total', 'langfuse.observation.usage_details#total_tokens'],
    vercel: ['ai.usage.totalTokens', 'ai.usage.tokens'],
    others: ['genkit:output#usage.totalTokens', 'mlflow.chat.tokenUsage#total_tokens'],
  },
  cacheReadTokens: {
    current: ['gen_ai.usage.cache_read.input_tokens'],
    older: [
      'gen_ai.usage.cache_read_input_tokens',
      'gen_ai.usage.input_cached_tokens',
      'gen_ai.usage.cache_read_tokens',
      'gen_ai.usage.details.cache_read_tokens',
      'gen_ai.usage.details.cache_read_input_tokens',
      'gen_ai.usage.details.cached_tokens',
    ],
    openInference: ['llm.token_count.prompt_details.cache_read'],
    langfuse: [
      'langfuse.observation.usage_details#input_cached_tokens',
      'langfuse.observation.usage_details#cache_read_input_tokens',
      'langfuse.observation.usage_details#input_cache_read',
      'langfuse.observation.usage_details#cached_input',
      'langfuse.observation.usage_details#prompt_tokens_details.cached_tokens',
      'langfuse.observation.usage_details#input_tokens_details.cached_tokens',
    ],
    vercel: [
      'ai.usage.cachedInputTokens',
      'ai.usage.inputTokenDetails.cacheReadTokens',
      'ai.response.providerMetadata#anthropic.usage.cache_read_input_tokens',
      'ai.response.providerMetadata#anthropic.cacheReadInputTokens',
      'ai.response.providerMetadata#openai.cachedPromptTokens',
      'ai.response.providerMetadata#bedrock.usage.cacheReadInputTokens',
    ],
    others: [
      'gen_ai.usage.input_tokens.cached',
      'gen_ai.usage.prompt_tokens_details.cache_read',
      'gen_ai.usage.prompt_tokens_details.cached_tokens',
      'gen_ai.usage.input_token_details#cache_read',
      'genkit:output#usage.cachedContentTokens',
      'gcp.vertex.agent.llm_response#usage_metadata.cached_content_token_count',
      'mlflow.chat.tokenUsage#cache_read_input_tokens',
    ],
  },
  // Two spellings may both be there with the same tokens: one is taken, they are never added (rule 3).
  cacheWriteTokens: {
    current: ['gen_ai.usage.cache_write.input_tokens'],
    older: [
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.cache_creation_input_tokens',
      'gen_ai.usage.input_cache_creation',
      'gen_ai.usage.cache_write_tokens',
      'gen_ai.usage.details.cache_write_tokens',
      'gen_ai.usage.details.cache_creation_input_tokens',
    ],
    openInference: ['llm.token_count.prompt_details.cache_write'],
    langfuse: [
      'langfuse.observation.usage_details#input_cache_creation',
      'langfuse.observation.usage_details#cache_creation_input_tokens',
      'langfuse.observation.usage_details#input_cache_write',
    ],
    vercel: [
      'ai.usage.inputTokenDetails.cacheWriteTokens',
      'ai.response.providerMetadata#anthropic.usage.cache_creation_input_tokens',
      'ai.response.providerMetadata#anthropic.cacheCreationInputTokens',
      'ai.response.providerMetadata#bedrock.usage.cacheWriteInputTokens',
    ],
    others: [
      'gen_ai.usage.input_tokens.cache_write',
      'gen_ai.usage.prompt_tokens_details.cache_write',
      'gen_ai.usage.input_token_details#cache_creation',
      'mlflow.chat.tokenUsage#cache_creation_input_tokens',
    ],
  },
  reasoningTokens: {
    current: ['gen_ai.usage.reasoning.output_tokens'],
    older: ['gen_ai.usage.reasoning_tokens', 'gen_ai.usage.details.reasoning_tokens'],
    openInference: ['llm.token_count.completion_details.reasoning'],
    langfuse: [
      'langfuse.observation.usage_details#output_reasoning_tokens',
      'langfuse.observation.usage_details#output_reasoning',
      'langfuse.observation.usage_details#completion_tokens_details.reasoning_tokens',
      'langfuse.observation.usage_details#output_tokens_details.reasoning_tokens',
    ],
    vercel: ['ai.usage.reasoningTokens', 'ai.usage.outputTokenDetails.reasoningTokens'],
    others: [
      'gen_ai.usage.output_tokens.reasoning',
      'gen_ai.usage.completion_tokens_details.reasoning',
      'gen_ai.usage.output_token_details#reasoning',
      'genkit:output#usage.thoughtsTokens',
      'gcp.vertex.agent.llm_response#usage_metadata.thoughts_token_count',
    ],
  },
  audioTokens: {
    current: ['gen_ai.usage.audio.input_tokens'],
    older: ['gen_ai.usage.details.input_audio_tokens'],
    openInference: ['llm.token_count.prompt_details.audio'],
    langfuse: [
      'langfuse.observation.usage_details#input_audio_tokens',
      'langfuse.observation.usage_details#input_audio',
    ],
  },
  reportedCostUsd: {
    older: ['gen_ai.usage.cost', 'gen_ai.usage.total_cost'],
    openInference: ['llm.cost.total'],
    langfuse: ['langfuse.observation.cost_details#total'],
    others: ['total_cost', 'llm.usage.cost', 'operation.cost'],
  },
  // Where nobody gives the sum.
  reportedInputCostUsd: {
    openInference: ['llm.cost.prompt'],
    langfuse: ['langfuse.observation.cost_details#input', 'langfuse.observation.cost_details#input_tokens'],
    others: ['gen_ai.usage.input_cost'],
  },
  reportedOutputCostUsd: {
    openInference: ['llm.cost.completion'],
    langfuse: ['langfuse.observation.cost_details#output', 'langfuse.observation.cost_details#output_tokens'],
    others: ['gen_ai.usage.output_cost'],
  },
} as const satisfies Record<string, Sources>
