import {
  FallbackChange,
  FallbackDryRun,
  FallbackInvocationPage,
  FallbackInvocationQuery,
  FallbackOrder,
  FallbackPolicy,
  FallbackPolicyPage,
  FallbackPolicyQuery,
  FallbackRemoval,
  FallbackVersionList,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route, streamRoute } from '../../../ports/slice.ts'
import { changePolicy, createPolicy, removePolicy } from './actions/policies.ts'
import {
  dryRunDefinition,
  dryRunPolicy,
  listInvocations,
  listPolicies,
  readPolicyIn,
  readVersions,
  watchPolicies,
} from './actions/read.ts'

const read = { tag: 'fallbacks', access: 'playbooks:read' } as const
const write = { tag: 'fallbacks', access: 'playbooks:write' } as const
const one = z.object({ policyId: Uuid })

export const routes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/fallbacks',
    operationId: 'listFallbacks',
    summary: 'Fallback policies with their open incident and last invocation, by name',
    query: FallbackPolicyQuery,
    reply: FallbackPolicyPage,
    handle: (deps, { caller, query }) => listPolicies(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/fallbacks',
    operationId: 'createFallback',
    summary: 'Let macros take over from a macro or an agent that fails its thresholds',
    description:
      'Which macros, in which order, and past which lines. What starts macros by itself needs an approval where the ' +
      'governance rules say so: the refusal `approval-required` holds the action to ask for.',
    body: FallbackOrder,
    reply: FallbackPolicy,
    status: 201,
    handle: (deps, { caller, body }) => createPolicy(deps, caller, body),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/fallbacks/:policyId',
    operationId: 'getFallback',
    summary: 'One fallback policy',
    params: one,
    reply: FallbackPolicy,
    handle: (deps, { caller, params }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        readPolicyIn(deps, tx, params.policyId),
      ),
  }),
  route({
    ...write,
    method: 'PUT',
    path: '/api/v1/fallbacks/:policyId',
    operationId: 'changeFallback',
    summary: 'Change a fallback policy that was read',
    params: one,
    body: FallbackChange,
    reply: FallbackPolicy,
    handle: (deps, { caller, params, body }) => changePolicy(deps, caller, params.policyId, body),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/fallbacks/:policyId',
    operationId: 'removeFallback',
    summary: 'End a fallback policy; its invocations stay',
    params: one,
    query: FallbackRemoval,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params, query }) => removePolicy(deps, caller, params.policyId, query),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/fallbacks/:policyId/versions',
    operationId: 'listFallbackVersions',
    summary: 'What a fallback policy said when, the newest first',
    params: one,
    reply: FallbackVersionList,
    handle: (deps, { caller, params }) => readVersions(deps, caller, params.policyId),
  }),
  route({
    ...read,
    method: 'POST',
    path: '/api/v1/fallbacks/:policyId/dry-run',
    operationId: 'dryRunFallback',
    summary: 'What a policy would choose now, and why; nothing is started',
    params: one,
    reply: FallbackDryRun,
    handle: (deps, { caller, params }) => dryRunPolicy(deps, caller, params.policyId),
  }),
  route({
    ...read,
    method: 'POST',
    path: '/api/v1/fallback-dry-runs',
    operationId: 'dryRunFallbackDefinition',
    summary: 'What a policy that is not saved would choose now, and why',
    body: FallbackOrder,
    reply: FallbackDryRun,
    handle: (deps, { caller, body }) => dryRunDefinition(deps, caller, body),
  }),
  streamRoute({
    ...read,
    path: '/api/v1/fallback-stream',
    operationId: 'streamFallbacks',
    summary: 'Fallback policies with their incidents, live',
    description: 'Server-sent events: `policies` (the first 200 by name) at the start and whenever one is different.',
    event: z.object({ items: z.array(FallbackPolicy) }),
    open: (deps, { caller, signal }) => watchPolicies(deps, caller, signal),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/fallback-invocations',
    operationId: 'listFallbackInvocations',
    summary: 'What fallbacks were invoked, for what and why, the newest first',
    query: FallbackInvocationQuery,
    reply: FallbackInvocationPage,
    handle: (deps, { caller, query }) => listInvocations(deps, caller, query),
  }),
]
