// Vercel's AI SDK: reports calls of generateText, streamText, agents and embeddings through its telemetry interface.

export type { Continuations, WaitingExecution } from '../continuations.ts'
export type { MetaAgentTelemetryOptions } from './telemetry.ts'
export { MetaAgentTelemetry } from './telemetry.ts'
