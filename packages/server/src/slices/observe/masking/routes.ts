import {
  AgentMaskingChange,
  AgentMaskingState,
  ErasedToken,
  MaskingChange,
  MaskingOverview,
  MaskingState,
  MaskingTrial,
  MaskingTrialResult,
  Name,
  RevealedToken,
  TokenErasure,
  TokenReveal,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { changeAgentSettings, changeSettings, readSettings } from './actions/settings.ts'
import { eraseTokenValue, revealToken } from './actions/tokens.ts'
import { tryText } from './actions/trial.ts'

const tag = 'masking'
const uncached = { 'cache-control': 'no-store' }

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/masking',
    access: 'masking:read',
    tag,
    operationId: 'getMasking',
    summary: 'What is masked before storage, in the organization and for agents that have it otherwise',
    reply: MaskingOverview,
    handle: async (deps, { caller }) => ok(await readSettings(deps, caller)),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/masking',
    access: 'masking:write',
    tag,
    operationId: 'changeMasking',
    summary: 'Change what is masked; the refusal `approval-required` says what to ask for',
    body: MaskingChange,
    reply: MaskingState,
    handle: (deps, { caller, body }) => changeSettings(deps, caller, body),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/masking/agents/:agent',
    access: 'masking:write',
    tag,
    operationId: 'changeAgentMasking',
    summary: 'Change what an agent has otherwise; an empty override makes it as its organization is',
    params: z.object({ agent: Name }),
    body: AgentMaskingChange,
    reply: AgentMaskingState,
    handle: (deps, { caller, params, body }) => changeAgentSettings(deps, caller, params.agent, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/masking/try',
    access: 'masking:read',
    tag,
    operationId: 'tryMasking',
    summary: 'What would be masked in a text, and by which rule; nothing is kept',
    body: MaskingTrial,
    reply: MaskingTrialResult,
    handle: async (deps, { caller, body }) => ({ ...(await tryText(deps, caller, body)), headers: uncached }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/masking/reveal',
    access: 'masking:reveal',
    tag,
    operationId: 'revealToken',
    summary: 'The value behind a token; who asked and why is journaled',
    body: TokenReveal,
    reply: RevealedToken,
    handle: async (deps, { caller, body }) => ({ ...(await revealToken(deps, caller, body)), headers: uncached }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/masking/erase',
    access: 'masking:reveal',
    tag,
    operationId: 'eraseToken',
    summary: 'Destroy the key of a value, so that its token can never be turned back',
    body: TokenErasure,
    reply: ErasedToken,
    handle: (deps, { caller, body }) => eraseTokenValue(deps, caller, body),
  }),
]
