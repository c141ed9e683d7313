import type { ActionStatus, ComparisonVerdict, ExecutionStatus, HealthState } from '@metaagent/contract'
import classes from './mark.module.css'

/** The five tones of a mark. Each has a shape of its own, so that no meaning hangs on colour alone. */
export type Tone = 'healthy' | 'degraded' | 'failing' | 'silent' | 'unknown'

const drawings: Readonly<Record<Tone, string>> = {
  healthy: 'M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3z',
  degraded: 'M8 2.5 14.2 13.5H1.8z',
  failing: 'M8 1.8 14.2 8 8 14.2 1.8 8z',
  silent: 'M4 3h3v10H4zM9 3h3v10H9z',
  unknown: 'M8 3.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6z',
}

/** A shape in the colour of its tone: disc, triangle, diamond, two bars, dashed ring. */
export function Mark({ tone, size = 12 }: { readonly tone: Tone; readonly size?: number }) {
  const hollow = tone === 'unknown'
  return (
    <svg className={classes['mark']} data-tone={tone} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={drawings[tone]}
        fill={hollow ? 'none' : 'currentColor'}
        {...(hollow ? { stroke: 'currentColor', strokeWidth: 2, strokeDasharray: '3 2.2' } : {})}
      />
    </svg>
  )
}

/** A word with its mark, as a quiet pill (`filled`) or plain. */
export function MarkedWord({
  tone,
  word,
  filled = false,
}: {
  readonly tone: Tone
  readonly word: string
  readonly filled?: boolean
}) {
  return (
    <span className={classes['word']} data-tone={tone} data-filled={filled}>
      <Mark tone={tone} />
      {word}
    </span>
  )
}

/** The state of an agent. */
export function HealthMark({ state, filled }: { readonly state: HealthState; readonly filled?: boolean }) {
  return <MarkedWord tone={state} word={state} filled={filled ?? false} />
}

const executionTones: Readonly<Record<ExecutionStatus | ActionStatus, Tone>> = {
  success: 'healthy',
  failure: 'failing',
  running: 'unknown',
  waiting: 'silent',
  cancelled: 'unknown',
}

/** The status of an execution or of one of its steps. */
export function StatusMark({
  status,
  filled,
}: {
  readonly status: ExecutionStatus | ActionStatus
  readonly filled?: boolean
}) {
  return <MarkedWord tone={executionTones[status]} word={status} filled={filled ?? false} />
}

const verdictTones: Readonly<Record<ComparisonVerdict, Tone>> = {
  promote: 'healthy',
  reject: 'failing',
  hold: 'degraded',
  continue: 'silent',
}

/** The verdict of a comparison. */
export function VerdictMark({ verdict, filled }: { readonly verdict: ComparisonVerdict; readonly filled?: boolean }) {
  return <MarkedWord tone={verdictTones[verdict]} word={verdict} filled={filled ?? false} />
}
