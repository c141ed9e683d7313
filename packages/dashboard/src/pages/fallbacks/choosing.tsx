import type { FallbackDryRun } from '@metaagent/contract'
import { BecauseList } from '../../ui/because-list.tsx'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import classes from './fallbacks.module.css'
import { PassedOver } from './invocations.tsx'

const faces: Readonly<Record<FallbackDryRun['outcome'], { readonly tone: Tone; readonly word: string }>> = {
  none: { tone: 'healthy', word: 'nothing to do' },
  wait: { tone: 'silent', word: 'would wait' },
  settle: { tone: 'healthy', word: 'the incident would end' },
  invoke: { tone: 'degraded', word: 'would invoke' },
  exhausted: { tone: 'failing', word: 'none would be left' },
}

/** What would be chosen, why, and what would be passed over. */
export function Choosing({ dryRun }: { readonly dryRun: FallbackDryRun }) {
  const { outcome, macro, because, chosenBecause, passedOver } = dryRun
  const { tone, word } = faces[outcome]
  return (
    <div className={classes['group']} data-testid="choosing">
      <div className={classes['head']}>
        <MarkedWord tone={tone} word={word} filled />
        {macro === null ? null : <strong>{macro}</strong>}
      </div>
      <BecauseList lines={[because, ...(chosenBecause === null ? [] : [chosenBecause])]} />
      <PassedOver reasons={passedOver.slice(1)} />
    </div>
  )
}
