import type { Session } from '@metaagent/contract'
import { formatCount } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import classes from './sessions.module.css'

const shown = [
  ['failure', 'failing', 'failed'],
  ['waiting', 'unknown', 'waiting'],
  ['running', 'unknown', 'running'],
  ['cancelled', 'unknown', 'cancelled'],
  ['success', 'healthy', 'succeeded'],
] as const satisfies readonly (readonly [keyof Session['statuses'], Tone, string])[]

/** How many runs of a session ended how, failures first; what did not happen is left out. */
export function SessionStatus({ statuses }: { readonly statuses: Session['statuses'] }) {
  return (
    <span className={classes['statuses']}>
      {shown.map(([status, tone, word]) =>
        statuses[status] === 0 ? null : (
          <MarkedWord key={status} tone={tone} word={`${formatCount(statuses[status])} ${word}`} />
        ),
      )}
    </span>
  )
}
