import {
  ComplianceAssessment,
  ComplianceFrameworkList,
  EvidencePack,
  EvidencePackPage,
  EvidencePackSummary,
} from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import { API, request } from './request.ts'

/** A period from a UTC midnight to another, so that its key stays the same all day. */
export interface EvidencePeriod {
  readonly from: string
  readonly to: string
}

const dayMs = 86_400_000

/** The days up to and with today. */
export function periodOfDays(days: number, nowMs: number): EvidencePeriod {
  const end = (Math.floor(nowMs / dayMs) + 1) * dayMs
  return { from: new Date(end - days * dayMs).toISOString(), to: new Date(end).toISOString() }
}

export const complianceApi = {
  createPack: (framework: string, period: EvidencePeriod) =>
    request(EvidencePackSummary, '/compliance/packs', { method: 'POST', body: { framework, ...period } }),
}

/** Where the file of a pack is had. */
export function packAddress(packId: string): string {
  return `${API}/compliance/packs/${packId}`
}

export const complianceQueries = {
  frameworks: () =>
    queryOptions({
      queryKey: ['compliance', 'frameworks'],
      queryFn: async ({ signal }) =>
        (await request(ComplianceFrameworkList, '/compliance/frameworks', { signal })).items,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  assessment: (framework: string, period: EvidencePeriod) =>
    queryOptions({
      queryKey: ['compliance', 'assessment', framework, period],
      queryFn: ({ signal }) =>
        request(ComplianceAssessment, `/compliance/frameworks/${framework}/assessment`, {
          query: { ...period },
          signal,
        }),
      staleTime: 60_000,
    }),
  packs: (framework: string) =>
    queryOptions({
      queryKey: ['compliance', 'packs', framework],
      queryFn: async ({ signal }) =>
        (await request(EvidencePackPage, '/compliance/packs', { query: { framework, limit: 20 }, signal })).items,
    }),
  pack: (packId: string) =>
    queryOptions({
      queryKey: ['compliance', 'pack', packId],
      queryFn: ({ signal }) => request(EvidencePack, `/compliance/packs/${packId}`, { signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
}
