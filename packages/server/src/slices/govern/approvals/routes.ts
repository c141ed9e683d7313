import {
  ApprovalFilters,
  ApprovalInput,
  ApprovalPage,
  ApprovalQuery,
  ApprovalRequest,
  ApprovalVote,
  GovernanceRulesChange,
  GovernanceRulesHistory,
  GovernanceRulesState,
  GovernanceRulesTrial,
  GovernanceRulesTrialResult,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { readChoices, readRequest, readRequests, requestApproval, vote } from './actions/requests.ts'
import { changeRules, readRules, readRulesHistory } from './actions/rules.ts'
import { tryGovernanceRules } from './actions/trial.ts'

const tag = 'approvals'
const ById = z.object({ approvalId: Uuid })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/approvals/rules',
    access: 'approvals:read',
    tag,
    operationId: 'getGovernanceRules',
    summary: 'The governance rules that hold, with their digest',
    reply: GovernanceRulesState,
    handle: async (deps, { caller }) => ok(await readRules(deps, caller)),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/approvals/rules',
    access: 'approvals:decide',
    tag,
    operationId: 'changeGovernanceRules',
    summary: 'Change the governance rules: an admin in person, with an approval of impact HIGH',
    body: GovernanceRulesChange,
    reply: GovernanceRulesState,
    handle: (deps, { caller, body }) => changeRules(deps, caller, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/approvals/rules/history',
    access: 'approvals:read',
    tag,
    operationId: 'listGovernanceRules',
    summary: 'Every version of the governance rules, newest first, and who changed them',
    reply: GovernanceRulesHistory,
    handle: async (deps, { caller }) => ok(await readRulesHistory(deps, caller)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/approvals/rules/dry-run',
    access: 'approvals:read',
    tag,
    operationId: 'tryGovernanceRules',
    summary: 'What other rules would have asked for all that was asked for or ran by itself; nothing changes',
    body: GovernanceRulesTrial,
    reply: GovernanceRulesTrialResult,
    handle: async (deps, { caller, body }) => ok(await tryGovernanceRules(deps, caller, body)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/approvals',
    access: 'approvals:request',
    tag,
    operationId: 'requestApproval',
    summary: 'Ask for the approval of one exact action',
    body: ApprovalInput,
    reply: ApprovalRequest,
    status: 201,
    handle: (deps, { caller, body }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        requestApproval(deps, tx, caller, body),
      ),
  }),
  route({
    method: 'GET',
    path: '/api/v1/approvals',
    access: 'approvals:read',
    tag,
    operationId: 'listApprovals',
    summary: 'Approval requests, newest first',
    query: ApprovalQuery,
    reply: ApprovalPage,
    handle: (deps, { caller, query }) => readRequests(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/approvals/filters',
    access: 'approvals:read',
    tag,
    operationId: 'listApprovalFilters',
    summary: 'Kinds of operations and environments that requests name',
    reply: ApprovalFilters,
    handle: async (deps, { caller }) => ok(await readChoices(deps, caller)),
  }),
  route({
    method: 'GET',
    path: '/api/v1/approvals/:approvalId',
    access: 'approvals:read',
    tag,
    operationId: 'getApproval',
    summary: 'One approval request with its votes',
    params: ById,
    reply: ApprovalRequest,
    handle: (deps, { caller, params }) => readRequest(deps, caller, params.approvalId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/approvals/:approvalId/votes',
    access: 'approvals:decide',
    tag,
    operationId: 'voteOnApproval',
    summary: 'Approve or reject, as the signed-in person and for the digest that was shown',
    params: ById,
    body: ApprovalVote,
    reply: ApprovalRequest,
    handle: (deps, { caller, params, body }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        vote(deps, tx, caller, params.approvalId, body),
      ),
  }),
]
