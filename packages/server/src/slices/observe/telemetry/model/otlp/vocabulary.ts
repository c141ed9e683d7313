import { contentTable } from './content-table.ts'
import type { Sources } from './table.ts'
import { usageTable } from './usage-table.ts'

/**
 * Goes up when a span would be read differently; stored with each row, so that `metaagent remap` finds the rows that an
 * older mapping read.
 */
export const mappingVersion = 3

/**
 * What attributes mean: one row per canonical field, its sources from the first to the last choice. A new vocabulary is
 * an entry here and a new `mappingVersion`. `older` is gen_ai.* up to 1.36; `openLlmetry` writes mostly those.
 */
export const spanTable = {
  // A kind that was set for an observability tool says what the author meant; the operation says what the library did.
  kind: {
    langfuse: ['langfuse.observation.type'],
    openInference: ['openinference.span.kind'],
    current: ['gen_ai.operation.name'],
    older: ['llm.request.type'],
    openLlmetry: ['traceloop.span.kind'],
    vercel: ['ai.operationId', 'operation.name'],
    others: [
      'agentops.span.kind',
      'langsmith.span.kind',
      'lmnr.span.type',
      'genkit:metadata:subtype',
      'mlflow.spanType',
      'n8n.node.type',
    ],
  },
  provider: {
    current: ['gen_ai.provider.name'],
    older: ['gen_ai.system'],
    openInference: ['llm.provider', 'llm.system'],
    vercel: ['ai.model.provider'],
    others: ['langsmith.metadata.ls_provider', 'mlflow.llm.provider', 'model_provider'],
  },
  requestModel: {
    current: ['gen_ai.request.model'],
    openInference: ['llm.request.model_name', 'llm.model_name', 'embedding.model_name', 'reranker.model_name'],
    langfuse: ['langfuse.observation.model.name'],
    vercel: ['ai.model.id'],
    others: [
      'langsmith.metadata.ls_model_name',
      'mlflow.llm.model',
      'gcp.vertex.agent.llm_request#model',
      'model',
      'lk.request.model',
    ],
  },
  // Genkit names the model only as the action that runs; heard where the span is a model's.
  modelNode: { others: ['genkit:name'] },
  // The answer names the exact model, with its date; the request may name an alias.
  responseModel: {
    current: ['gen_ai.response.model'],
    openInference: ['llm.response.model_name'],
    vercel: ['ai.response.model'],
    others: ['llm.response.model', 'gcp.vertex.agent.llm_response#model_version'],
  },
  responseId: {
    current: ['gen_ai.response.id'],
    vercel: ['ai.response.id'],
    others: ['llm.response.id'],
  },
  agent: {
    current: ['gen_ai.agent.name'],
    openInference: ['agent.name'],
    vercel: ['ai.telemetry.functionId'],
    // Ids last: a name is what people know an agent by.
    others: [
      'agent_name',
      'flue.task.agent',
      'lk.agent_name',
      'n8n.workflow.name',
      'gen_ai.agent.id',
      'agent.id',
      'n8n.workflow.id',
    ],
  },
  // Nodes of a graph and decorated functions: who acts only where the span is an agent's.
  agentNode: {
    openInference: ['graph.node.id'],
    openLlmetry: ['traceloop.entity.name'],
    others: ['langgraph_node', 'metadata#langgraph_node', 'langsmith.metadata.langgraph_node'],
  },
  agentVersion: {
    metaagent: ['metaagent.release'],
    current: ['gen_ai.agent.version', 'service.version'],
    langfuse: ['langfuse.release', 'langfuse.version'],
    others: ['n8n.workflow.version_id'],
  },
  environment: {
    current: ['deployment.environment.name', 'deployment.environment'],
    older: ['gen_ai.environment'],
    langfuse: ['langfuse.environment'],
  },
  workflow: {
    current: ['gen_ai.workflow.name'],
    openLlmetry: ['traceloop.workflow.name'],
    langfuse: ['langfuse.trace.name'],
    vercel: ['resource.name'],
    others: ['n8n.workflow.name'],
  },
  conversation: {
    current: ['gen_ai.conversation.id'],
    openInference: ['session.id'],
    openLlmetry: ['traceloop.association.properties.session_id', 'traceloop.association.properties.sessionId'],
    langfuse: ['langfuse.session.id', 'langfuse.trace.metadata.langfuse_session_id'],
    vercel: ['ai.telemetry.metadata.sessionId'],
    others: [
      'langsmith.trace.session_id',
      'langsmith.metadata.thread_id',
      'lmnr.association.properties.session_id',
      'gcp.vertex.agent.session_id',
      'metadata#thread_id',
      'traceloop.association.properties.thread_id',
      'thread_id',
    ],
  },
  user: {
    current: ['user.id'],
    older: ['enduser.id'],
    openLlmetry: ['traceloop.association.properties.user_id', 'traceloop.association.properties.userId'],
    langfuse: ['langfuse.user.id', 'langfuse.trace.metadata.langfuse_user_id'],
    vercel: ['ai.telemetry.metadata.userId'],
    others: ['lmnr.association.properties.user_id', 'langsmith.metadata.user_id', 'metadata#user_id'],
  },
  tags: {
    openInference: ['tag.tags'],
    openLlmetry: ['traceloop.association.properties.tags'],
    langfuse: ['langfuse.trace.tags', 'langfuse.tags'],
    vercel: ['ai.telemetry.metadata.tags'],
    others: ['langsmith.span.tags', 'lmnr.association.properties.tags', 'agentops.tags'],
  },
  promptName: {
    current: ['gen_ai.prompt.name'],
    openInference: ['llm.prompt_template.name', 'prompt.id'],
    openLlmetry: ['traceloop.prompt.key'],
    langfuse: ['langfuse.observation.prompt.name', 'langfuse.prompt.name'],
  },
  promptVersion: {
    current: ['gen_ai.prompt.version'],
    openInference: ['llm.prompt_template.version'],
    openLlmetry: ['traceloop.prompt.version', 'traceloop.prompt.version_name'],
    langfuse: ['langfuse.observation.prompt.version', 'langfuse.prompt.version'],
  },
  timeToFirstChunkS: {
    current: ['gen_ai.response.time_to_first_chunk'],
    older: ['gen_ai.server.time_to_first_token'],
    others: ['lk.response.ttft', 'llm.response.time_to_first_token'],
  },
  timeToFirstChunkMs: { vercel: ['ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk'] },
  firstChunkAt: { langfuse: ['langfuse.observation.completion_start_time'] },
  finishReasons: {
    current: ['gen_ai.response.finish_reasons'],
    older: ['gen_ai.response.finish_reason', 'gen_ai.completion.0.finish_reason', '@gen_ai.choice#finish_reason'],
    openInference: ['llm.finish_reason'],
    vercel: ['ai.response.finishReason'],
    others: ['llm.response.finish_reason', 'genkit:output#finishReason', 'gcp.vertex.agent.llm_response#finish_reason'],
  },
  level: { langfuse: ['langfuse.observation.level'] },
  errorType: { current: ['error.type'] },
  errorMessage: { older: ['error.message'], langfuse: ['langfuse.observation.status_message'] },
  // Merged, not chosen: each parameter from the first source that names it.
  parameters: {
    openInference: ['llm.invocation_parameters', 'llm.invocation_parameters.*'],
    openLlmetry: ['llm.request.parameters.*'],
    langfuse: ['langfuse.observation.model.parameters', 'langfuse.observation.model_parameters'],
    vercel: ['ai.settings.*'],
    others: ['model_config', 'genkit:input#config', 'gcp.vertex.agent.llm_request#config.generation_config'],
  },
  serviceTier: {
    current: ['openai.response.service_tier', 'openai.request.service_tier'],
    older: ['gen_ai.openai.response.service_tier', 'gen_ai.openai.request.service_tier'],
    vercel: ['ai.response.providerMetadata#openai.serviceTier'],
  },
  streaming: { current: ['gen_ai.request.stream'], older: ['llm.is_streaming', 'gen_ai.is_streaming'] },
  unit: { metaagent: ['metaagent.unit'] },
  score: { metaagent: ['metaagent.score'] },
  endReason: { metaagent: ['metaagent.end_reason'] },
  ...usageTable,
  ...contentTable,
} as const satisfies Record<string, Sources>

