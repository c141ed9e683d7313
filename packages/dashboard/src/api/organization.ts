import { Organization, type OrganizationPatch, StatusOrigins } from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request } from './request.ts'

/** Every call of the API that changes something about the organization itself. */
export const organizationApi = {
  change: (body: z.input<typeof OrganizationPatch>) =>
    request(Organization, '/identity/organization', { method: 'PATCH', body }),
  changeOrigins: (origins: readonly string[]) =>
    request(StatusOrigins, '/status/origins', { method: 'PUT', body: { origins } }),
}

/** Every question about the organization itself. */
export const organizationQueries = {
  own: () =>
    queryOptions({
      queryKey: ['organization'],
      queryFn: ({ signal }) => request(Organization, '/identity/organization', { signal }),
    }),
  origins: () =>
    queryOptions({
      queryKey: ['organization', 'origins'],
      queryFn: ({ signal }) => request(StatusOrigins, '/status/origins', { signal }),
    }),
}
