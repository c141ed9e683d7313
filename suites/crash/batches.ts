import { createHash } from 'node:crypto'
import type { TelemetryBatchInput } from '@metaagent/contract'
import type { BatchKey } from './progress.ts'

export const executionsPerBatch = 10
export const actionsPerBatch = 100
/** Executions that a batch reports as running; the sender's next batch closes them. */
export const leftOpen = 2
const actionsPerExecution = actionsPerBatch / executionsPerBatch

/** Reports in a batch: its own and those that close what the sender's batch before left open. */
export function reportsOf({ number }: BatchKey): number {
  return executionsPerBatch + (number === 0 ? 0 : leftOpen)
}

/** The first 12 digits of all execution ids of a batch. */
export function batchPrefix({ round, sender, number }: BatchKey): string {
  return hex(round, 4) + hex(sender, 2) + hex(number, 6)
}

export function executionIdOf(seed: string, key: BatchKey, index: number): string {
  const start = batchPrefix(key) + hex(index, 2)
  return start + createHash('sha256').update(`${seed}|${start}`).digest('hex').slice(0, 18)
}

/**
 * The same bytes for the same seed, key and base time: 10 executions of several agents with 10 actions each, all within
 * the ten minutes before `baseMs` or a day earlier. Each round brings an agent and a release that are new.
 */
export function batchOf(seed: string, key: BatchKey, baseMs: number): TelemetryBatchInput {
  const own = Array.from({ length: executionsPerBatch }, (_, index) => executionOf(seed, key, index, baseMs))
  const before = { ...key, number: key.number - 1 }
  const closings =
    key.number === 0
      ? []
      : Array.from({ length: leftOpen }, (_, at) =>
          executionOf(seed, before, executionsPerBatch - leftOpen + at, baseMs),
        )
  const open = own.map((execution, index) => (index < executionsPerBatch - leftOpen ? execution : begun(execution)))
  return { executions: [...closings, ...open], actions: own.flatMap((execution) => actionsOf(execution)) }
}

interface Run {
  readonly executionId: string
  readonly agent: string
  readonly environment: string
  readonly release: string
  readonly startedAt: string
  readonly endedAt: string
  readonly status: 'success' | 'failure'
}

function begun({ endedAt: _, ...execution }: Run) {
  return { ...execution, status: 'running' as const }
}

function executionOf(seed: string, key: BatchKey, index: number, baseMs: number): Run {
  const { round, sender, number } = key
  const yesterday = index === 3 ? 86_400_000 : 0
  const startedMs = baseMs - 600_000 - yesterday + ((number * 3_701 + index * 41_113 + sender * 13) % 500_000)
  return {
    executionId: executionIdOf(seed, key, index),
    agent: index === 9 ? `newcomer-${round}` : `agent-${(sender + index) % 4}`,
    environment: index % 3 === 0 ? 'staging' : 'production',
    release: index % 2 === 0 ? 'stable' : `round-${round}`,
    startedAt: new Date(startedMs).toISOString(),
    endedAt: new Date(startedMs + 16_000 + index * 700 + (number % 50) * 90).toISOString(),
    status: (number + index) % 12 === 11 ? 'failure' : 'success',
  }
}

const models = [
  { provider: 'openai', model: 'gpt-4.1-2025-04-14' },
  // Nobody knows its price.
  { provider: 'in-house', model: 'house-model-1' },
]

function actionsOf(run: Run) {
  const { executionId, agent, environment, release } = run
  return Array.from({ length: actionsPerExecution }, (_, index) => {
    const startedMs = Date.parse(run.startedAt) + index * 1_500
    const isModelCall = index % 2 === 0
    const failed = index === 7 && run.status === 'failure'
    return {
      executionId,
      actionId: hex(index + 1, 16),
      parentActionId: index === 0 ? null : hex(1, 16),
      agent,
      environment,
      release,
      kind: isModelCall ? ('llm' as const) : index % 4 === 1 ? ('tool' as const) : ('retrieval' as const),
      name: isModelCall ? 'answer' : 'look up the reservation',
      startedAt: new Date(startedMs).toISOString(),
      endedAt: new Date(startedMs + 1_200).toISOString(),
      status: failed ? ('failure' as const) : ('success' as const),
      ...(failed ? { errorType: 'TimeoutError', errorMessage: 'the tool did not answer within 2,000 ms' } : {}),
      ...(isModelCall
        ? { ...models[index % 4 === 0 ? 0 : 1], usage: { inputTokens: 900 + index, outputTokens: 70 } }
        : {}),
      input: { messages: [{ role: 'user', content: `Can reservation R${executionId.slice(0, 12)} be moved a day?` }] },
      output: { role: 'assistant', content: 'A basic economy ticket cannot be changed after it was booked.' },
    }
  })
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
