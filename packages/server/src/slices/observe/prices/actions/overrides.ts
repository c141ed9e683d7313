import type { ModelPrice, ModelPricePage, ModelPriceQuery, ModelPriceState, NewModelPrice } from '@metaagent/contract'
import type { z } from 'zod'
import { type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { contradict, scopeText } from '../model/overrides.ts'
import { pricesOfRow, rowOfPrices } from '../model/price-sets.ts'
import { providerId } from '../model/providers.ts'
import {
  insertPrice,
  listPrices,
  lockPrices,
  nextRevision,
  presentPrices,
  type StoredPrice,
  selectPrice,
  withdraw,
} from '../store.ts'

const list = 'prices.overrides'

/** The organization's own prices, the newest first. */
export async function readPrices(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ModelPriceQuery>,
): Promise<Result<ModelPricePage>> {
  const { cursor, limit, withdrawn } = query
  const after = cursor === undefined ? ok([]) : decodePageCursor(list, { withdrawn }, cursor, 1)
  if (!after.ok) return after
  const below = after.value[0] === undefined ? null : Number(after.value[0])
  if (below !== null && !Number.isSafeInteger(below))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => listPrices(tx, { withdrawn, below }, limit + 1))
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  const now = deps.clock.now()
  return ok({
    items: items.map((price) => shown(price, now)),
    nextCursor: more ? encodePageCursor(list, { withdrawn }, [String(last.revision)]) : null,
  })
}

/** Sets a price for calls of a period. Stored costs keep the price that they had until somebody re-prices them. */
export async function addPrice(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  input: z.output<typeof NewModelPrice>,
): Promise<Result<ModelPrice>> {
  const row = rowOfPrices(input.prices)
  if (!row.ok) return row
  const scope = {
    provider: input.provider === null ? null : providerId(input.provider),
    matchKind: input.match.kind,
    matchValue: input.match.value,
    effectiveFrom: instantOf(input.effectiveFrom),
    effectiveTo: instantOf(input.effectiveTo),
  }
  const { effectiveFrom, effectiveTo } = scope
  if (effectiveFrom !== null && effectiveTo !== null && effectiveTo <= effectiveFrom)
    return refuse('not-processable', 'effectiveTo must be later than effectiveFrom.')
  await lockPrices(tx)
  const other = (await presentPrices(tx)).find((price) => contradict(price, scope))
  if (other !== undefined)
    return refuse(
      'conflict',
      `Revision ${other.revision} has a price for ${scopeText(other)} in this period already. Withdraw it, or choose other dates.`,
      { priceId: other.priceId },
    )
  const actor = actorOf(caller)
  const price: StoredPrice = {
    ...scope,
    priceId: deps.ids.uuid(),
    revision: await nextRevision(tx),
    row: row.value,
    note: input.note ?? null,
    createdBy: `${actor.kind}:${actor.id}`,
    createdAt: deps.clock.now(),
    withdrawnAt: null,
  }
  await insertPrice(tx, price)
  const told = shown(price, deps.clock.now())
  const { priceId, revision, provider, match } = told
  const payload = {
    priceId,
    revision,
    provider,
    match,
    prices: pricesOfRow(price.row),
    effectiveFrom: told.effectiveFrom,
    effectiveTo: told.effectiveTo,
  }
  await append(deps, tx, [{ type: 'prices.override.added', subject: `price/${priceId}`, actor, payload }])
  return ok(told)
}

/** Takes a price back: it counts for no call that is priced from now on. */
export async function withdrawPrice(deps: Deps, tx: Tx, caller: Caller, priceId: string): Promise<Result<ModelPrice>> {
  await lockPrices(tx)
  const price = await selectPrice(tx, priceId)
  if (price === null) return refuse('not-found', 'There is no price with this id. GET /api/v1/prices lists them.')
  if (price.withdrawnAt !== null) return refuse('conflict', 'This price has been withdrawn already.')
  const actor = actorOf(caller)
  const withdrawnAt = deps.clock.now()
  await withdraw(tx, priceId, `${actor.kind}:${actor.id}`, withdrawnAt)
  const payload = { priceId, revision: await nextRevision(tx), addedInRevision: price.revision }
  await append(deps, tx, [{ type: 'prices.override.withdrawn', subject: `price/${priceId}`, actor, payload }])
  return ok(shown({ ...price, withdrawnAt }, withdrawnAt))
}

const instantOf = (iso: string | null): Instant | null => (iso === null ? null : instantFromEpochMs(Date.parse(iso)))
const isoOf = (at: Instant | null): string | null => (at === null ? null : toIso(at))

function shown(price: StoredPrice, now: Instant): ModelPrice {
  return {
    priceId: price.priceId,
    revision: price.revision,
    provider: price.provider,
    match: { kind: price.matchKind, value: price.matchValue },
    prices: pricesOfRow(price.row),
    effectiveFrom: isoOf(price.effectiveFrom),
    effectiveTo: isoOf(price.effectiveTo),
    note: price.note,
    state: stateOf(price, now),
    createdBy: price.createdBy,
    createdAt: toIso(price.createdAt),
    withdrawnAt: isoOf(price.withdrawnAt),
  }
}

function stateOf({ withdrawnAt, effectiveFrom, effectiveTo }: StoredPrice, now: Instant): ModelPriceState {
  if (withdrawnAt !== null) return 'withdrawn'
  if (effectiveFrom !== null && now < effectiveFrom) return 'scheduled'
  return effectiveTo !== null && now >= effectiveTo ? 'ended' : 'active'
}
