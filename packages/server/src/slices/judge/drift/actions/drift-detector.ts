import type { JournalEvent } from '@metaagent/contract'
import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Tells when a stream of QA outcomes is no longer what it was. Seed 1, “Architecture Overview”. */
export class DriftDetector implements QaEngine {
  readonly name = 'drift'
  readonly pattern = 'qa_*'

  async observe(_deps: Deps, _tx: Tx, _events: readonly JournalEvent[]): Promise<void> {}
}
