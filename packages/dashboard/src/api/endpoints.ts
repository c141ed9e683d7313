import {
  ActionDetail,
  Agent,
  AgentHealth,
  type AgentMaskingChange,
  AgentMaskingState,
  AgentPage,
  type AgentPatch,
  AgentPerformance,
  ApiKey,
  ApiKeyCreated,
  type ApiKeyInput,
  ApiKeyList,
  ApprovalPage,
  ApprovalRequest,
  type ApprovalVote,
  BlastRadius,
  Comparison,
  type ComparisonInput,
  ComparisonPage,
  ConsistencyProof,
  Dependency,
  type DependencyChange,
  DependencyGraph,
  type DependencyTarget,
  EnvironmentList,
  ErasedToken,
  ExecutionPage,
  ExecutionRisk,
  FleetHealth,
  HealthSeries,
  LedgerEntry,
  LedgerEntryPage,
  LedgerStatus,
  type MaskingChange,
  MaskingOverview,
  MaskingState,
  type MaskingTrial,
  MaskingTrialResult,
  Me,
  type PasswordInput,
  Probe,
  type ProbeChange,
  ProbeList,
  ProbeResult,
  ProbeResultPage,
  ProofFile,
  ReleaseList,
  RevealedToken,
  type SignIn,
  Sla,
  SlaBurnSeries,
  type SlaChange,
  SlaCompliancePage,
  type SlaOrder,
  SlaPage,
  SlaReport,
  SuspicionPage,
  SystemHealth,
  type TokenErasure,
  type TokenReveal,
  Trace,
  WebhookDeliveryPage,
  WebhookImportReceipt,
  WebhookReceipt,
  WebhookSource,
  WebhookSourceCreated,
  type WebhookSourceInput,
  WebhookSourceList,
  type WebhookSourcePatch,
  type WebhookTrial,
  WebhookTrialResult,
} from '@metaagent/contract'
import { z } from 'zod'
import { type RequestOptions, request, requestNothing } from './request.ts'

type Query = NonNullable<RequestOptions['query']>
const read = <Schema extends z.ZodType>(schema: Schema, path: string, query: Query, signal?: AbortSignal) =>
  request(schema, path, { query, ...(signal === undefined ? {} : { signal }) })
const post = <Schema extends z.ZodType>(schema: Schema, path: string, body: unknown) =>
  request(schema, path, { method: 'POST', body })

