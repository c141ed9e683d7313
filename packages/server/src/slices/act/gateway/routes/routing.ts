import {
  GatewayDryRun,
  GatewayDryRunResult,
  GatewayOrder,
  GatewayRouted,
  GatewayRoutePage,
  GatewayRouteQuery,
  GatewayRulesChange,
  GatewayRulesState,
  GatewayRulesVersions,
  GatewayTrial,
  GatewayTrialResult,
} from '@metaagent/contract'
import { type Route, route } from '../../../../ports/slice.ts'
import { readRoutes, routePayload, tryPayload } from '../actions/route.ts'
import { changeRules, dryRunRules, readRules, readVersions } from '../actions/rules.ts'

const tag = 'gateway'
const uncached = { 'cache-control': 'no-store' }

export const routingRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/gateway/route',
    access: 'gateway:route',
    tag,
    operationId: 'routePayload',
    summary:
      'Where a text or messages may go: as they are, redacted, to a private model, after an approval, or nowhere',
    description:
      'Answers with the sensitivity and what raised it, what was found (kinds and places, never values), the redacted payload and why. Nothing of the payload is kept.',
    body: GatewayOrder,
    reply: GatewayRouted,
    handle: async (deps, { caller, body }) => {
      const routed = await routePayload(deps, caller, body)
      return routed.ok ? { ok: true, value: routed.value.routed, headers: uncached } : routed
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/gateway/try',
    access: 'gateway:read',
    tag,
    operationId: 'tryGateway',
    summary: 'The same decision without deeds, also under other rules; nothing is kept or journaled',
    body: GatewayTrial,
    reply: GatewayTrialResult,
    handle: async (deps, { caller, body }) => ({ ...(await tryPayload(deps, caller, body)), headers: uncached }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/gateway/routes',
    access: 'gateway:read',
    tag,
    operationId: 'listGatewayRoutes',
    summary: 'What was decided, newest first',
    query: GatewayRouteQuery,
    reply: GatewayRoutePage,
    handle: (deps, { caller, query }) => readRoutes(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/gateway/rules',
    access: 'gateway:read',
    tag,
    operationId: 'getGatewayRules',
    summary: 'What may go where',
    reply: GatewayRulesState,
    handle: (deps, { caller }) => readRules(deps, caller),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/gateway/rules',
    access: 'gateway:write',
    tag,
    operationId: 'changeGatewayRules',
    summary: 'Change what may go where; the refusal `approval-required` says what to ask for',
    body: GatewayRulesChange,
    reply: GatewayRulesState,
    handle: (deps, { caller, body }) => changeRules(deps, caller, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/gateway/rules/versions',
    access: 'gateway:read',
    tag,
    operationId: 'listGatewayRulesVersions',
    summary: 'Every version of the rules, newest first',
    reply: GatewayRulesVersions,
    handle: (deps, { caller }) => readVersions(deps, caller),
  }),
  route({
    method: 'POST',
    path: '/api/v1/gateway/rules/dry-run',
    access: 'gateway:read',
    tag,
    operationId: 'dryRunGatewayRules',
    summary: 'What other rules would have decided on what was routed before',
    body: GatewayDryRun,
    reply: GatewayDryRunResult,
    handle: (deps, { caller, body }) => dryRunRules(deps, caller, body),
  }),
]
