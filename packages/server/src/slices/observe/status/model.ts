import type { AgentHealth, AgentStatus, GroupStatus, HealthState } from '@metaagent/contract'

/** From worst to best: what a group of agents is summed up as. */
const worstFirst: readonly HealthState[] = ['failing', 'degraded', 'silent', 'unknown', 'healthy']

/** Sums up agents by a name that each has. The state is the worst of theirs; an unknown cost of one makes the sum unknown. */
export function groupsOf(
  agents: readonly AgentHealth[],
  nameOf: (agent: AgentHealth) => string,
): readonly GroupStatus[] {
  return [...Map.groupBy(agents, nameOf)]
    .map(([name, members]) => groupOf(name, members))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Sums up all of these agents under one name. */
export function groupOf(name: string, members: readonly AgentHealth[]): GroupStatus {
  const sum = (of: (agent: AgentHealth) => number) => members.reduce((total, agent) => total + of(agent), 0)
  const successes = sum(({ figures }) => figures.successes)
  const failures = sum(({ figures }) => figures.failures)
  const costs = members.flatMap(({ figures }) => figures.costNanoUsd ?? [])
  return {
    name,
    agents: members.length,
    state: worstFirst.find((state) => members.some((agent) => agent.state === state)) ?? 'unknown',
    executions: sum(({ figures }) => figures.executions),
    successes,
    failures,
    successRate: successes + failures === 0 ? null : successes / (successes + failures),
    costNanoUsd: costs.length < members.length ? null : costs.reduce((total, cost) => total + cost, 0),
  }
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
