import type { Execution } from '@metaagent/contract'
import { Icon } from '../../ui/icon.tsx'
import classes from './flags.module.css'

/** The end reasons of an execution that need a look; the plain end reason where there is none. */
export function Flags({
  execution,
}: {
  readonly execution: Pick<Execution, 'flags' | 'endReason' | 'synthetic' | 'status' | 'outcome'>
}) {
  const { flags, endReason, synthetic, status, outcome } = execution
  return (
    <span className={classes['flags']}>
      {outcome === null || outcome === status ? null : (
        <span className={classes['flag']} title={`Learnt afterwards; counts in place of ${status}`}>
          <Icon name="flag" size={11} /> learnt: {outcome}
        </span>
      )}
      {flags.map((flag) => (
        <span key={flag} className={classes['flag']} title={`Needs a look: ${flag}`}>
          <Icon name="flag" size={11} /> {flag}
        </span>
      ))}
      {endReason === null || flags.includes(endReason) ? null : <span className="faint">{endReason}</span>}
      {synthetic ? <span className={classes['synthetic']}>synthetic</span> : null}
    </span>
  )
}
