import type { IconName } from '../ui/icon.tsx'

/** The menu's groups, in the order in which an engineer asks: what goes on, is it good, what do we do, can we prove it. */
export const placeGroups = ['Watch', 'Judge', 'Act', 'Prove', 'Settings'] as const

/** Where one can go from everywhere; `keys` are pressed one after the other. */
export const places = [
  { group: 'Watch', to: '/', label: 'Overview', icon: 'evaluation', keys: 'g h' },
  { group: 'Watch', to: '/fleet', label: 'Fleet', icon: 'fleet', keys: 'g f' },
  { group: 'Watch', to: '/executions', label: 'Executions', icon: 'executions', keys: 'g e' },
  { group: 'Watch', to: '/sessions', label: 'Sessions', icon: 'chat', keys: 'g t' },
  { group: 'Watch', to: '/alerts', label: 'Alerts', icon: 'warning', keys: 'g i' },
  { group: 'Watch', to: '/costs', label: 'Costs', icon: 'costs', keys: 'g o' },
  { group: 'Watch', to: '/slas', label: 'SLAs', icon: 'seal', keys: 'g s' },
  { group: 'Watch', to: '/dependencies', label: 'Dependencies', icon: 'embedding', keys: 'g r' },
  { group: 'Watch', to: '/probes', label: 'Probes', icon: 'evaluation', keys: 'g p' },
  { group: 'Judge', to: '/judgments', label: 'Judgments', icon: 'verdict', keys: 'g j' },
  { group: 'Judge', to: '/judges', label: 'Judges', icon: 'scale', keys: 'g b' },
  { group: 'Judge', to: '/arbitrations', label: 'Arbitrations', icon: 'merge', keys: 'g v' },
  { group: 'Judge', to: '/audits', label: 'Audits', icon: 'audit', keys: 'g q' },
  { group: 'Judge', to: '/drift', label: 'Drift', icon: 'drift', keys: 'g 5' },
  { group: 'Judge', to: '/amendments', label: 'Amendments', icon: 'flag', keys: 'g x' },
  { group: 'Act', to: '/projects', label: 'Projects', icon: 'copy', keys: 'g 8' },
  { group: 'Act', to: '/playbooks', label: 'Playbooks', icon: 'tool', keys: 'g 4' },
  { group: 'Act', to: '/comparisons', label: 'Comparisons', icon: 'compare', keys: 'g c' },
  { group: 'Act', to: '/specialists', label: 'Specialists', icon: 'agent', keys: 'g 6' },
  { group: 'Act', to: '/fallbacks', label: 'Fallbacks', icon: 'refresh', keys: 'g 2' },
  { group: 'Act', to: '/chaos', label: 'Chaos', icon: 'guardrail', keys: 'g 3' },
  { group: 'Prove', to: '/approvals', label: 'Approvals', icon: 'approvals', keys: 'g a' },
  { group: 'Prove', to: '/ledger', label: 'Ledger', icon: 'ledger', keys: 'g l' },
  { group: 'Prove', to: '/evidence', label: 'Evidence', icon: 'seal', keys: 'g 9' },
  { group: 'Prove', to: '/settings/privacy', label: 'Personal data', icon: 'person', keys: 'g 0' },
  { group: 'Settings', to: '/settings/connect', label: 'Connect an agent', icon: 'connect', keys: 'g n' },
  { group: 'Settings', to: '/settings/api-keys', label: 'API keys', icon: 'key', keys: 'g k' },
  { group: 'Settings', to: '/settings/people', label: 'People', icon: 'person', keys: 'g ,' },
  { group: 'Settings', to: '/settings/roles', label: 'Roles', icon: 'guardrail', keys: 'g .' },
  { group: 'Settings', to: '/settings/masking', label: 'Masking', icon: 'shield', keys: 'g m' },
  { group: 'Settings', to: '/settings/gateway', label: 'Gateway rules', icon: 'guardrail', keys: 'g ;' },
  { group: 'Settings', to: '/settings/organization', label: 'Organization', icon: 'system', keys: 'g z' },
  { group: 'Settings', to: '/settings/governance-rules', label: 'Governance rules', icon: 'approvals', keys: 'g u' },
  { group: 'Settings', to: '/settings/governance-mode', label: 'Governance mode', icon: 'guardrail', keys: 'g 7' },
  { group: 'Settings', to: '/settings/arbitration-rules', label: 'Judge priorities', icon: 'scale', keys: 'g 1' },
  { group: 'Settings', to: '/settings/status-words', label: 'Status words', icon: 'chat', keys: 'g y' },
  { group: 'Settings', to: '/settings/retention', label: 'Retention', icon: 'clock', keys: 'g d' },
  { group: 'Settings', to: '/settings/webhooks', label: 'Webhooks', icon: 'download', keys: 'g w' },
] as const satisfies readonly {
  group: (typeof placeGroups)[number]
  to: string
  label: string
  icon: IconName
  keys: string
}[]
