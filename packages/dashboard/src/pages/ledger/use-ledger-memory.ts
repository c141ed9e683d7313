import type { LedgerStatus } from '@metaagent/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import { api } from '../../api/endpoints.ts'
import { readSetting, writeSetting } from '../../app/preferences.tsx'
import { RememberedLog, type Sighting, sight } from './memory.ts'

type Status = z.infer<typeof LedgerStatus>

const keyOf = (origin: string) => `metaagent.ledger ${origin}`

/** What this browser remembers of a log, or null. A memory that cannot be read counts as none. */
export function recall(origin: string): RememberedLog | null {
  const text = readSetting(keyOf(origin))
  if (text === null) return null
  try {
    const parsed = RememberedLog.safeParse(JSON.parse(text))
    return parsed.success && parsed.data.origin === origin ? parsed.data : null
  } catch {
    return null
  }
}

/** Keeps what was checked of a log, for the next time. */
export function remember(log: RememberedLog): void {
  writeSetting(keyOf(log.origin), JSON.stringify(log))
}

/** The hashes that prove that one size of the log extends another. */
export async function fetchConsistency(from: number, to: number): Promise<readonly string[]> {
  return (await api.consistency(from, to)).proof
}

/** Checks the present state of the ledger against this browser's memory; what holds is remembered, an alarm never is. */
export function useLedgerMemory(status: Status | undefined): {
  readonly sighting: Sighting | undefined
  readonly error: Error | null
  readonly retry: () => void
  /** Drops the memory, after a reset that the reader knows of. */
  readonly forget: () => void
} {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: ['ledger', 'memory', status?.origin, status?.checkpoint],
    enabled: status !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<Sighting> => {
      if (status === undefined || status.checkpoint === null) return { kind: 'empty' }
      const sighting = await sight(
        status.checkpoint,
        status.verifierKey,
        recall(status.origin),
        fetchConsistency,
        new Date().toISOString(),
      )
      if ('log' in sighting) remember(sighting.log)
      return sighting
    },
  })
  return {
    sighting: query.data,
    error: query.error,
    retry: () => void query.refetch(),
    forget: () => {
      if (status !== undefined) writeSetting(keyOf(status.origin), '')
      void client.invalidateQueries({ queryKey: ['ledger', 'memory'] })
    },
  }
}
