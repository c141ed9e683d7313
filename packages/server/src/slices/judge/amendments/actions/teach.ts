import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { AmendmentRow } from '../store/amendments.ts'

/** Every alarm behind an amendment counts in the audited precision of its detector. */
export async function teach(
  _deps: Deps,
  _tx: Tx,
  _caller: Caller,
  _row: AmendmentRow,
  _alarm: 'false' | 'real',
): Promise<void> {}
