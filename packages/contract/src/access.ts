import { z } from 'zod'

/** The roles of seed 2: admin has full access, developer views all and proposes, viewer sees dashboards and reports. */
export const Role = z.enum(['admin', 'developer', 'viewer']).meta({ id: 'Role' })
export type Role = z.infer<typeof Role>

/** What a credential may do. Roles and API keys are sets of these. */
export const accessScopes = [
  'telemetry:write',
  'outcomes:write',
  'fleet:read',
  'health:read',
  'executions:read',
  'registry:write',
  'judgments:read',
  'judgments:write',
  'labels:write',
  'status-words:write',
  'webhooks:read',
  'webhooks:write',
  'rollouts:read',
  'rollouts:decide',
  'playbooks:read',
  'playbooks:write',
  'playbooks:run',
  'alerts:read',
  'alerts:respond',
  'alerts:write',
  'channels:write',
  'costs:read',
  'costs:write',
  'ledger:read',
  'journal:read',
  'journal:write',
  'approvals:read',
  'approvals:request',
  'approvals:decide',
  'documents:read',
  'amendments:write',
  'amendments:decide',
  'tunables:read',
  'tunables:write',
  'masking:read',
  'masking:write',
  'masking:reveal',
  'gateway:read',
  'gateway:route',
  'gateway:write',
  'privacy:read',
  'privacy:write',
  'identity:read',
  'identity:write',
  'self:read',
] as const
export const AccessScope = z.enum(accessScopes).meta({ id: 'AccessScope' })
export type AccessScope = z.infer<typeof AccessScope>

const viewer: readonly AccessScope[] = [
  'fleet:read',
  'health:read',
  'executions:read',
  'judgments:read',
  'webhooks:read',
  'rollouts:read',
  'playbooks:read',
  'alerts:read',
  'costs:read',
  'ledger:read',
  'journal:read',
  'approvals:read',
  'documents:read',
  'tunables:read',
  'masking:read',
  'gateway:read',
  'self:read',
]
const developer: readonly AccessScope[] = [
  ...viewer,
  'telemetry:write',
  'outcomes:write',
  'judgments:write',
  'labels:write',
  'registry:write',
  'rollouts:decide',
  'playbooks:write',
  'playbooks:run',
  'alerts:respond',
  'alerts:write',
  'journal:write',
  'amendments:write',
  'approvals:request',
  'gateway:route',
  // The governance rules say whose votes count: by default none but admins'.
  'approvals:decide',
  'identity:read',
]

/** The scopes of each role. */
export const scopesOfRole: Readonly<Record<Role, readonly AccessScope[]>> = {
  viewer,
  developer,
  admin: accessScopes,
}
