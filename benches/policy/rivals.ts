import { type PolicyJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import jsonLogic, { type RulesLogic } from 'json-logic-js'
import type { ApprovalRule } from '../../packages/contract/src/index.ts'
import { type FlatRule, type PolicyRequest, strictestFirst } from './matrix.ts'

type Outcome = ApprovalRule['outcome']
export type Evaluate = (request: PolicyRequest) => Outcome

/** JsonLogic: one rule with as many branches as the matrix has rows, the strictest first, so that it may stop early. */
export function jsonLogicOf(rules: readonly FlatRule[]): Evaluate {
  const sorted = strictestFirst.flatMap((outcome) => rules.filter((rule) => rule.outcome === outcome))
  const branches = sorted.flatMap(({ impact, environments, isElsewhere, outcome }): RulesLogic[] => {
    const named: RulesLogic = { in: [{ var: 'environment' }, [...environments]] }
    const here: RulesLogic = isElsewhere ? { '!': [named] } : named
    return [{ and: [{ '==': [{ var: 'impact' }, impact] }, here] }, outcome]
  })
  const rule = { if: [...branches, 'require_approval'] } as unknown as RulesLogic
  return (request) => outcomeOf(jsonLogic.apply(rule, request))
}

/** Cedar: one policy per row, parsed beforehand; it tells which policies hold, and the strictest outcome among them counts. */
export function cedarOf(rules: readonly FlatRule[]): Evaluate {
  const policies = Object.fromEntries(rules.map((rule, at) => [`${rule.outcome}/${at}`, policyOf(rule)]))
  const parsed = preparsePolicySet('bench', { staticPolicies: policies })
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed))
  const principal = { type: 'Agent', id: 'one' }
  const resource = { type: 'Subject', id: 'one' }
  return ({ impact, environment }) => {
    const action = { type: 'Action', id: impact }
    const call = { principal, action, resource, context: { environment }, entities: [], preparsedPolicySetId: 'bench' }
    const answer = statefulIsAuthorized(call)
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer.errors))
    const { reason } = answer.response.diagnostics
    return strictestFirst.find((outcome) => reason.some((id) => id.startsWith(`${outcome}/`))) ?? 'require_approval'
  }
}

function policyOf({ impact, environments, isElsewhere }: FlatRule): PolicyJson {
  const named = {
    contains: {
      left: { Set: environments.map((environment) => ({ Value: environment })) },
      right: { '.': { left: { Var: 'context' as const }, attr: 'environment' } },
    },
  }
  return {
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: '==', entity: { type: 'Action', id: impact } },
    resource: { op: 'All' },
    conditions: [{ kind: isElsewhere ? 'unless' : 'when', body: named }],
  }
}

function outcomeOf(answer: unknown): Outcome {
  const outcome = strictestFirst.find((one) => one === answer)
  if (outcome === undefined) throw new Error(`no outcome: ${String(answer)}`)
  return outcome
}
