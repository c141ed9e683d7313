import type { ApprovalRule, GovernanceRules } from '@metaagent/contract'

/** A row of the matrix while it is edited: environments as people write them. */
export interface DraftRow extends Omit<ApprovalRule, 'environments'> {
  readonly id: number
  /** Separated by commas; empty = every environment that no other row names. */
  readonly environments: string
}

export function draftOf(rules: GovernanceRules): readonly DraftRow[] {
  return rules.approvalMatrix.map((row, id) => ({ ...row, id, environments: row.environments?.join(', ') ?? '' }))
}

/** The rules as the API takes them; what needs no approval names no approvers. */
export function rulesOf(rows: readonly DraftRow[]): GovernanceRules {
  return {
    version: 1,
    approvalMatrix: rows.map(({ id: _id, environments, ...row }) => {
      const names = environments
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
      const asks = row.outcome === 'require_approval'
      return {
        ...row,
        environments: names.length === 0 ? null : names,
        approvers: asks ? row.approvers : 0,
        requireReview: asks && row.requireReview,
      }
    }),
  }
}

/** A row like the strictest there is, so that a new one never loosens by itself. */
export function newRow(rows: readonly DraftRow[]): DraftRow {
  return {
    id: Math.max(-1, ...rows.map(({ id }) => id)) + 1,
    impact: 'HIGH',
    environments: '',
    outcome: 'require_approval',
    approvers: 1,
    approverRole: 'admin',
    requireReview: false,
  }
}
