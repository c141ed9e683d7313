import type { ActionReportInput, ExecutionReportInput } from '@metaagent/contract'
import type { Stage } from './stage.ts'

interface Worker {
  readonly agent: string
  readonly release: string
  readonly runs: number
  /** One of so many runs fails. */
  readonly failsOneIn: number
  readonly durationMs: number
  readonly model: string
}

const workers: readonly Worker[] = [
  { agent: 'support-triage', release: 'v12', runs: 420, failsOneIn: 210, durationMs: 1500, model: 'gpt-4.1-mini' },
  { agent: 'invoice-reader', release: '2026.11.2', runs: 260, failsOneIn: 11, durationMs: 2400, model: 'gpt-4.1' },
  { agent: 'docs-search', release: 'v4', runs: 640, failsOneIn: 320, durationMs: 700, model: 'gpt-4.1-mini' },
]

const dayMs = 86_400_000

/** Three made-up agents that report a day of work, so that the pictures show more than what was recorded long ago. */
export async function reportWorkingDay({ report }: Stage): Promise<void> {
  const nowMs = Date.now()
  for (const worker of workers) {
    const runs = Array.from({ length: worker.runs }, (_, at) => runOf(worker, at, nowMs))
    await report({ executions: runs.map(({ execution }) => execution), actions: runs.map(({ action }) => action) })
  }
}

function runOf(worker: Worker, at: number, nowMs: number) {
  const { agent, release, runs, failsOneIn, durationMs, model } = worker
  // More work in the middle of the day than at its ends, and no two durations alike.
  const share = at / runs
  const endMs = nowMs - 60_000 - Math.round((share + 0.12 * Math.sin(2 * Math.PI * share)) * (dayMs - 120_000))
  const tookMs = Math.round(durationMs * (0.6 + 0.8 * spread(at)))
  const number = workers.indexOf(worker) * 10_000 + at + 1
  const executionId = number.toString(16).padStart(32, '0')
  const times = { startedAt: new Date(endMs - tookMs).toISOString(), endedAt: new Date(endMs).toISOString() }
  const status = at % failsOneIn === failsOneIn - 1 ? 'failure' : 'success'
  const execution: ExecutionReportInput = { executionId, agent, release, status, ...times }
  const action: ActionReportInput = {
    executionId,
    actionId: number.toString(16).padStart(16, '0'),
    agent,
    release,
    kind: 'llm',
    name: 'answer',
    provider: 'openai',
    model,
    status: 'success',
    usage: { inputTokens: 600 + Math.round(900 * spread(at + 7)), outputTokens: 60 + Math.round(120 * spread(at + 3)) },
    ...times,
  }
  return { execution, action }
}

/** A number from 0 to 1 that looks random and is the same in every run. */
function spread(at: number): number {
  const value = Math.sin(at * 12.9898) * 43_758.5453
  return value - Math.floor(value)
}
