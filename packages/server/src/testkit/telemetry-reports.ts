import type { ActionReportInput, ExecutionReportInput } from '@metaagent/contract'

let lastId = 0

/** A trace id that no other test of this file has. */
export function freshExecutionId(): string {
  lastId += 1
  return lastId.toString(16).padStart(32, '0')
}

/** The nth span id of a trace. */
export function actionIdOf(n: number): string {
  return n.toString(16).padStart(16, '0')
}

/** A run of five seconds that succeeded, on 4 January 2026 unless `change` says otherwise. */
export function executionReport(change: Partial<ExecutionReportInput> = {}): ExecutionReportInput {
  return {
    executionId: freshExecutionId(),
    agent: 'support',
    startedAt: '2026-01-04T10:00:00.000Z',
    endedAt: '2026-01-04T10:00:05.000Z',
    status: 'success',
    ...change,
  }
}

/** The nth step of a run, a tool call of one second. */
export function actionReport(
  executionId: string,
  n: number,
  change: Partial<ActionReportInput> = {},
): ActionReportInput {
  return {
    executionId,
    actionId: actionIdOf(n),
    agent: 'support',
    kind: 'tool',
    name: 'search',
    startedAt: '2026-01-04T10:00:01.000Z',
    endedAt: '2026-01-04T10:00:02.000Z',
    status: 'success',
    ...change,
  }
}
