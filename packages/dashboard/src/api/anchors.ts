import {
  Anchor,
  AnchorList,
  type AnchorOrder,
  AnchorReceiptPage,
  AnchorRun,
  LedgerKeyList,
  type LedgerKeyRotation,
  WitnessedLog,
  type WitnessedLogOrder,
  WitnessState,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { z } from 'zod'
import { request } from './request.ts'

const Removed = z.object({ removed: z.literal(true) })

/** Every call that changes where checkpoints are kept, whose logs are witnessed, or what signs. */
export const anchorApi = {
  create: (order: z.input<typeof AnchorOrder>) => request(Anchor, '/anchors', { method: 'POST', body: order }),
  change: (anchorId: string, order: z.input<typeof AnchorOrder>) =>
    request(Anchor, `/anchors/${anchorId}`, { method: 'PUT', body: order }),
  remove: (anchorId: string, approvalId: string | undefined) =>
    request(Removed, `/anchors/${anchorId}`, { method: 'DELETE', query: { approvalId } }),
  run: (anchorId: string) => request(AnchorRun, `/anchors/${anchorId}/run`, { method: 'POST', body: {} }),
  watch: (order: z.input<typeof WitnessedLogOrder>) =>
    request(WitnessedLog, '/witness/logs', { method: 'POST', body: order }),
  unwatch: (logId: string) => request(Removed, `/witness/logs/${logId}`, { method: 'DELETE' }),
  rotateKey: (order: z.input<typeof LedgerKeyRotation>) =>
    request(LedgerKeyList, '/ledger/keys/rotate', { method: 'POST', body: order }),
}

export const anchorQueries = {
  anchors: () =>
    queryOptions({
      queryKey: ['anchors', 'list'],
      queryFn: ({ signal }) => request(AnchorList, '/anchors', { signal }),
      refetchInterval: 15_000,
    }),
  receipts: (anchorId: string) =>
    infiniteQueryOptions({
      queryKey: ['anchors', 'receipts', anchorId],
      queryFn: ({ pageParam, signal }) =>
        request(AnchorReceiptPage, `/anchors/${anchorId}/receipts`, {
          query: { cursor: pageParam, limit: 20 },
          signal,
        }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  witness: () =>
    queryOptions({
      queryKey: ['anchors', 'witness'],
      queryFn: ({ signal }) => request(WitnessState, '/witness', { signal }),
    }),
  keys: () =>
    queryOptions({
      queryKey: ['anchors', 'keys'],
      queryFn: ({ signal }) => request(LedgerKeyList, '/ledger/keys', { signal }),
    }),
}
