import type { Macro, MacroExecution, MacroExecutionStatus, MacroStepState } from '@metaagent/contract'
import { formatShare } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Unknown } from '../../ui/value.tsx'

const macroTones: Readonly<Record<Macro['state'], Tone>> = { ready: 'healthy', blocked: 'failing', disabled: 'silent' }

/** Whether a macro can be started. */
export function MacroMark({ state, filled = false }: { readonly state: Macro['state']; readonly filled?: boolean }) {
  return <MarkedWord tone={macroTones[state]} word={state} filled={filled} />
}

const executionTones: Readonly<Record<MacroExecutionStatus, Tone>> = {
  running: 'unknown',
  succeeded: 'healthy',
  failed: 'failing',
  compensated: 'degraded',
  cancelled: 'silent',
}

/** How an execution stands. */
export function ExecutionMark({
  status,
  filled = false,
}: {
  readonly status: MacroExecutionStatus
  readonly filled?: boolean
}) {
  return <MarkedWord tone={executionTones[status]} word={status} filled={filled} />
}

const stepTones: Readonly<Record<MacroStepState, Tone>> = {
  waiting: 'silent',
  running: 'unknown',
  succeeded: 'healthy',
  failed: 'failing',
  undone: 'degraded',
  'not-undone': 'failing',
  skipped: 'silent',
}
const stepWords: Readonly<Record<MacroStepState, string>> = {
  waiting: 'not begun',
  running: 'in flight',
  succeeded: 'succeeded',
  failed: 'failed',
  undone: 'undone',
  'not-undone': 'not undone',
  skipped: 'skipped',
}

export function StepMark({ state }: { readonly state: MacroStepState }) {
  return <MarkedWord tone={stepTones[state]} word={stepWords[state]} />
}

/** What makes an execution other than a real one; null when nothing does. */
export function runWords({ synthetic, dry }: Pick<MacroExecution, 'synthetic' | 'dry'>): string | null {
  if (synthetic) return dry ? 'simulated, dry' : 'simulated, live'
  return dry ? 'dry' : null
}

/** How long an execution took, or takes. */
export function durationMs(execution: Pick<MacroExecution, 'startedAt' | 'endedAt'>, nowMs: number): number {
  return Math.max(
    0,
    (execution.endedAt === null ? nowMs : Date.parse(execution.endedAt)) - Date.parse(execution.startedAt),
  )
}

/** The share of executions that succeeded in the last day. */
export function SuccessShare({ rate }: { readonly rate: number | null }) {
  return rate === null ? <Unknown why="None ended in the last day." /> : formatShare(rate)
}
