import { expect, test } from 'vitest'
import { type MacroStanding, weighSave } from './weigh.ts'

const draft: MacroStanding = { enabled: false, impact: 'LOW', environments: ['staging'], definitionDigest: 'a' }
const inForce = { ...draft, enabled: true }

test.each([
  ['a draft', null, { ...draft, impact: 'CRITICAL' }, 'LOW', 'draft'],
  ['a new macro in force', null, inForce, 'MODERATE', 'put-into-force'],
  ['one that weighs more to run', draft, { ...inForce, impact: 'CRITICAL' }, 'CRITICAL', 'put-into-force'],
  ['other steps in force', inForce, { ...inForce, definitionDigest: 'b' }, 'HIGH', 'changed-in-force'],
  ['another environment in force', inForce, { ...inForce, environments: ['production'] }, 'HIGH', 'changed-in-force'],
  ['less impact in force', { ...inForce, impact: 'CRITICAL' }, inForce, 'CRITICAL', 'changed-in-force'],
  ['one environment fewer', inForce, { ...inForce, environments: [] }, 'LOW', 'says-the-same'],
  ['only words', inForce, inForce, 'LOW', 'says-the-same'],
  ['out of force', { ...inForce, impact: 'HIGH' }, draft, 'MODERATE', 'taken-out-of-force'],
] as const)('PY18: saving weighs as what it changes: %s', (_, before, after, impact, rule) => {
  expect(weighSave(before, after)).toMatchObject({ impact, because: { rule, limit: impact } })
})
