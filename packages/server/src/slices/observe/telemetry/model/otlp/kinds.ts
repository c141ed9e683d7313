import type { ActionKind, JsonValue } from '@metaagent/contract'

/** What an operation, span kind or observation type is, in whichever vocabulary; in lower case. */
export const kindOfWord: Readonly<Record<string, ActionKind>> = {
  // gen_ai.operation.name
  chat: 'llm',
  generate_content: 'llm',
  text_completion: 'llm',
  completion: 'llm',
  generate: 'llm',
  embeddings: 'embedding',
  retrieval: 'retrieval',
  search_memory: 'retrieval',
  rerank: 'retrieval',
  execute_tool: 'tool',
  invoke_agent: 'agent',
  create_agent: 'agent',
  invoke_workflow: 'agent',
  agent_step: 'agent',
  plan: 'agent',
  apply_guardrail: 'guardrail',
  create_memory_store: 'other',
  delete_memory_store: 'other',
  create_memory: 'other',
  update_memory: 'other',
  upsert_memory: 'other',
  delete_memory: 'other',
  // It repeats the tokens of an earlier call, and is none itself (rule 10).
  fetch_response: 'other',
  // OpenInference, OpenLLMetry, LangSmith, AgentOps, Langfuse, Laminar, MLflow, Genkit
  llm: 'llm',
  generation: 'llm',
  chat_model: 'llm',
  model: 'llm',
  embedding: 'embedding',
  embedder: 'embedding',
  tool: 'tool',
  function: 'tool',
  retriever: 'retrieval',
  reranker: 'retrieval',
  agent: 'agent',
  session: 'agent',
  workflow: 'agent',
  flow: 'agent',
  guardrail: 'guardrail',
  evaluator: 'evaluation',
  evaluation: 'evaluation',
  chain: 'other',
  task: 'other',
  operation: 'other',
  span: 'other',
  event: 'other',
  prompt: 'other',
  parser: 'other',
  executor: 'other',
  pipeline: 'other',
  indexer: 'other',
  util: 'other',
  memory: 'other',
}

/** Whether a word says that the span repeats the tokens of an earlier call. */
export function repeatsUsage(word: JsonValue): boolean {
  return word === 'fetch_response'
}

/** The kind that a word names, or null when it is unknown or says nothing. */
export function kindNamed(word: JsonValue, hasModel: boolean): ActionKind | null {
  if (typeof word !== 'string') return null
  // The AI SDK writes `ai.embed.doEmbed my-function`, MLflow writes `"CHAT_MODEL"` with its quotes.
  const first = word.replaceAll('"', '').trim().split(/\s/, 1)[0]?.toLowerCase() ?? ''
  if (Object.hasOwn(kindOfWord, first)) return kindOfWord[first] ?? null
  return first.startsWith('ai.') ? kindOfAiSdk(first.slice(3), hasModel) : kindOfNode(word)
}

/** `ai.generateText` is the whole, `ai.generateText.doGenerate` one call; both name the model. */
function kindOfAiSdk(operation: string, hasModel: boolean): ActionKind {
  if (operation.startsWith('toolcall')) return 'tool'
  if (operation.startsWith('embed')) return 'embedding'
  if (operation.startsWith('rerank')) return 'retrieval'
  return hasModel && /^(generate|stream)/.test(operation) ? 'llm' : 'other'
}

/** Node types of n8n: `@n8n/n8n-nodes-langchain.lmChatOpenAi`. */
function kindOfNode(type: string): ActionKind | null {
  const node = /n8n-nodes-[a-z]+\.(.+)$/.exec(type)?.[1]
  if (node === undefined) return null
  if (/^lm(Chat)?[A-Z]/.test(node)) return 'llm'
  if (node.startsWith('embeddings')) return 'embedding'
  if (node.startsWith('agent')) return 'agent'
  if (/^tool|Tool$/.test(node)) return 'tool'
  return /^(vectorStore|retriever|reranker)/.test(node) ? 'retrieval' : 'other'
}
