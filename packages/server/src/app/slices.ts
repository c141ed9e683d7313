import type { Slice } from '../ports/slice.ts'
import { artifactsSlice } from '../slices/act/artifacts/index.ts'
import { chaosSlice } from '../slices/act/chaos/index.ts'
import { fallbacksSlice } from '../slices/act/fallbacks/index.ts'
import { gatewaySlice } from '../slices/act/gateway/index.ts'
import { playbooksSlice } from '../slices/act/playbooks/index.ts'
import { rolloutsSlice } from '../slices/act/rollouts/index.ts'
import { specialistsSlice } from '../slices/act/specialists/index.ts'
import { anchorsSlice } from '../slices/govern/anchors/index.ts'
import { approvalsSlice } from '../slices/govern/approvals/index.ts'
import { complianceSlice } from '../slices/govern/compliance/index.ts'
import { identitySlice } from '../slices/govern/identity/index.ts'
import { journalSlice } from '../slices/govern/journal/index.ts'
import { ledgerSlice } from '../slices/govern/ledger/index.ts'
import { tunablesSlice } from '../slices/govern/tunables/index.ts'
import { amendmentsSlice } from '../slices/judge/amendments/index.ts'
import { arbitrationSlice } from '../slices/judge/arbitration/index.ts'
import { coordinationSlice } from '../slices/judge/coordination/index.ts'
import { driftSlice } from '../slices/judge/drift/index.ts'
import { judgmentsSlice } from '../slices/judge/judgments/index.ts'
import { trustSlice } from '../slices/judge/trust/index.ts'
import { alertsSlice } from '../slices/observe/alerts/index.ts'
import { costsSlice } from '../slices/observe/costs/index.ts'
import { dependenciesSlice } from '../slices/observe/dependencies/index.ts'
import { healthSlice } from '../slices/observe/health/index.ts'
import { maskingSlice } from '../slices/observe/masking/index.ts'
import { metricsSlice } from '../slices/observe/metrics/index.ts'
import { overviewSlice } from '../slices/observe/overview/index.ts'
import { pricesSlice } from '../slices/observe/prices/index.ts'
import { privacySlice } from '../slices/observe/privacy/index.ts'
import { probesSlice } from '../slices/observe/probes/index.ts'
import { registrySlice } from '../slices/observe/registry/index.ts'
import { retentionSlice } from '../slices/observe/retention/index.ts'
import { riskSlice } from '../slices/observe/risk/index.ts'
import { searchSlice } from '../slices/observe/search/index.ts'
import { slasSlice } from '../slices/observe/slas/index.ts'
import { statusSlice } from '../slices/observe/status/index.ts'
import { telemetrySlice } from '../slices/observe/telemetry/index.ts'
import { viewsSlice } from '../slices/observe/views/index.ts'
import { webhooksSlice } from '../slices/observe/webhooks/index.ts'
import { sliceOrder } from './slice-order.ts'

const records: Readonly<Record<(typeof sliceOrder)[number]['name'], Slice>> = {
  journal: journalSlice,
  identity: identitySlice,
  ledger: ledgerSlice,
  approvals: approvalsSlice,
  anchors: anchorsSlice,
  tunables: tunablesSlice,
  compliance: complianceSlice,
  registry: registrySlice,
  prices: pricesSlice,
  masking: maskingSlice,
  telemetry: telemetrySlice,
  search: searchSlice,
  costs: costsSlice,
  retention: retentionSlice,
  privacy: privacySlice,
  dependencies: dependenciesSlice,
  webhooks: webhooksSlice,
  health: healthSlice,
  metrics: metricsSlice,
  slas: slasSlice,
  risk: riskSlice,
  status: statusSlice,
  probes: probesSlice,
  alerts: alertsSlice,
  views: viewsSlice,
  overview: overviewSlice,
  judgments: judgmentsSlice,
  trust: trustSlice,
  arbitration: arbitrationSlice,
  drift: driftSlice,
  amendments: amendmentsSlice,
  coordination: coordinationSlice,
  artifacts: artifactsSlice,
  gateway: gatewaySlice,
  specialists: specialistsSlice,
  rollouts: rolloutsSlice,
  playbooks: playbooksSlice,
  fallbacks: fallbacksSlice,
  chaos: chaosSlice,
}

/** Every slice in the order of `slice-order.ts`: the wiring, the migration order and the dependency policy in one. */
export const slices: readonly Slice[] = sliceOrder.map(({ name }) => records[name])
