import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf } from '../../../govern/journal/index.ts'
import { lockRequest, requestOf, saveRequest } from '../store/requests.ts'
import { digestOf } from './digests.ts'

export interface Made {
  readonly id: string
  /** Made by an earlier request under the same key. */
  readonly isRepeated: boolean
}

/**
 * Makes something once: a request that comes again under its `Idempotency-Key` is answered with what the first one made.
 * The same key with another request is refused (`idempotency-key-reused`). What was refused may be tried again under its key.
 */
export async function makeOnce(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  request: { readonly key: string | null; readonly order: unknown },
  make: () => Promise<Result<string>>,
): Promise<Result<Made>> {
  const { key, order } = request
  if (key === null) {
    const made = await make()
    return made.ok ? ok({ id: made.value, isRepeated: false }) : made
  }
  const { kind, id: actorId } = actorOf(caller)
  const actor = `${kind}:${actorId}`
  await lockRequest(tx, actor, key)
  const requestDigest = digestOf(order)
  const known = await requestOf(tx, actor, key)
  if (known !== null && known.requestDigest !== requestDigest)
    return refuse('idempotency-key-reused', 'Another request was sent under this Idempotency-Key. Use a new one.')
  if (known !== null) return ok({ id: known.madeId, isRepeated: true })
  const made = await make()
  if (!made.ok) return made
  await saveRequest(tx, { actor, key, requestDigest, madeId: made.value, at: new Date(deps.clock.now()) })
  return ok({ id: made.value, isRepeated: false })
}
