import { idempotencyKeyOf } from '../../../../kernel/preconditions.ts'
import { type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf } from '../../../govern/journal/index.ts'
import { keepReply, lockKey, replyOfKey } from '../store/idempotency-keys.ts'
import { allOrNothing } from './all-or-nothing.ts'
import { hashOf } from './hash.ts'

/** A creation as it was asked for. */
export interface Creation {
  /** Name of the operation: one key may name one creation of each kind. */
  readonly operation: string
  readonly body: unknown
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * Creates once for each `Idempotency-Key` of a caller: the same request again answers what the first did
 * (`idempotency-replayed: true`) and creates nothing, another request under the key is refused with
 * `idempotency-key-reused`. Key and creation commit together, so there is never one without the other. A refusal is not
 * kept: what was wrong may be mended and sent under the same key. Without the header every request creates.
 */
export async function createOnce<Reply>(
  deps: Deps,
  caller: Caller,
  { operation, body, headers }: Creation,
  create: (tx: Tx) => Promise<Result<Reply>>,
): Promise<RouteResult<Reply>> {
  const key = idempotencyKeyOf(headers)
  if (!key.ok) return key
  return await allOrNothing(deps, caller, async (tx) => {
    if (key.value === null) return await create(tx)
    const { kind, id } = actorOf(caller)
    const keyDigest = digestOf([operation, kind, id, key.value])
    const requestDigest = digestOf(body)
    await lockKey(tx, keyDigest)
    const kept = await replyOfKey(tx, keyDigest)
    if (kept === null) {
      const created = await create(tx)
      if (created.ok)
        await keepReply(tx, { keyDigest, requestDigest, reply: created.value, at: new Date(deps.clock.now()) })
      return created
    }
    if (kept.requestDigest !== requestDigest)
      return refuse('idempotency-key-reused', 'This key named another request. Send a new key with a new request.')
    return { ok: true, value: kept.reply as Reply, headers: { 'idempotency-replayed': 'true' } }
  })
}

function digestOf(value: unknown): string {
  return hashOf(JSON.stringify(value))
}
