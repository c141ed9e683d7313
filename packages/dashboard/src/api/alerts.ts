import {
  AlertChannel,
  AlertChannelList,
  type AlertChannelOrder,
  AlertCounts,
  AlertDelivery,
  AlertDeliveryPage,
  AlertDetail,
  type AlertMatcher,
  AlertPage,
  type AlertPolicyChange,
  AlertPolicyState,
  AlertRule,
  type AlertRuleChange,
  type AlertRuleDefinition,
  AlertRuleList,
  AlertRuleTrial,
  AlertSilence,
  AlertSilenceList,
  type AlertSilenceOrder,
  AlertsAcknowledged,
  ChannelTestResult,
  SilencePreview,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { z } from 'zod'
import { type RequestOptions, request } from './request.ts'

type Query = NonNullable<RequestOptions['query']>
const post = <Schema extends z.ZodType>(schema: Schema, path: string, body: unknown = {}) =>
  request(schema, path, { method: 'POST', body })

/** Every call of the API that changes something about alerts. */
export const alertApi = {
  acknowledge: (alertId: string, comment: string) => post(AlertDetail, `/alerts/${alertId}/acknowledge`, { comment }),
  acknowledgeMany: (alertIds: readonly string[], comment: string) =>
    post(AlertsAcknowledged, '/alert-acknowledgements', { alertIds, comment }),
  silence: (order: z.input<typeof AlertSilenceOrder>) => post(AlertSilence, '/alert-silences', order),
  previewSilence: (matchers: readonly AlertMatcher[]) => post(SilencePreview, '/alert-silence-previews', { matchers }),
  endSilence: (silenceId: string) =>
    request(z.object({ ended: z.literal(true) }), `/alert-silences/${silenceId}`, { method: 'DELETE' }),
  createRule: (definition: z.input<typeof AlertRuleDefinition>) => post(AlertRule, '/alert-rules', definition),
  changeRule: (ruleId: string, change: z.input<typeof AlertRuleChange>) =>
    request(AlertRule, `/alert-rules/${ruleId}`, { method: 'PUT', body: change }),
  removeRule: (ruleId: string) => request(AlertRule, `/alert-rules/${ruleId}`, { method: 'DELETE' }),
  tryRule: (definition: z.input<typeof AlertRuleDefinition>) => post(AlertRuleTrial, '/alert-rule-trials', definition),
  createChannel: (order: z.input<typeof AlertChannelOrder>) => post(AlertChannel, '/alert-channels', order),
  changeChannel: (channelId: string, order: z.input<typeof AlertChannelOrder>) =>
    request(AlertChannel, `/alert-channels/${channelId}`, { method: 'PUT', body: order }),
  changeSecret: (channelId: string, secret: string) =>
    post(AlertChannel, `/alert-channels/${channelId}/secret`, { secret }),
  sendAgain: (deliveryId: string) => post(AlertDelivery, `/alert-deliveries/${deliveryId}/repetitions`),
  removeChannel: (channelId: string) =>
    request(z.object({ removed: z.literal(true) }), `/alert-channels/${channelId}`, { method: 'DELETE' }),
  testChannel: (channelId: string) => post(ChannelTestResult, `/alert-channels/${channelId}/test`),
  changePolicy: (change: z.input<typeof AlertPolicyChange>) =>
    request(AlertPolicyState, '/alert-policy', { method: 'PUT', body: change }),
}

const pages = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

/** Every question about alerts; all keys begin with `alerts`, so that one change refreshes them together. */
export const alertQueries = {
  counts: () =>
    queryOptions({
      queryKey: ['alerts', 'counts'],
      queryFn: ({ signal }) => request(AlertCounts, '/alert-counts', { signal }),
    }),
  list: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['alerts', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(AlertPage, '/alerts', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  one: (alertId: string) =>
    queryOptions({
      queryKey: ['alerts', 'one', alertId],
      queryFn: ({ signal }) => request(AlertDetail, `/alerts/${alertId}`, { signal }),
    }),
  rules: () =>
    queryOptions({
      queryKey: ['alerts', 'rules'],
      queryFn: ({ signal }) => request(AlertRuleList, '/alert-rules', { signal }),
    }),
  silences: () =>
    queryOptions({
      queryKey: ['alerts', 'silences'],
      queryFn: ({ signal }) => request(AlertSilenceList, '/alert-silences', { signal }),
    }),
  channels: () =>
    queryOptions({
      queryKey: ['alerts', 'channels'],
      queryFn: ({ signal }) => request(AlertChannelList, '/alert-channels', { signal }),
    }),
  deliveries: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['alerts', 'deliveries', query],
      queryFn: ({ pageParam, signal }) =>
        request(AlertDeliveryPage, '/alert-deliveries', { query: { limit: 50, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  delivery: (deliveryId: string) =>
    queryOptions({
      queryKey: ['alerts', 'deliveries', 'one', deliveryId],
      queryFn: ({ signal }) => request(AlertDelivery, `/alert-deliveries/${deliveryId}`, { signal }),
    }),
  policy: () =>
    queryOptions({
      queryKey: ['alerts', 'policy'],
      queryFn: ({ signal }) => request(AlertPolicyState, '/alert-policy', { signal }),
    }),
}
