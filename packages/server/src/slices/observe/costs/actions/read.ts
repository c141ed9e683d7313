import type { CostPage, CostQuery, CostSeries, CostSeriesQuery, UnpricedPage, UnpricedQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { openPriceBook } from '../../prices/index.ts'
import { namesOf } from '../../registry/index.ts'
import { daysIn, rangeOf } from '../model/range.ts'
import { linesOf, sumsOf } from '../model/sums.ts'
import {
  type CostFilter,
  costsByDay,
  type GroupPosition,
  listCosts,
  listUnpriced,
  type Ranked,
  totalCosts,
} from '../store/reading.ts'

export type AskedFilter = Omit<z.output<typeof UnpricedQuery>, 'cursor' | 'limit'>

/** The filter of a question; refused when its range is none. */
export function filterOf(query: AskedFilter, now: Instant): Result<CostFilter> {
  const range = rangeOf(query.from, query.to, now)
  if (!range.ok) return range
  return ok({
    ...range.value,
    agentId: query.agentId ?? null,
    environment: query.environment ?? null,
    releaseId: query.releaseId ?? null,
    provider: query.provider ?? null,
    model: query.model ?? null,
  })
}

interface PageOf<Row> {
  readonly rows: readonly Ranked<Row>[]
  readonly nextCursor: string | null
}

/**
 * One page of a list that is sorted by a sum. Sums move while calls come in: a group may then be seen twice or not at
 * all between two pages, as with every list by rank; within a page it is there once.
 */
export async function pageOf<Row>(
  list: string,
  query: { readonly cursor?: string | undefined; readonly limit: number },
  read: (after: GroupPosition | null, limit: number) => Promise<readonly Ranked<Row>[]>,
): Promise<Result<PageOf<Row>>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok(null) : positionOf(list, filters, cursor)
  if (!position.ok) return position
  const rows = await read(position.value, limit + 1)
  const last = rows[limit - 1]
  const nextCursor =
    rows.length > limit && last !== undefined ? encodePageCursor(list, filters, [String(last.rank), last.key]) : null
  return ok({ rows: rows.slice(0, limit), nextCursor })
}

function positionOf(list: string, filters: unknown, cursor: string): Result<GroupPosition> {
  const position = decodePageCursor(list, filters, cursor, 2)
  if (!position.ok) return position
  const [rank = '', key = ''] = position.value
  if (!/^-?\d{1,18}$/.test(rank)) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  return ok({ rank: Number(rank), key })
}

/** Costs by agent, model, release or day, with the sum of all. */
export async function readCosts(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof CostQuery>,
): Promise<Result<CostPage>> {
  const filter = filterOf(query, deps.clock.now())
  if (!filter.ok) return filter
  const { timeZone, groupBy } = query
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const page = await pageOf('costs', query, (after, limit) =>
      listCosts(tx, filter.value, { groupBy, timeZone }, after, limit),
    )
    if (!page.ok) return page
    const { rows, nextCursor } = page.value
    const names = await namesOf(deps, tx, {
      agentIds: rows.flatMap(({ agentId }) => agentId ?? []),
      releaseIds: rows.flatMap(({ releaseId }) => releaseId ?? []),
    })
    const nameOf = (id: string | null) => (id === null ? null : (names.get(id) ?? null))
    const items = rows.map((row) => ({
      ...sumsOf(row),
      agentId: row.agentId,
      releaseId: row.releaseId,
      provider: row.provider,
      model: row.model,
      day: row.day,
      agent: nameOf(row.agentId),
      release: nameOf(row.releaseId),
    }))
    const total = sumsOf(await totalCosts(tx, filter.value))
    const { from, until } = filter.value
    return ok({ items, nextCursor, from: toIso(from), to: toIso(until), timeZone, total })
  })
}

const mostLines = 8

/** Costs per day as lines of a chart: the eight costliest, and the rest in one. */
export async function readSeries(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof CostSeriesQuery>,
): Promise<Result<CostSeries>> {
  const filter = filterOf(query, deps.clock.now())
  if (!filter.ok) return filter
  const { timeZone, splitBy } = query
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const costs = await costsByDay(tx, filter.value, { splitBy, timeZone })
    const days = daysIn(filter.value, timeZone)
    const lines = linesOf(costs, days, mostLines)
    const keys = lines.flatMap(({ key }) => key ?? [])
    const names = await namesOf(deps, tx, {
      agentIds: splitBy === 'agent' ? keys : [],
      releaseIds: splitBy === 'release' ? keys.filter((key) => key !== '') : [],
    })
    const labelOf = (key: string) => {
      if (splitBy === 'model') return key.startsWith('\n') ? key.slice(1) : key.replace('\n', '/')
      return names.get(key) ?? ''
    }
    const series = lines.map(({ key, costNanoUsd, unpricedCalls }) => ({
      label: key === null ? 'everything else' : labelOf(key) === '' ? 'not told' : labelOf(key),
      rest: key === null,
      costNanoUsd: [...costNanoUsd],
      unpricedCalls: [...unpricedCalls],
    }))
    return ok({ timeZone, days: [...days], series })
  })
}

/** Models whose calls have no price, and whether there is one by now. */
export async function readUnpriced(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof UnpricedQuery>,
): Promise<Result<UnpricedPage>> {
  const now = deps.clock.now()
  const filter = filterOf(query, now)
  if (!filter.ok) return filter
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const page = await pageOf('costs.unpriced', query, (after, limit) => listUnpriced(tx, filter.value, after, limit))
    if (!page.ok) return page
    const prices = await openPriceBook(deps, tx)
    const items = page.value.rows.map(({ provider, model, calls, tokens, lastAt }) => ({
      provider,
      model,
      calls,
      tokens,
      lastCalledAt: toIso(lastAt),
      pricedNow: model !== null && prices.lookUp(provider, model, lastAt) !== null,
    }))
    return ok({ items, nextCursor: page.value.nextCursor })
  })
}
