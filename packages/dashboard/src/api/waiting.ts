import { AmendmentPage, AuditPage, DriftAlarmPage } from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import { request } from './request.ts'

/** More than so many are only “many”. */
const counted = 50

/** What waits for a person in judging: counts of the first `counted`, and whether there are more. */
export interface Waits {
  readonly count: number
  readonly more: boolean
}

const countOf = ({
  items,
  nextCursor,
}: {
  readonly items: readonly unknown[]
  readonly nextCursor: string | null
}) => ({
  count: items.length,
  more: nextCursor !== null,
})

/** The keys begin as those of the parts they count, so that news of those reads them again. */
export const waitingQueries = {
  audits: () =>
    queryOptions({
      queryKey: ['arbitration', 'audits', 'waiting'],
      queryFn: async ({ signal }): Promise<Waits> =>
        countOf(await request(AuditPage, '/audits', { query: { state: 'open', limit: counted }, signal })),
    }),
  amendments: () =>
    queryOptions({
      queryKey: ['amendments', 'waiting'],
      queryFn: async ({ signal }): Promise<Waits> =>
        countOf(await request(AmendmentPage, '/amendments', { query: { state: 'open', limit: counted }, signal })),
    }),
  alarms: () =>
    queryOptions({
      queryKey: ['drift', 'alarms', 'waiting'],
      queryFn: async ({ signal }): Promise<Waits> =>
        countOf(await request(DriftAlarmPage, '/drift/alarms', { query: { open: true, limit: counted }, signal })),
    }),
}
