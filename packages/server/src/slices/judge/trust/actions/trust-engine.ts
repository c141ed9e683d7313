import type { JournalEvent } from '@metaagent/contract'
import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Keeps how right each judge has been, per metric. Seed 1, “Architecture Overview”. */
export class TrustEngine implements QaEngine {
  readonly name = 'trust'
  readonly pattern = 'qa_*'

  async observe(_deps: Deps, _tx: Tx, _events: readonly JournalEvent[]): Promise<void> {}
}
