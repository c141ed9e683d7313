import type { AgentHealth } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupOf, groupsOf } from './model.ts'

const state = fc.constantFrom('healthy', 'degraded', 'failing', 'silent', 'unknown')
const agents = fc.array(
  fc
    .record({
      domain: fc.constantFrom('a', 'b'),
      state,
      successes: fc.nat(9),
      failures: fc.nat(9),
      cost: fc.option(fc.nat(99)),
    })
    .map(
      ({ domain, state: own, successes, failures, cost }) =>
        ({
          domain,
          state: own,
          figures: { successes, failures, executions: successes + failures, costNanoUsd: cost },
        }) as unknown as AgentHealth,
    ),
)

test('SA3: a group is the sum of its agents and in the state of the worst', () => {
  fc.assert(
    fc.property(agents, (all) => {
      const groups = groupsOf(all, ({ domain }) => domain)
      const whole = groupOf('all', all)
      expect(groups.reduce((sum, group) => sum + group.successes, 0)).toBe(whole.successes)
      expect(groups.reduce((sum, group) => sum + group.agents, 0)).toBe(all.length)
      if (all.some((agent) => agent.state === 'failing')) expect(whole.state).toBe('failing')
      if (all.length > 0 && all.every((agent) => agent.state === 'healthy')) expect(whole.state).toBe('healthy')
      if (all.some(({ figures }) => figures.costNanoUsd === null)) expect(whole.costNanoUsd).toBeNull()
      if (whole.successes + whole.failures === 0) expect(whole.successRate).toBeNull()
    }),
  )
})
