import type { ArbitrationRules } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface RulesRow {
  readonly version: number
  readonly rules: ArbitrationRules
  readonly digest: string
  readonly source: 'file' | 'organization'
  readonly reason: string
  readonly changedBy: string
  readonly changedAt: Date
  readonly approvalId: string | null
}

/** Versions of the rules, the newest first. */
export async function rulesVersions(tx: Tx, limit: number): Promise<readonly RulesRow[]> {
  const { rows } = await sql<RulesRow>`
    select version, rules, digest, source, reason, changed_by as "changedBy", changed_at as "changedAt",
      approval_id as "approvalId" from arbitration_rules
    where organization_id = ${tx.organizationId}::uuid order by version desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** A version that is there already stays: two processes that seed the same rules agree. */
export async function insertRules(tx: Tx, row: RulesRow): Promise<void> {
  await sql`insert into arbitration_rules (organization_id, version, rules, digest, source, reason, changed_by, changed_at,
      approval_id)
    values (${tx.organizationId}::uuid, ${row.version}, ${JSON.stringify(row.rules)}::jsonb, ${row.digest}, ${row.source},
      ${row.reason}, ${row.changedBy}, ${row.changedAt}, ${row.approvalId}::uuid)
    on conflict do nothing`.execute(tx.tables())
}

/** The deployment's file as this organization last saw it. */
export interface FileState {
  readonly digest: string | null
  readonly faults: readonly string[]
  readonly seenAt: Date
}

export async function fileState(tx: Tx): Promise<FileState | null> {
  const { rows } = await sql<FileState>`
    select digest, faults, seen_at as "seenAt" from arbitration_rules_file
    where organization_id = ${tx.organizationId}::uuid`.execute(tx.tables())
  return rows[0] ?? null
}

export async function saveFileState(
  tx: Tx,
  state: { readonly digest: string | null; readonly faults: readonly string[] },
  now: Instant,
): Promise<void> {
  await sql`insert into arbitration_rules_file (organization_id, digest, faults, seen_at)
    values (${tx.organizationId}::uuid, ${state.digest}, ${JSON.stringify(state.faults)}::jsonb, ${new Date(now)})
    on conflict (organization_id) do update set digest = excluded.digest, faults = excluded.faults,
      seen_at = excluded.seen_at`.execute(tx.tables())
}
