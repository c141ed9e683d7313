import { readFileSync } from 'node:fs'
import { type ApprovalRule, GovernanceRules, Impact } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decideNeed, faultsOf, type Need } from './matrix.ts'

const seeded = z
  .object(GovernanceRules.shape)
  .parse(JSON.parse(readFileSync(new URL('../../../../../config/governance_rules.json', import.meta.url), 'utf8')))

describe('the seeded matrix', () => {
  test('has no faults', () => {
    expect(faultsOf(seeded)).toEqual([])
  })

  test.each([
    ['MINIMAL', 'production', 'allow', 0, false],
    ['LOW', 'production', 'allow_and_notify', 0, false],
    ['MODERATE', 'staging', 'allow', 0, false],
    ['MODERATE', 'production', 'require_approval', 1, false],
    ['MODERATE', ' Production ', 'require_approval', 1, false],
    ['MODERATE', 'eu-west-1', 'require_approval', 1, false],
    ['HIGH', 'development', 'require_approval', 1, false],
    ['CRITICAL', 'development', 'require_approval', 2, true],
  ] as const)('%s in %s: %s', (impact, environment, outcome, approvers, requireReview) => {
    const need = decideNeed({ rules: seeded, impact, environment })
    expect(need).toMatchObject({ outcome, approvers, requireReview, approverRole: 'admin' })
    expect(need.because.text).toContain(impact)
  })

  test('AP7: an environment that no rule names counts as production', () => {
    const need = decideNeed({ rules: seeded, impact: 'MODERATE', environment: 'prod-eu' })
    expect(need.because.rule).toBe('unknown-environment-counts-as-production')
  })
})

const environments = ['production', 'staging', 'test']
const rules = fc.record<ApprovalRule>({
  impact: fc.constantFrom(...Impact.options),
  environments: fc.option(fc.subarray(environments, { minLength: 1 }), { nil: null }),
  outcome: fc.constantFrom('allow', 'allow_and_notify', 'require_approval'),
  approvers: fc.integer({ min: 0, max: 10 }),
  approverRole: fc.constantFrom('admin', 'developer'),
  requireReview: fc.boolean(),
})
const matrices = fc
  .array(rules, { minLength: 1, maxLength: 12 })
  .map((approvalMatrix) => ({ version: 1 as const, approvalMatrix }))
const impacts = fc.constantFrom(...Impact.options)
const order = { allow: 0, allow_and_notify: 1, require_approval: 2 }

/** Whether `a` asks for at least as much as `b` in every respect. */
function atLeast(a: Need, b: Need): boolean {
  if (order[a.outcome] !== order[b.outcome]) return order[a.outcome] > order[b.outcome]
  const role = a.approverRole === 'admin' || b.approverRole === 'developer'
  return a.approvers >= b.approvers && role && (a.requireReview || !b.requireReview)
}

describe('every matrix', () => {
  test('asks for what a plain reading of its rows asks, whoever asked before', () => {
    const places = fc.constantFrom(...environments, ' Production ', 'STAGING', 'x')
    fc.assert(
      fc.property(matrices, fc.array(fc.tuple(impacts, places), { maxLength: 5 }), (matrix, asked) => {
        for (const [impact, environment] of asked) {
          const { outcome, approvers, approverRole, requireReview } = decideNeed({ rules: matrix, impact, environment })
          expect({ outcome, approvers, approverRole, requireReview }).toEqual(readPlainly(matrix, impact, environment))
        }
      }),
    )
  })

  test('AP7: an unknown environment never needs less than production', () => {
    fc.assert(
      fc.property(matrices, impacts, (matrix, impact) => {
        const unknown = decideNeed({ rules: matrix, impact, environment: 'somewhere' })
        expect(atLeast(unknown, decideNeed({ rules: matrix, impact, environment: 'production' }))).toBe(true)
      }),
    )
  })

  test('AP7: an impact without a rule needs two admins and a review', () => {
    fc.assert(
      fc.property(matrices, impacts, fc.constantFrom(...environments), (matrix, impact, environment) => {
        const without = matrix.approvalMatrix.filter((row) => row.impact !== impact)
        const need = decideNeed({ rules: { version: 1, approvalMatrix: without }, impact, environment })
        expect(need).toMatchObject({
          outcome: 'require_approval',
          approvers: 2,
          approverRole: 'admin',
          requireReview: true,
        })
      }),
    )
  })

  test('a second row for the same case makes it stricter or leaves it', () => {
    fc.assert(
      fc.property(matrices, rules, fc.constantFrom(...environments), (matrix, row, environment) => {
        const { impact } = row
        const same = (r: ApprovalRule) => r.impact === impact && r.environments?.includes(environment) === true
        fc.pre(same(row) && matrix.approvalMatrix.some(same))
        const more = { version: 1 as const, approvalMatrix: [...matrix.approvalMatrix, row] }
        const before = decideNeed({ rules: matrix, impact, environment })
        expect(order[decideNeed({ rules: more, impact, environment }).outcome]).toBeGreaterThanOrEqual(
          order[before.outcome],
        )
      }),
    )
  })

  test('the order of the rows does not matter', () => {
    fc.assert(
      fc.property(matrices, impacts, fc.constantFrom(...environments, 'x'), (matrix, impact, environment) => {
        const turned = { version: 1 as const, approvalMatrix: [...matrix.approvalMatrix].reverse() }
        expect(decideNeed({ rules: turned, impact, environment })).toEqual(
          decideNeed({ rules: matrix, impact, environment }),
        )
      }),
    )
  })

  test('what requires approval requires somebody', () => {
    fc.assert(
      fc.property(matrices, impacts, fc.constantFrom(...environments, 'x'), (matrix, impact, environment) => {
        const need = decideNeed({ rules: matrix, impact, environment })
        expect(need.approvers > 0).toBe(need.outcome === 'require_approval')
      }),
    )
  })
})

describe('faults of rules', () => {
  const row: ApprovalRule = {
    impact: 'HIGH',
    environments: null,
    outcome: 'require_approval',
    approvers: 1,
    approverRole: 'admin',
    requireReview: false,
  }

  test.each([
    ['approval by nobody', { ...row, approvers: 0 }],
    ['approvers without approval', { ...row, outcome: 'allow' as const }],
    ['no environments instead of all', { ...row, environments: [] }],
  ])('%s', (_title, faulty) => {
    expect(faultsOf({ version: 1, approvalMatrix: [faulty] })).toHaveLength(1)
  })
})

/** The rows as they stand, one after the other. */
function readPlainly(matrix: GovernanceRules, impact: Impact, environment: string) {
  const rows = matrix.approvalMatrix.filter((row) => row.impact === impact)
  const naming = (name: string) =>
    rows.filter((row) => row.environments?.some((one) => one.trim().toLowerCase() === name.trim().toLowerCase()))
  const named = naming(environment)
  const every = rows.filter((row) => row.environments === null)
  const deciding = named.length > 0 ? named : [...every, ...naming('production')]
  if (deciding.length === 0)
    return { outcome: 'require_approval', approvers: 2, approverRole: 'admin', requireReview: true }
  const outcome = (['require_approval', 'allow_and_notify', 'allow'] as const).find((one) =>
    deciding.some((row) => row.outcome === one),
  )
  const those = deciding.filter((row) => row.outcome === outcome)
  const required = outcome === 'require_approval'
  return {
    outcome,
    approvers: required ? Math.max(1, ...those.map((row) => row.approvers)) : 0,
    approverRole: those.some((row) => row.approverRole === 'admin') ? 'admin' : 'developer',
    requireReview: required && those.some((row) => row.requireReview),
  }
}
