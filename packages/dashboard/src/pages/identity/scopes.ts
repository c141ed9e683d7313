import { type AccessScope, accessScopes } from '@metaagent/contract'

/** What each scope allows, in the words of who has to decide whether to give it. */
export const scopeMeanings: Readonly<Record<AccessScope, string>> = {
  'telemetry:write': 'Report executions and actions.',
  'outcomes:write': 'Report what came of a run later.',
  'fleet:read': 'See agents, service levels, dependencies and saved views.',
  'health:read': 'See the health of agents.',
  'executions:read': 'See executions with what went in and out, and sessions.',
  'registry:write': 'Change agents, service levels, probes and dependencies.',
  'judgments:read': 'See verdicts, judges, arbitrations and drift.',
  'judgments:write': 'Report verdicts as a judge.',
  'labels:write': 'Say what is right: labels and audits that judges are measured by.',
  'status-words:write': 'Change which words of judges mean pass and fail.',
  'webhooks:read': 'See webhook sources and what they delivered.',
  'webhooks:write': 'Change webhook sources and their secrets.',
  'rollouts:read': 'See comparisons of releases.',
  'rollouts:decide': 'Compare releases and decide on them.',
  'playbooks:read': 'See playbooks, fallbacks, chaos experiments and their runs.',
  'playbooks:write': 'Change playbooks, fallbacks and experiments.',
  'playbooks:run': 'Run playbooks and experiments.',
  'artifacts:read': 'See projects, tasks, artifacts and conflicts.',
  'artifacts:write': 'Make and change projects, tasks and artifacts.',
  'conflicts:resolve': 'Resolve conflicts between artifacts.',
  'alerts:read': 'See alerts, rules and channels.',
  'alerts:respond': 'Acknowledge and silence alerts.',
  'alerts:write': 'Change alert rules and routing.',
  'channels:write': 'Change where alerts are sent, and the secrets of that.',
  'costs:read': 'See costs and prices.',
  'costs:write': 'Change prices and price stored calls again.',
  'ledger:read': 'See the ledger, its proofs and the audit trail.',
  'ledger:write': 'Rotate the ledger’s keys, change anchors and witnesses.',
  'compliance:write': 'Make evidence packs, place and lift legal holds.',
  'journal:read': 'See every event.',
  'journal:write': 'Send signed events from outside, replay dead letters.',
  'specialists:read': 'See specialists and find them by skill.',
  'specialists:write': 'Propose specialists and change their state.',
  'approvals:read': 'See requests for approval.',
  'approvals:request': 'Ask for an approval.',
  'approvals:decide': 'Vote on approvals; whose votes count stands in the governance rules.',
  'documents:read': 'See governed documents and their amendments.',
  'amendments:write': 'Propose and edit amendments.',
  'amendments:decide': 'Ratify and reject amendments.',
  'tunables:read': 'See parameters and their history.',
  'tunables:write': 'Change parameters.',
  'masking:read': 'See what is masked.',
  'masking:write': 'Change what is masked.',
  'masking:reveal': 'Turn masked values back into what they were.',
  'gateway:read': 'See the gateway’s rules and decisions.',
  'gateway:route': 'Ask the gateway where something may go.',
  'gateway:write': 'Change the gateway’s rules.',
  'privacy:read': 'See deletions of people’s data and their certificates.',
  'privacy:write': 'Delete a person’s data.',
  'identity:read': 'See people, roles, keys and policies.',
  'identity:write': 'Manage people, roles, keys and policies.',
  'self:read': 'See what the credential itself stands for. Everybody may.',
}

const groupNames: Readonly<Record<string, string>> = {
  'status-words': 'judgments',
  labels: 'judgments',
  outcomes: 'telemetry',
  health: 'fleet',
  registry: 'fleet',
  channels: 'alerts',
  amendments: 'documents',
  conflicts: 'artifacts',
  compliance: 'ledger',
}

export interface ScopeGroup {
  readonly name: string
  readonly scopes: readonly AccessScope[]
}

/** The scopes that can be given or not, by what they are about, in the catalogue's order. */
export function scopeGroups(): readonly ScopeGroup[] {
  const groups = new Map<string, AccessScope[]>()
  for (const scope of accessScopes) {
    if (scope === 'self:read') continue
    const about = scope.split(':')[0] ?? scope
    const name = groupNames[about] ?? about
    groups.set(name, [...(groups.get(name) ?? []), scope])
  }
  return [...groups].map(([name, scopes]) => ({ name, scopes }))
}
