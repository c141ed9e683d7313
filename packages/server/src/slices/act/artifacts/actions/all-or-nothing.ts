import type { Refusal } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'

class RolledBack extends Error {
  override readonly name = 'RolledBack'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.detail)
    this.refusal = refusal
  }
}

/** One transaction of the caller's organization that a refusal undoes: what was written before it leaves no trace. */
export async function allOrNothing<T>(
  deps: Deps,
  caller: Pick<Caller, 'organizationId'>,
  work: (tx: Tx) => Promise<RouteResult<T>>,
): Promise<RouteResult<T>> {
  try {
    return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
      const result = await work(tx)
      if (!result.ok) throw new RolledBack(result.refusal)
      return result
    })
  } catch (error) {
    if (error instanceof RolledBack) return { ok: false, refusal: error.refusal }
    throw error
  }
}
