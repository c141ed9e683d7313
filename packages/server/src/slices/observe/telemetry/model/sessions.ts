import type { Session } from '@metaagent/contract'

/** Sums over the executions of one conversation, with agents as ids. */
export interface SessionSums {
  readonly conversationId: string
  readonly startedAt: Date
  readonly lastStartedAt: Date
  readonly lastEndedAt: Date | null
  readonly executions: number
  readonly turns: number
  readonly agentIds: readonly string[]
  readonly environments: readonly string[]
  readonly running: number
  readonly waiting: number
  readonly success: number
  readonly failure: number
  readonly cancelled: number
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly costNanoUsd: number | null
  readonly unpricedCalls: number
}

/** A session as it is shown. It has an end, and so a duration, when none of its executions runs or waits. */
export function shownSession(sums: SessionSums, names: ReadonlyMap<string, string>): Session {
  const { startedAt, lastStartedAt, lastEndedAt, agentIds, running, waiting, success, failure, cancelled, ...rest } =
    sums
  const endedAt = running + waiting > 0 ? null : lastEndedAt
  return {
    ...rest,
    startedAt: startedAt.toISOString(),
    lastStartedAt: lastStartedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    durationMs: endedAt === null ? null : Math.max(0, endedAt.getTime() - startedAt.getTime()),
    agents: agentIds
      .map((agentId) => ({ agentId, agent: names.get(agentId) ?? agentId }))
      .sort((a, b) => (a.agent < b.agent ? -1 : 1)),
    environments: [...sums.environments].sort(),
    statuses: { running, waiting, success, failure, cancelled },
  }
}
