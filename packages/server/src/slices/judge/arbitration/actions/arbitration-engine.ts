import type { JournalEvent } from '@metaagent/contract'
import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Decides between judges who contradict each other. Seed 1, “Architecture Overview”. */
export class ArbitrationEngine implements QaEngine {
  readonly name = 'arbitration'
  readonly pattern = 'qa_*'

  async observe(_deps: Deps, _tx: Tx, _events: readonly JournalEvent[]): Promise<void> {}
}
