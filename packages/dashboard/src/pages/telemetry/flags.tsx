import type { Execution } from '@metaagent/contract'
import { Icon } from '../../ui/icon.tsx'
import classes from './flags.module.css'

/** The end reasons of an execution that need a look; the plain end reason where there is none. */
export function Flags({ execution }: { readonly execution: Pick<Execution, 'flags' | 'endReason' | 'synthetic'> }) {
  const { flags, endReason, synthetic } = execution
  return (
    <span className={classes['flags']}>
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
