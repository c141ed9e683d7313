import {
  DiscoveryPage,
  ForeignCard,
  type ForeignCardApproval,
  type ForeignCardOrder,
  ForeignCardPage,
  JsonWebKeySet,
  Specialist,
  SpecialistDocuments,
  SpecialistListing,
  type SpecialistListingChange,
  type SpecialistMoveOrder,
  SpecialistMovePage,
  type SpecialistOrder,
  SpecialistPage,
  type SpecialistVersionOrder,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { type RequestOptions, request, requestNothing } from './request.ts'

type Query = NonNullable<RequestOptions['query']>

/** Every call that changes a specialist, a card of somebody else's, or what the world may read. */
export const specialistApi = {
  create: (order: z.input<typeof SpecialistOrder>, idempotencyKey: string) =>
    request(Specialist, '/specialists', { method: 'POST', body: order, idempotencyKey }),
  addVersion: (
    specialistId: string,
    order: z.input<typeof SpecialistVersionOrder>,
    ifMatch: number,
    idempotencyKey: string,
  ) =>
    request(Specialist, `/specialists/${specialistId}/versions`, {
      method: 'POST',
      body: order,
      ifMatch,
      idempotencyKey,
    }),
  changeOwner: (specialistId: string, owner: string, reason: string, ifMatch: number) =>
    request(Specialist, `/specialists/${specialistId}`, { method: 'PATCH', body: { owner, reason }, ifMatch }),
  move: (specialistId: string, order: z.input<typeof SpecialistMoveOrder>, ifMatch: number) =>
    request(Specialist, `/specialists/${specialistId}/moves`, { method: 'POST', body: order, ifMatch }),
  remove: (specialistId: string, reason: string, ifMatch: number) =>
    requestNothing(`/specialists/${specialistId}`, { method: 'DELETE', query: { reason }, ifMatch }),
  changeListing: (change: z.input<typeof SpecialistListingChange>, ifMatch: number) =>
    request(SpecialistListing, '/specialist-listing', { method: 'PUT', body: change, ifMatch }),
  importCard: (order: z.input<typeof ForeignCardOrder>, idempotencyKey: string) =>
    request(ForeignCard, '/foreign-cards', { method: 'POST', body: order, idempotencyKey }),
  approveCard: (cardId: string, approval: z.input<typeof ForeignCardApproval>, ifMatch: number) =>
    request(ForeignCard, `/foreign-cards/${cardId}/approve`, { method: 'POST', body: approval, ifMatch }),
  checkCard: (cardId: string) => request(ForeignCard, `/foreign-cards/${cardId}/check`, { method: 'POST' }),
  removeCard: (cardId: string, reason: string, ifMatch: number) =>
    requestNothing(`/foreign-cards/${cardId}`, { method: 'DELETE', query: { reason }, ifMatch }),
}

const pages = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

/** Every question about specialists; all keys begin with `specialists`, so that a change refreshes them together. */
export const specialistQueries = {
  list: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['specialists', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(SpecialistPage, '/specialists', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  one: (specialistId: string) =>
    queryOptions({
      queryKey: ['specialists', 'one', specialistId],
      queryFn: ({ signal }) => request(Specialist, `/specialists/${specialistId}`, { signal }),
    }),
  moves: (specialistId: string) =>
    infiniteQueryOptions({
      queryKey: ['specialists', 'moves', specialistId],
      queryFn: ({ pageParam, signal }) =>
        request(SpecialistMovePage, `/specialists/${specialistId}/moves`, {
          query: { limit: 50, cursor: pageParam },
          signal,
        }),
      ...pages,
    }),
  documents: (specialistId: string, version: string) =>
    queryOptions({
      queryKey: ['specialists', 'documents', specialistId, version],
      queryFn: ({ signal }) =>
        request(SpecialistDocuments, `/specialists/${specialistId}/documents`, { query: { version }, signal }),
    }),
  cardKeys: () =>
    queryOptions({
      queryKey: ['specialists', 'card-keys'],
      queryFn: ({ signal }) => request(JsonWebKeySet, '/agent-card-keys', { signal }),
    }),
  discovery: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['specialists', 'discovery', query],
      queryFn: ({ pageParam, signal }) =>
        request(DiscoveryPage, '/specialist-discovery', { query: { limit: 50, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  listing: () =>
    queryOptions({
      queryKey: ['specialists', 'listing'],
      queryFn: ({ signal }) => request(SpecialistListing, '/specialist-listing', { signal }),
    }),
  cards: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['specialists', 'cards', query],
      queryFn: ({ pageParam, signal }) =>
        request(ForeignCardPage, '/foreign-cards', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  card: (cardId: string) =>
    queryOptions({
      queryKey: ['specialists', 'card', cardId],
      queryFn: ({ signal }) => request(ForeignCard, `/foreign-cards/${cardId}`, { signal }),
    }),
}
