import { type ApprovalRule, type GovernanceRules, Impact } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideNeed } from './matrix.ts'
import { compareNeeds, tryRules } from './trial.ts'

const row: ApprovalRule = {
  impact: 'HIGH',
  environments: null,
  outcome: 'require_approval',
  approvers: 1,
  approverRole: 'admin',
  requireReview: false,
}
const rulesOf = (...approvalMatrix: ApprovalRule[]): GovernanceRules => ({ version: 1, approvalMatrix })
const past = { operation: 'x.do', environment: 'production', impact: 'HIGH' as const, actions: 3 }

describe('rules that are tried on the past', () => {
  test.each([
    ['one more approver', { ...row, approvers: 2 }, 'stricter'],
    ['a review', { ...row, requireReview: true }, 'stricter'],
    ['developers may', { ...row, approverRole: 'developer' as const }, 'looser'],
    ['it runs by itself', { ...row, outcome: 'allow' as const, approvers: 0 }, 'looser'],
    ['more people, of a lower role', { ...row, approvers: 2, approverRole: 'developer' as const }, 'otherwise'],
  ])('%s', (_what, proposed, effect) => {
    expect(tryRules({ present: rulesOf(row), proposed: rulesOf(proposed), past: [past] })).toMatchObject([
      { past, effect },
    ])
  })

  test('AP13: the same rules change nothing, and a comparison turned round says the opposite', () => {
    const rules = fc.record<ApprovalRule>({
      impact: fc.constantFrom(...Impact.options),
      environments: fc.option(fc.subarray(['production', 'staging'], { minLength: 1 }), { nil: null }),
      outcome: fc.constantFrom('allow', 'allow_and_notify', 'require_approval'),
      approvers: fc.integer({ min: 0, max: 3 }),
      approverRole: fc.constantFrom('admin', 'developer'),
      requireReview: fc.boolean(),
    })
    const matrices = fc.array(rules, { minLength: 1, maxLength: 8 }).map((rows) => rulesOf(...rows))
    const opposite = { stricter: 'looser', looser: 'stricter', otherwise: 'otherwise', same: 'same' }
    fc.assert(
      fc.property(matrices, matrices, fc.constantFrom(...Impact.options), (present, proposed, impact) => {
        const asked = { impact, environment: 'production' }
        const [from, to] = [decideNeed({ rules: present, ...asked }), decideNeed({ rules: proposed, ...asked })]
        expect(compareNeeds(from, from)).toBe('same')
        expect(compareNeeds(to, from)).toBe(opposite[compareNeeds(from, to)])
        const tried = tryRules({ present, proposed, past: [{ ...past, impact }] })
        expect(tried.length).toBe(compareNeeds(from, to) === 'same' ? 0 : 1)
      }),
    )
  })

  test('the most frequent come first', () => {
    const often = { ...past, operation: 'y.do', actions: 9 }
    const tried = tryRules({ present: rulesOf(row), proposed: rulesOf({ ...row, approvers: 2 }), past: [past, often] })
    expect(tried.map((change) => change.past.actions)).toEqual([9, 3])
  })
})
