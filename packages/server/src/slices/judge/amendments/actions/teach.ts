import type { EventActor } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { judgeAlarm } from '../../drift/index.ts'
import { alarmsOf } from '../store/amendments.ts'

/**
 * Every alarm behind an amendment counts in the audited precision of its detector. One that retention has taken away
 * meanwhile counts nowhere.
 */
export async function teach(
  deps: Deps,
  tx: Tx,
  {
    amendmentId,
    alarm,
    actor,
  }: {
    readonly amendmentId: string
    readonly alarm: 'false' | 'real'
    readonly actor: EventActor
  },
): Promise<void> {
  const verdict = alarm === 'real' ? 'true' : 'false'
  for (const alarmId of await alarmsOf(tx, amendmentId)) await judgeAlarm(deps, tx, { alarmId, verdict, actor })
}
