import { createHash } from 'node:crypto'
import type { ApprovalInput, GovernanceRules } from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'

/** What an approval is bound to: not one of these may differ between asking and doing. */
export type GovernedAction = Pick<
  z.output<typeof ApprovalInput>,
  'operation' | 'subject' | 'environment' | 'impact' | 'parameters'
>

/** `sha256:` and the hex SHA-256 of the action's canonical JSON (RFC 8785). */
export function actionDigestOf(action: GovernedAction): string {
  const { operation, subject, environment, impact, parameters } = action
  return digest({ operation, subject, environment, impact, parameters })
}

export function rulesDigestOf(rules: GovernanceRules): string {
  return digest(rules)
}

function digest(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
}
