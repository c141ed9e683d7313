import { fields, text } from './llm-output.ts'

/** What LangChain tells when a run starts. */
export interface RunFacts {
  readonly runId: string
  readonly name: string
  /** Path of the class in LangChain's serialized form, the class last. */
  readonly path: readonly string[]
  readonly tags: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * Runs that are machinery of the framework: those that LangChain itself hides from its traces, and the wrappers that
 * have no name but that of their class (a conditional edge is a `RunnableLambda` inside its node).
 */
export function isPlumbing({ tags, name, path }: RunFacts): boolean {
  return tags.includes('langsmith:hidden') || (name.startsWith('Runnable') && name === path.at(-1))
}

/** Names that LangGraph and LangChain give when nobody else did. */
const defaultNames = /^(LangGraph|Runnable\w*|CompiledStateGraph|CompiledGraph|Pregel)$/

/** The graph's own name, if somebody gave it one. */
export function agentNameOf({ name, path, metadata }: RunFacts): string | undefined {
  const given = text(metadata['lc_agent_name'])
  if (given !== undefined) return given
  return path.includes('pregel') && !defaultNames.test(name) ? name : undefined
}

export function sessionOf(metadata: Readonly<Record<string, unknown>>): string | undefined {
  const id = metadata['thread_id'] ?? metadata['session_id'] ?? metadata['conversation_id']
  return typeof id === 'number' ? String(id) : text(id)?.slice(0, 300)
}

/** `Command({ resume })`, or no input at all: how LangGraph is told to go on with a thread. */
export function isResumption(input: unknown): boolean {
  const { lg_name, resume, input: inner } = fields(input)
  if (lg_name === 'Command') return resume !== undefined
  return input === null || (inner === null && Object.keys(fields(input)).length === 1)
}

const reportedMetadata = ['langgraph_node', 'langgraph_step', 'langgraph_checkpoint_ns', 'ls_temperature']

export function stepAttributes({ runId, tags, metadata }: RunFacts): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = { 'langchain.run_id': runId }
  for (const name of reportedMetadata) {
    const value = metadata[name]
    if (typeof value === 'string' || typeof value === 'number') attributes[name] = value
  }
  if (tags.length > 0) attributes['langchain.tags'] = tags.join(',')
  return attributes
}
