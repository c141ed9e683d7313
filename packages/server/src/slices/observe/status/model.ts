import type { AgentHealth, AgentStatus, FleetStatus, GroupHealth, GroupStatus } from '@metaagent/contract'

/** What others see of a domain or environment. Its cost is unknown as soon as one model call of it has no price. */
export function groupStatus({ name, agents, state, figures, because }: GroupHealth): GroupStatus {
  return {
    name,
    agents,
    state,
    executions: figures.executions,
    successes: figures.successes,
    failures: figures.failures,
    successRate: figures.successRate,
    costNanoUsd: figures.unpricedCalls > 0 ? null : figures.costNanoUsd,
    reason: because[0]?.text ?? '',
  }
}

/** Orders groups by name, so that a list of others keeps its places. */
export function byName(a: GroupStatus, b: GroupStatus): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** What others see of one agent. */
export function agentStatus({ figures, because, ...agent }: AgentHealth): AgentStatus {
  return {
    agentId: agent.agentId,
    agent: agent.agent,
    domain: agent.domain,
    state: agent.state,
    executions: figures.executions,
    successes: figures.successes,
    failures: figures.failures,
    successRate: figures.successRate,
    costNanoUsd: figures.costNanoUsd,
    score: agent.score,
    latencyP95Ms: figures.latencyP95Ms,
    costPerSuccessNanoUsd: figures.costPerSuccessNanoUsd,
    lastExecutionAt: agent.lastExecutionAt,
    reason: because[0]?.text ?? '',
  }
}

/** Whether two pictures differ in anything but the time at which they were made. */
export function statusDiffers(before: FleetStatus, after: FleetStatus): boolean {
  const text = ({ asOf: _, ...rest }: FleetStatus) => JSON.stringify(rest)
  return text(before) !== text(after)
}
