import { defaultGatewayRules, type GatewayRules } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { draftOf, faultsOf, moved, newModel, newRule, rulesOf } from './draft.ts'

const rules: GatewayRules = {
  ...defaultGatewayRules,
  privateModels: [{ provider: 'local', model: 'llama', region: 'eu' }],
  rules: [
    {
      name: 'eu',
      sensitivities: ['INTERNAL'],
      agents: ['support-*', 'sales'],
      providers: null,
      models: null,
      regions: ['eu-*'],
      decision: 'allow',
    },
    ...defaultGatewayRules.rules,
  ],
}

test('a draft of rules is those rules again; names are split at commas and compared without case', () => {
  expect(rulesOf(draftOf(rules))).toEqual(rules)
  const draft = draftOf(rules)
  const [first] = draft.rules
  const changed = { ...draft, rules: [{ ...first, agents: ' Sales ,, ' }] } as typeof draft
  expect(rulesOf(changed).rules[0]?.agents).toEqual(['sales'])
})

test('what cannot be saved is told by its place; a new rule denies and wants a name', () => {
  const draft = draftOf(rules)
  expect(faultsOf(draft)).toEqual([])
  const rule = newRule(draft.rules)
  expect(rule.decision).toBe('deny')
  const faults = faultsOf({
    ...draft,
    rules: [{ ...rule, sensitivities: [] }],
    privateModels: [newModel(draft.privateModels)],
  })
  expect(faults).toEqual([
    'Private model 1, provider: is missing',
    'Private model 1, model: is missing',
    'Rule 1, name: is missing',
    'Rule 1, sensitivity: is missing',
  ])
})

test('a rule is moved by one place and not beyond the ends', () => {
  const rows = [{ id: 3 }, { id: 1 }, { id: 2 }]
  expect(moved(rows, 1, -1).map(({ id }) => id)).toEqual([1, 3, 2])
  expect(moved(rows, 1, 1).map(({ id }) => id)).toEqual([3, 2, 1])
  expect(moved(rows, 3, -1)).toEqual(rows)
})
