import {
  CostDifferencePage,
  CostPage,
  CostSeries,
  ModelPrice,
  ModelPricePage,
  type NewModelPrice,
  type NewRepricing,
  Repricing,
  RepricingPage,
  UnpricedPage,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { type RequestOptions, request } from './request.ts'

type Query = NonNullable<RequestOptions['query']>

/** Every call of the API about costs and prices. */
export const costApi = {
  addPrice: (price: NewModelPrice) => request(ModelPrice, '/prices', { method: 'POST', body: price }),
  withdrawPrice: (priceId: string) => request(ModelPrice, `/prices/${priceId}`, { method: 'DELETE' }),
  reprice: (order: NewRepricing) => request(Repricing, '/costs/repricings', { method: 'POST', body: order }),
  cancelRepricing: (repricingId: string) =>
    request(Repricing, `/costs/repricings/${repricingId}/cancel`, { method: 'POST' }),
}

const pages = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

/** Every question about costs; all keys begin with `costs`, so that one event refreshes them together. */
export const costQueries = {
  groups: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['costs', 'groups', query],
      queryFn: ({ pageParam, signal }) =>
        request(CostPage, '/costs', { query: { limit: 50, ...query, cursor: pageParam }, signal }),
      placeholderData: (before) => before,
      ...pages,
    }),
  series: (query: Query) =>
    queryOptions({
      queryKey: ['costs', 'series', query],
      queryFn: ({ signal }) => request(CostSeries, '/costs/series', { query, signal }),
      placeholderData: (before) => before,
    }),
  unpriced: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['costs', 'unpriced', query],
      queryFn: ({ pageParam, signal }) =>
        request(UnpricedPage, '/costs/unpriced', { query: { limit: 20, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  differences: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['costs', 'differences', query],
      queryFn: ({ pageParam, signal }) =>
        request(CostDifferencePage, '/costs/differences', {
          query: { limit: 20, ...query, cursor: pageParam },
          signal,
        }),
      ...pages,
    }),
  prices: () =>
    infiniteQueryOptions({
      queryKey: ['costs', 'prices'],
      queryFn: ({ pageParam, signal }) =>
        request(ModelPricePage, '/prices', { query: { limit: 50, cursor: pageParam }, signal }),
      ...pages,
    }),
  lastRepricing: () =>
    queryOptions({
      queryKey: ['costs', 'repricing'],
      queryFn: async ({ signal }) => {
        const { items } = await request(RepricingPage, '/costs/repricings', { query: { limit: 1 }, signal })
        return items[0] ?? null
      },
    }),
}
