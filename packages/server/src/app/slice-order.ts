/**
 * Every slice in the one order that counts: a slice may open the door of those above it, and migrations run from top to
 * bottom. Names only, so that the order is known without loading a slice.
 */
export const sliceOrder = [
  { floor: 'govern', name: 'journal' },
  { floor: 'govern', name: 'identity' },
  { floor: 'govern', name: 'ledger' },
  { floor: 'govern', name: 'approvals' },
  { floor: 'govern', name: 'tunables' },
  { floor: 'observe', name: 'registry' },
  { floor: 'observe', name: 'prices' },
  { floor: 'observe', name: 'masking' },
  { floor: 'observe', name: 'telemetry' },
  { floor: 'observe', name: 'search' },
  { floor: 'observe', name: 'costs' },
  { floor: 'observe', name: 'retention' },
  { floor: 'observe', name: 'privacy' },
  { floor: 'observe', name: 'dependencies' },
  { floor: 'observe', name: 'webhooks' },
  { floor: 'observe', name: 'health' },
  { floor: 'observe', name: 'metrics' },
  { floor: 'observe', name: 'slas' },
  { floor: 'observe', name: 'risk' },
  { floor: 'observe', name: 'status' },
  { floor: 'observe', name: 'probes' },
  { floor: 'observe', name: 'alerts' },
  { floor: 'observe', name: 'views' },
  { floor: 'observe', name: 'overview' },
  { floor: 'judge', name: 'judgments' },
  { floor: 'judge', name: 'trust' },
  { floor: 'judge', name: 'arbitration' },
  { floor: 'act', name: 'rollouts' },
] as const