export type SpanField = keyof typeof spanTable

/** The same for attributes of the resource, which hold for all of its spans. */
export const resourceTable = {
  release: { metaagent: ['metaagent.release'], current: ['service.version'], langfuse: ['langfuse.release'] },
  environment: {
    current: ['deployment.environment.name', 'deployment.environment'],
    older: ['gen_ai.environment'],
    langfuse: ['langfuse.environment'],
  },
  service: {
    current: ['service.name'],
    older: ['gen_ai.application_name'],
    openInference: ['openinference.project.name'],
  },
} as const satisfies Record<string, Sources>

/**
 * Under which attribute a field is found again whatever vocabulary it came in: the name of the current conventions
 * where they have one. Fields that are not listed have a column of the action or the execution.
 */
export const canonicalAttributes = {
  user: 'user.id',
  conversation: 'gen_ai.conversation.id',
  workflow: 'gen_ai.workflow.name',
  tags: 'metaagent.tags',
  promptName: 'gen_ai.prompt.name',
  promptVersion: 'gen_ai.prompt.version',
  requestModel: 'gen_ai.request.model',
  responseId: 'gen_ai.response.id',
  timeToFirstChunkS: 'gen_ai.response.time_to_first_chunk',
  finishReasons: 'gen_ai.response.finish_reasons',
  toolCallId: 'gen_ai.tool.call.id',
  toolDefinitions: 'gen_ai.tool.definitions',
  audioTokens: 'gen_ai.usage.audio.input_tokens',
  serviceTier: 'gen_ai.request.service_tier',
  streaming: 'gen_ai.request.stream',
  annotations: 'metaagent.evaluations',
} as const satisfies Partial<Record<SpanField, string>>
