import {
  DriftAlarm,
  DriftAlarmPage,
  DriftChangePoints,
  type DriftSettingsChange,
  DriftSettingsState,
  DriftStreamDetail,
  DriftStreamPage,
  type DriftVerdict,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request } from './request.ts'

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>

const paged = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

/** Every question about drift. */
export const driftQueries = {
  streams: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['drift', 'streams', query],
      queryFn: ({ pageParam, signal }) =>
        request(DriftStreamPage, '/drift/streams', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      ...paged,
    }),
  alarms: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['drift', 'alarms', query],
      queryFn: ({ pageParam, signal }) =>
        request(DriftAlarmPage, '/drift/alarms', { query: { limit: 20, ...query, cursor: pageParam }, signal }),
      ...paged,
    }),
  stream: (streamId: string) =>
    queryOptions({
      queryKey: ['drift', 'stream', streamId],
      queryFn: ({ signal }) => request(DriftStreamDetail, `/drift/streams/${streamId}`, { signal }),
    }),
  changePoints: (streamId: string) =>
    queryOptions({
      queryKey: ['drift', 'change-points', streamId],
      queryFn: ({ signal }) => request(DriftChangePoints, `/drift/streams/${streamId}/change-points`, { signal }),
    }),
  settings: () =>
    queryOptions({
      queryKey: ['drift', 'settings'],
      queryFn: ({ signal }) => request(DriftSettingsState, '/drift/settings', { signal }),
    }),
}

/** Every call that answers an alarm or changes what watches what. */
export const driftApi = {
  judge: (alarmId: string, verdict: DriftVerdict) =>
    request(DriftAlarm, `/drift/alarms/${alarmId}/verdict`, { method: 'POST', body: { verdict } }),
  changeSettings: (change: z.input<typeof DriftSettingsChange>) =>
    request(DriftSettingsState, '/drift/settings', { method: 'PUT', body: change }),
}
