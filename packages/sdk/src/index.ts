// What an agent reports with, and the shapes of its reports.

export type { ActionEnd, ActionStart, ExecutionEnd, ExecutionStart, OpenAction, OpenExecution } from './agent-logger.ts'
export { AgentLogger } from './agent-logger.ts'
export { newActionId, newExecutionId } from './ids.ts'
export type { JudgmentReport, OwnJudgmentReport } from './judging.ts'
export { QAEventBus, QAEventBusError, type QAEventBusOptions, type QASubscription } from './qa-event-bus.ts'
export type { AgentLoggerOptions, LoggerStats } from './settings.ts'
