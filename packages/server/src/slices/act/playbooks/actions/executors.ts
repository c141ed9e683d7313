import type { StepExecutor } from '../../../../ports/step-executor.ts'
import { askHuman } from './step-ask-human.ts'
import { httpCall } from './step-http-call.ts'
import { journalEvent } from './step-journal-event.ts'
import { notify } from './step-notify.ts'
import { pauseAgent, resumeAgent } from './step-pause-agent.ts'
import { startAnother } from './step-start-macro.ts'
import { waitFor } from './step-wait-for.ts'

const own: readonly StepExecutor[] = [
  httpCall,
  journalEvent,
  notify,
  waitFor,
  askHuman,
  pauseAgent,
  resumeAgent,
  startAnother,
]

const executors = new Map(own.map((executor) => [executor.kind, executor]))

/** Adds the kinds of steps that other slices bring; called once by `app/`. A kind that is there already is replaced. */
export function registerStepExecutors(others: readonly StepExecutor[]): void {
  for (const executor of others) executors.set(executor.kind, executor)
}

/** The executor of a kind; null when none is registered. */
export function executorOf(kind: string): StepExecutor | null {
  return executors.get(kind) ?? null
}

/** Every registered kind, by name. */
export function allExecutors(): readonly StepExecutor[] {
  return [...executors.values()].toSorted((a, b) => (a.kind < b.kind ? -1 : 1))
}
