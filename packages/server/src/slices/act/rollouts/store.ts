import type { Comparison } from '@metaagent/contract'
import type { ColumnType, Kysely, Selectable } from 'kysely'
import type { Tx } from '../../../ports/store.ts'

interface ComparisonRow {
  organization_id: string
  comparison_id: string
  agent_id: string
  control_release_id: string
  candidate_release_id: string
  agent: string
  control_release: string
  candidate_release: string
  environment: string | null
  policy: Comparison['policy']
  pairing: Comparison['pairing']
  control_arm: Omit<Comparison['control'], 'release'>
  candidate_arm: Omit<Comparison['candidate'], 'release'>
  success: Comparison['success']
  /** A JSON list goes in as text: an array would be read as an SQL array. */
  guardrails: ColumnType<Comparison['guardrails'], string, never>
  verdict: Comparison['verdict']
  because: Comparison['because']
  evidence_digest: string
  decided_at: Date
  decided_by: string
  event_id: string
}

function tables(tx: Tx): Kysely<{ release_comparisons: ComparisonRow }> {
  return tx.tables<{ release_comparisons: ComparisonRow }>()
}

/** Keeps a comparison; there is no way to change it afterwards. */
export async function insertComparison(
  tx: Tx,
  comparison: Comparison,
  releases: { readonly controlReleaseId: string; readonly candidateReleaseId: string },
): Promise<void> {
  const { release: controlRelease, ...control } = comparison.control
  const { release: candidateRelease, ...candidate } = comparison.candidate
  await tables(tx)
    .insertInto('release_comparisons')
    .values({
      organization_id: tx.organizationId,
      comparison_id: comparison.comparisonId,
      agent_id: comparison.agentId,
      control_release_id: releases.controlReleaseId,
      candidate_release_id: releases.candidateReleaseId,
      agent: comparison.agent,
      control_release: controlRelease,
      candidate_release: candidateRelease,
      environment: comparison.environment,
      policy: comparison.policy,
      pairing: comparison.pairing,
      control_arm: control,
      candidate_arm: candidate,
      success: comparison.success,
      guardrails: JSON.stringify(comparison.guardrails),
      verdict: comparison.verdict,
      because: comparison.because,
      evidence_digest: comparison.evidenceDigest,
      decided_at: new Date(comparison.decidedAt),
      decided_by: comparison.decidedBy,
      event_id: comparison.eventId,
    })
    .execute()
}

/** Newest first, from behind `before` on. Ids are made in the order of time, so that is the order of the list. */
export async function selectComparisons(
  tx: Tx,
  filter: { readonly agentId: string | null },
  before: string | null,
  limit: number,
): Promise<readonly Comparison[]> {
  let query = tables(tx)
    .selectFrom('release_comparisons')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .orderBy('comparison_id', 'desc')
    .limit(limit)
  if (filter.agentId !== null) query = query.where('agent_id', '=', filter.agentId)
  if (before !== null) query = query.where('comparison_id', '<', before)
  return (await query.execute()).map(comparisonOf)
}

export async function selectComparison(tx: Tx, comparisonId: string): Promise<Comparison | null> {
  const row = await tables(tx)
    .selectFrom('release_comparisons')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('comparison_id', '=', comparisonId)
    .executeTakeFirst()
  return row === undefined ? null : comparisonOf(row)
}

function comparisonOf(row: Selectable<ComparisonRow>): Comparison {
  return {
    comparisonId: row.comparison_id,
    agentId: row.agent_id,
    agent: row.agent,
    environment: row.environment,
    policy: row.policy,
    pairing: row.pairing,
    control: { release: row.control_release, ...row.control_arm },
    candidate: { release: row.candidate_release, ...row.candidate_arm },
    success: row.success,
    guardrails: row.guardrails,
    verdict: row.verdict,
    because: row.because,
    evidenceDigest: row.evidence_digest,
    decidedAt: row.decided_at.toISOString(),
    decidedBy: row.decided_by,
    eventId: row.event_id,
  }
}
