import type {
  Because,
  EventActor,
  JsonValue,
  MacroExecution,
  MacroExecutionDetail,
  MacroExecutionStatus,
} from '@metaagent/contract'
import type { MacroDefinition } from './definition.ts'
import { type ExecutionEvent, type ExecutionState, runOf } from './execution/state.ts'
import { stepState } from './progress.ts'

/** An execution as a picture of it needs it. */
export interface KnownExecution {
  readonly executionId: string
  readonly macroId: string
  readonly macro: string
  readonly version: number
  readonly environment: string
  readonly inputs: JsonValue
  readonly status: MacroExecutionStatus
  readonly synthetic: boolean
  readonly dry: boolean
  readonly because: Because
  readonly endedBecause: Because | null
  readonly startedBy: EventActor
  readonly correlationId: string
  readonly causationId: string | null
  readonly parentId: string | null
  readonly approvalId: string | null
  readonly state: ExecutionState
  readonly dueAt: Date | null
  readonly startedAt: Date
  readonly endedAt: Date | null
}

export interface KnownEvent {
  readonly sequence: number
  readonly at: Date
  readonly event: ExecutionEvent
  readonly because: Because | null
  readonly reference: string | null
}

/** An execution as lists show it. */
export function shownExecution(row: KnownExecution, definition: MacroDefinition): MacroExecution {
  const { executionId, inputs: _inputs, state, dueAt: _dueAt, startedAt, endedAt, ...rest } = row
  const ended = row.status !== 'running'
  const states = definition.steps.map((step) => ({ name: step.name, state: stateOf(row, step) }))
  const current = states.find((step) => step.state === 'running') ?? states.find((step) => step.state === 'waiting')
  return {
    ...rest,
    macroExecutionId: executionId,
    currentStep: ended ? null : (current?.name ?? null),
    stepsDone: Object.values(state.steps).filter(({ succeeded }) => succeeded).length,
    stepsTotal: definition.steps.length,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  }
}

/** An execution step by step, with every event at the step that it is about. */
export function detailOf(
  row: KnownExecution,
  definition: MacroDefinition,
  events: readonly KnownEvent[],
): MacroExecutionDetail {
  const shown = events.map((one) => ({ step: stepOf(one.event), event: shownEvent(one) }))
  return {
    ...shownExecution(row, definition),
    inputs: row.inputs,
    steps: definition.steps.map((step) => {
      const run = runOf(row.state.steps, step.name)
      const undoing = runOf(row.state.compensations, step.name)
      const deadlineAtMs = undoing?.deadlineAtMs ?? run?.deadlineAtMs ?? null
      return {
        name: step.name,
        kind: step.kind,
        state: stateOf(row, step),
        attempts: run?.attempts ?? 0,
        attemptsMax: step.retries.attemptsMax,
        idempotencyKey: run?.idempotencyKey ?? null,
        deadlineAt: deadlineAtMs === null ? null : new Date(Math.ceil(deadlineAtMs)).toISOString(),
        events: shown.filter((one) => one.step === step.name).map(({ event }) => event),
      }
    }),
    events: shown.filter(({ step }) => step === null).map(({ event }) => event),
    nextAt: row.dueAt?.toISOString() ?? null,
  }
}

function stateOf({ state, status }: KnownExecution, step: MacroDefinition['steps'][number]) {
  return stepState(state, { name: step.name, hasCompensation: step.compensation !== null }, status !== 'running')
}

function stepOf(event: ExecutionEvent): string | null {
  if ('release' in event) return event.release.step
  return 'step' in event ? event.step : null
}

type ShownEvent = MacroExecutionDetail['events'][number]

const kinds: Readonly<Record<ExecutionEvent['type'], ShownEvent['kind']>> = {
  released: 'released',
  succeeded: 'succeeded',
  'attempt-failed': 'failed',
  cancelled: 'cancelled',
  'turned-back': 'turned-back',
  'compensation-released': 'released',
  'compensation-succeeded': 'succeeded',
  'compensation-attempt-failed': 'failed',
}

function shownEvent({ sequence, at, event, because, reference }: KnownEvent): ShownEvent {
  const attempt = 'release' in event ? event.release.attempt : 'attempt' in event ? event.attempt : null
  const output = event.type === 'succeeded' ? (event.output as JsonValue) : null
  const compensation = event.type.startsWith('compensation-')
  return { sequence, at: at.toISOString(), kind: kinds[event.type], compensation, attempt, because, output, reference }
}
