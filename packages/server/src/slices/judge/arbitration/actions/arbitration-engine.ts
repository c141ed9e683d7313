import type { JournalEvent } from '@metaagent/contract'
import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { keyOf, readIntake } from '../model/intake.ts'
import { closeLabelled } from '../store/audits.ts'
import { insertMetrics, upsertExemptions, upsertGold, upsertItems, upsertVotes } from '../store/votes.ts'
import { decideDue, decidedPerTurn } from './decide.ts'

/**
 * Decides between judges who contradict each other: keeps what each said of a subject and metric, queues what two gave a
 * verdict on, and decides what is due in the same transaction. Seed 1, “Architecture Overview”.
 */
export class ArbitrationEngine implements QaEngine {
  readonly name = 'arbitration'
  readonly pattern = 'qa_*'

  async observe(deps: Deps, tx: Tx, events: readonly JournalEvent[]): Promise<void> {
    const { votes, golds, exemptions, latest } = readIntake(events)
    if (latest.size === 0) return
    const now = deps.clock.now()
    const known = [...latest.values()]
    await insertMetrics(tx, [...new Set(known.map(({ metric }) => metric))])
    await upsertExemptions(tx, exemptions, now)
    const voted = new Set((await upsertVotes(tx, votes)).map(keyOf))
    await upsertItems(
      tx,
      known.filter((item) => voted.has(keyOf(item))),
      now,
    )
    const told = new Set((await upsertGold(tx, golds, now)).map(keyOf))
    const changed = golds.filter((gold) => told.has(keyOf(gold)))
    await closeLabelled(tx, changed, now)
    if (voted.size > 0 || changed.length > 0) await decideDue(deps, tx, decidedPerTurn)
  }
}
