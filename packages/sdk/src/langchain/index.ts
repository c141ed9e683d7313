// LangChain and LangGraph for JavaScript: reports runs through their callbacks.

export type { Continuations, WaitingExecution } from '../continuations.ts'
export type { MetaAgentCallbackHandlerOptions } from './callback-handler.ts'
export { MetaAgentCallbackHandler } from './callback-handler.ts'
