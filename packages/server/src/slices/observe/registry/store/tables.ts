import type { Kysely } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface AgentRow {
  organization_id: string
  agent_id: string
  name: string
  domain: string
  owner: string | null
  description: string | null
  first_seen_at: Date
  last_seen_at: Date | null
  archived_at: Date | null
  paused_at: Date | null
  paused_because: string | null
}

export interface ReleaseRow {
  organization_id: string
  release_id: string
  agent_id: string
  name: string
  models: string[]
  first_seen_at: Date
  last_seen_at: Date | null
  execution_count: number
}

interface RegistryTables {
  agent_registry: AgentRow
  environments: { organization_id: string; name: string; first_seen_at: Date }
  releases: ReleaseRow
}

export const tables = (tx: Tx): Kysely<RegistryTables> => tx.tables<RegistryTables>()
export const instant = (at: Date): Instant => instantFromEpochMs(at.getTime())