/** Every call of the API that the dashboard makes, one function each; the reply is parsed with the contract's schema. */
export const api = {
  me: (signal?: AbortSignal) => read(Me, '/me', {}, signal),
  signIn: (input: z.input<typeof SignIn>) => post(Me, '/auth/sign-in', input),
  signOut: () => requestNothing('/auth/sign-out', { method: 'POST' }),
  setPassword: (input: z.input<typeof PasswordInput>) => requestNothing('/me/password', { method: 'PUT', body: input }),
  system: (signal?: AbortSignal) => read(SystemHealth, '/health', {}, signal),

  fleet: (query: Query, signal?: AbortSignal) => read(FleetHealth, '/fleet/health', query, signal),
  environments: (signal?: AbortSignal) => read(EnvironmentList, '/environments', {}, signal),
  agents: (query: Query, signal?: AbortSignal) => read(AgentPage, '/agents', query, signal),
  agent: (agentId: string, signal?: AbortSignal) => read(Agent, `/agents/${agentId}`, {}, signal),
  changeAgent: (agentId: string, patch: z.input<typeof AgentPatch>) =>
    request(Agent, `/agents/${agentId}`, { method: 'PATCH', body: patch }),
  agentHealth: (agentId: string, query: Query, signal?: AbortSignal) =>
    read(AgentHealth, `/agents/${agentId}/health`, query, signal),
  agentSeries: (agentId: string, query: Query, signal?: AbortSignal) =>
    read(HealthSeries, `/agents/${agentId}/health/series`, query, signal),
  releases: (agentId: string, signal?: AbortSignal) => read(ReleaseList, `/agents/${agentId}/releases`, {}, signal),
  agentPerformance: (agentId: string, query: Query, signal?: AbortSignal) =>
    read(AgentPerformance, `/agents/${agentId}/performance`, query, signal),

  slas: (query: Query, signal?: AbortSignal) => read(SlaPage, '/slas', query, signal),
  sla: (slaId: string, signal?: AbortSignal) => read(Sla, `/slas/${slaId}`, {}, signal),
  slaBurn: (slaId: string, signal?: AbortSignal) => read(SlaBurnSeries, `/slas/${slaId}/burn`, {}, signal),
  slaCompliance: (slaId: string, query: Query, signal?: AbortSignal) =>
    read(SlaCompliancePage, `/slas/${slaId}/compliance`, query, signal),
  slaReport: (slaId: string, month: string, signal?: AbortSignal) =>
    read(SlaReport, `/slas/${slaId}/reports/${month}`, {}, signal),
  createSla: (order: z.input<typeof SlaOrder>) => post(Sla, '/slas', order),
  changeSla: (slaId: string, change: z.input<typeof SlaChange>) =>
    request(Sla, `/slas/${slaId}`, { method: 'PUT', body: change }),
  removeSla: (slaId: string) => request(Sla, `/slas/${slaId}`, { method: 'DELETE' }),

  executionRisk: (executionId: string, signal?: AbortSignal) =>
    read(ExecutionRisk, `/executions/${executionId}/risk`, {}, signal),
  suspicions: (query: Query, signal?: AbortSignal) => read(SuspicionPage, '/suspicions', query, signal),
  probes: (signal?: AbortSignal) => read(ProbeList, '/probes', {}, signal),
  addProbe: (probe: z.input<typeof ProbeChange>) => post(Probe, '/probes', probe),
  runProbe: (probeId: string) => request(ProbeResult, `/probes/${probeId}/runs`, { method: 'POST' }),
  removeProbe: (probeId: string) => requestNothing(`/probes/${probeId}`, { method: 'DELETE' }),
  probeResults: (probeId: string, signal?: AbortSignal) =>
    read(ProbeResultPage, `/probes/${probeId}/results`, { limit: 50 }, signal),
  dependencies: (query: Query, signal?: AbortSignal) => read(DependencyGraph, '/dependencies', query, signal),
  blastRadius: (query: Query, signal?: AbortSignal) => read(BlastRadius, '/blast-radius', query, signal),
  changeDependency: (agentId: string, change: z.input<typeof DependencyChange>) =>
    request(Dependency, `/agents/${agentId}/dependencies`, { method: 'PUT', body: change }),
  removeDependency: (agentId: string, target: z.input<typeof DependencyTarget>) =>
    requestNothing(`/agents/${agentId}/dependencies/removals`, { method: 'POST', body: target }),

  executions: (query: Query, signal?: AbortSignal) => read(ExecutionPage, '/executions', query, signal),
  trace: (executionId: string, signal?: AbortSignal) => read(Trace, `/executions/${executionId}/trace`, {}, signal),
  action: (executionId: string, actionId: string, signal?: AbortSignal) =>
    read(ActionDetail, `/executions/${executionId}/actions/${actionId}`, {}, signal),

  compare: (agentId: string, input: z.input<typeof ComparisonInput>) =>
    post(Comparison, `/agents/${agentId}/comparisons`, input),
  comparisons: (query: Query, signal?: AbortSignal) => read(ComparisonPage, '/comparisons', query, signal),
  comparison: (comparisonId: string, signal?: AbortSignal) =>
    read(Comparison, `/comparisons/${comparisonId}`, {}, signal),

  ledger: (signal?: AbortSignal) => read(LedgerStatus, '/ledger', {}, signal),
  ledgerEntries: (query: Query, signal?: AbortSignal) => read(LedgerEntryPage, '/ledger/entries', query, signal),
  ledgerEntry: (index: number, signal?: AbortSignal) => read(LedgerEntry, `/ledger/entries/${index}`, {}, signal),
  entryProof: (index: number, signal?: AbortSignal) => read(ProofFile, `/ledger/entries/${index}/proof`, {}, signal),
  eventProof: (eventId: string, signal?: AbortSignal) => read(ProofFile, `/ledger/events/${eventId}/proof`, {}, signal),
  consistency: (from: number, to: number, signal?: AbortSignal) =>
    read(ConsistencyProof, '/ledger/consistency', { from, to }, signal),

  approvals: (query: Query, signal?: AbortSignal) => read(ApprovalPage, '/approvals', query, signal),
  vote: (approvalId: string, vote: z.input<typeof ApprovalVote>) =>
    post(ApprovalRequest, `/approvals/${approvalId}/votes`, vote),

  askApproval: (input: Readonly<Record<string, unknown>>) => post(ApprovalRequest, '/approvals', input),

  masking: (signal?: AbortSignal) => read(MaskingOverview, '/masking', {}, signal),
  changeMasking: (change: z.input<typeof MaskingChange>) =>
    request(MaskingState, '/masking', { method: 'PUT', body: change }),
  changeAgentMasking: (agent: string, change: z.input<typeof AgentMaskingChange>) =>
    request(AgentMaskingState, `/masking/agents/${encodeURIComponent(agent)}`, { method: 'PUT', body: change }),
  tryMasking: (trial: z.input<typeof MaskingTrial>) => post(MaskingTrialResult, '/masking/try', trial),
  revealToken: (input: z.input<typeof TokenReveal>) => post(RevealedToken, '/masking/reveal', input),
  eraseToken: (input: z.input<typeof TokenErasure>) => post(ErasedToken, '/masking/erase', input),

  webhookSources: (signal?: AbortSignal) => read(WebhookSourceList, '/webhook-sources', {}, signal),
  createWebhookSource: (input: z.input<typeof WebhookSourceInput>) =>
    post(WebhookSourceCreated, '/webhook-sources', input),
  changeWebhookSource: (sourceId: string, patch: z.input<typeof WebhookSourcePatch>) =>
    request(WebhookSource, `/webhook-sources/${sourceId}`, { method: 'PATCH', body: patch }),
  replaceWebhookSecret: (sourceId: string) =>
    post(WebhookSourceCreated, `/webhook-sources/${sourceId}/secret`, undefined),
  importWebhookSource: (sourceId: string) =>
    post(WebhookImportReceipt, `/webhook-sources/${sourceId}/import`, undefined),
  tryWebhookMapping: (trial: z.input<typeof WebhookTrial>) => post(WebhookTrialResult, '/webhooks/try', trial),
  webhookDeliveries: (query: Query, signal?: AbortSignal) =>
    read(WebhookDeliveryPage, '/webhook-deliveries', query, signal),
  replayWebhookDelivery: (deliveryId: string) =>
    post(WebhookReceipt, `/webhook-deliveries/${deliveryId}/replay`, undefined),

  apiKeys: (signal?: AbortSignal) => read(ApiKeyList, '/identity/api-keys', {}, signal),
  createApiKey: (input: z.input<typeof ApiKeyInput>) => post(ApiKeyCreated, '/identity/api-keys', input),
  revokeApiKey: (apiKeyId: string) => request(ApiKey, `/identity/api-keys/${apiKeyId}`, { method: 'DELETE' }),
}
