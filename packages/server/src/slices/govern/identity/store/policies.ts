import type { OrganizationPolicies } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOf, instantOf } from './columns.ts'

export interface PoliciesRow {
  readonly policies: OrganizationPolicies
  readonly version: number
  readonly changedAt: Instant
}

interface Stored {
  readonly session_idle_minutes: number
  readonly session_hours: number
  readonly password_sign_in: boolean
  readonly foreign_tokens: boolean
  readonly api_keys_made_by: OrganizationPolicies['apiKeysMadeBy']
  readonly api_key_days_max: number | null
  readonly version: number
  readonly changed_at: Date
}

/** What the organization decided; null: nobody has, the defaults hold. */
export async function ownPolicies(tx: Tx): Promise<PoliciesRow | null> {
  const { rows } = await sql<Stored>`
    select session_idle_minutes, session_hours, password_sign_in, foreign_tokens, api_keys_made_by, api_key_days_max,
      version, changed_at
    from organization_policies where organization_id = ${tx.organizationId}`.execute(tx.tables())
  const [row] = rows
  if (row === undefined) return null
  const policies = {
    sessionIdleMinutes: row.session_idle_minutes,
    sessionHours: row.session_hours,
    passwordSignIn: row.password_sign_in,
    foreignTokens: row.foreign_tokens,
    apiKeysMadeBy: row.api_keys_made_by,
    apiKeyDaysMax: row.api_key_days_max,
  }
  return { policies, version: row.version, changedAt: instantOf(row.changed_at) }
}

/** False when somebody was faster: the version before is not the one that is there. */
export async function savePolicies(tx: Tx, { policies, version, changedAt }: PoliciesRow): Promise<boolean> {
  const { rows } = await sql`
    insert into organization_policies (organization_id, session_idle_minutes, session_hours, password_sign_in,
      foreign_tokens, api_keys_made_by, api_key_days_max, version, changed_at)
    values (${tx.organizationId}, ${policies.sessionIdleMinutes}, ${policies.sessionHours}, ${policies.passwordSignIn},
      ${policies.foreignTokens}, ${policies.apiKeysMadeBy}, ${policies.apiKeyDaysMax}, ${version}, ${dateOf(changedAt)})
    on conflict (organization_id) do update set session_idle_minutes = excluded.session_idle_minutes,
      session_hours = excluded.session_hours, password_sign_in = excluded.password_sign_in,
      foreign_tokens = excluded.foreign_tokens, api_keys_made_by = excluded.api_keys_made_by,
      api_key_days_max = excluded.api_key_days_max, version = excluded.version, changed_at = excluded.changed_at
    where organization_policies.version = ${version - 1}
    returning version`.execute(tx.tables())
  return rows.length > 0
}
