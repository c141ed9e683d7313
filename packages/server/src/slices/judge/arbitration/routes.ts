import {
  ArbitrationDetail,
  ArbitrationDryRun,
  ArbitrationDryRunResult,
  ArbitrationMetrics,
  ArbitrationPage,
  ArbitrationPolicyChange,
  ArbitrationPolicyState,
  ArbitrationQuery,
  ArbitrationRulesChange,
  ArbitrationRulesHistory,
  ArbitrationRulesState,
  Audit,
  AuditLabel,
  AuditPage,
  AuditQuery,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { labelAudit, readAudits, skipAudit } from './actions/audits.ts'
import { dryRunRules } from './actions/dry-run.ts'
import { changePolicy } from './actions/policies.ts'
import { readArbitration, readArbitrations, readMetrics } from './actions/read.ts'
import { changeRules, readRules, readRulesHistory } from './actions/rules.ts'

const tag = 'arbitration'
const AuditById = z.object({ auditId: Uuid })

const verdicts: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/arbitrations',
    access: 'judgments:read',
    tag,
    operationId: 'listArbitrations',
    summary: 'Verdicts out of all votes on a subject and metric, newest first',
    query: ArbitrationQuery,
    reply: ArbitrationPage,
    handle: (deps, { caller, query }) => readArbitrations(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/arbitrations/:arbitrationId',
    access: 'judgments:read',
    tag,
    operationId: 'getArbitration',
    summary: 'One verdict with its votes, the standings of all policies and what it superseded',
    params: z.object({ arbitrationId: Uuid }),
    reply: ArbitrationDetail,
    handle: (deps, { caller, params }) => readArbitration(deps, caller, params.arbitrationId),
  }),
]

const settings: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/arbitration/metrics',
    access: 'judgments:read',
    tag,
    operationId: 'getArbitrationMetrics',
    summary: 'How each metric is arbitrated, what audits show of each policy, and how the file of decisions does',
    reply: ArbitrationMetrics,
    handle: async (deps, { caller }) => ok(await readMetrics(deps, caller)),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/arbitration/metrics/:metric',
    access: 'tunables:write',
    tag,
    operationId: 'changeArbitrationPolicy',
    summary: 'Set the policy of a metric, or `auto`; the refusal `approval-required` says what to ask for',
    params: z.object({ metric: z.string().min(1).max(200) }),
    body: ArbitrationPolicyChange,
    reply: ArbitrationPolicyState,
    handle: (deps, { caller, params, body }) => changePolicy(deps, caller, params.metric, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/arbitration/rules',
    access: 'judgments:read',
    tag,
    operationId: 'getArbitrationRules',
    summary: 'What governance says of judges: priorities, vetoes, costs of mistakes',
    reply: ArbitrationRulesState,
    handle: async (deps, { caller }) => ok(await readRules(deps, caller)),
  }),
  route({
    method: 'GET',
    path: '/api/v1/arbitration/rules/history',
    access: 'judgments:read',
    tag,
    operationId: 'listArbitrationRules',
    summary: 'Versions of these rules, newest first',
    reply: ArbitrationRulesHistory,
    handle: async (deps, { caller }) => ok(await readRulesHistory(deps, caller)),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/arbitration/rules',
    access: 'tunables:write',
    tag,
    operationId: 'changeArbitrationRules',
    summary: 'Change these rules; the refusal `approval-required` says what to ask for',
    body: ArbitrationRulesChange,
    reply: ArbitrationRulesState,
    handle: (deps, { caller, body }) => changeRules(deps, caller, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/arbitration/rules/dry-run',
    access: 'judgments:read',
    tag,
    operationId: 'dryRunArbitrationRules',
    summary: 'Which of the latest verdicts would fall otherwise under other rules; nothing is kept',
    body: ArbitrationDryRun,
    reply: ArbitrationDryRunResult,
    handle: (deps, { caller, body }) => dryRunRules(deps, caller, body),
  }),
]

const audits: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/audits',
    access: 'judgments:read',
    tag,
    operationId: 'listAudits',
    summary: 'What humans are asked about, who waits longest first',
    query: AuditQuery,
    reply: AuditPage,
    handle: (deps, { caller, query }) => readAudits(deps, caller, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/audits/:auditId/label',
    access: 'labels:write',
    tag,
    operationId: 'labelAudit',
    summary: 'Say what the verdict ought to be',
    params: AuditById,
    body: AuditLabel,
    reply: Audit,
    handle: (deps, { caller, params, body }) => labelAudit(deps, caller, params.auditId, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/audits/:auditId/skip',
    access: 'labels:write',
    tag,
    operationId: 'skipAudit',
    summary: 'Take it out of the queue without an answer',
    params: AuditById,
    reply: Audit,
    handle: (deps, { caller, params }) => skipAudit(deps, caller, params.auditId),
  }),
]

export const routes: readonly Route[] = [...verdicts, ...settings, ...audits]
