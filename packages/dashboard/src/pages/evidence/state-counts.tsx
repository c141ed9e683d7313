import type { ControlState } from '@metaagent/contract'
import { plural } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import classes from './evidence.module.css'

const tones: Readonly<Record<ControlState, Tone>> = { covered: 'healthy', gap: 'failing', outside: 'unknown' }
export const stateWords: Readonly<Record<ControlState, string>> = {
  covered: 'covered',
  gap: 'gap',
  outside: 'not for software',
}

/** The state of a control. */
export function ControlMark({ state }: { readonly state: ControlState }) {
  return <MarkedWord tone={tones[state]} word={stateWords[state]} filled />
}

interface Counts {
  readonly covered: number
  readonly gaps: number
  readonly outside: number
}

/** How many controls are in which state, as a bar and in words. */
export function StateCounts({ covered, gaps, outside }: Counts) {
  const all = covered + gaps + outside
  const words = `${covered} covered, ${plural(gaps, 'gap')}, ${outside} not for software`
  const width = (count: number) => ({ width: `${all === 0 ? 0 : (count / all) * 100}%` })
  return (
    <div className={classes['counts']}>
      <div className={classes['bar']} aria-hidden="true">
        <i data-state="covered" style={width(covered)} />
        <i data-state="gap" style={width(gaps)} />
        <i data-state="outside" style={width(outside)} />
      </div>
      <span>{words}</span>
    </div>
  )
}
