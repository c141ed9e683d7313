import type { AgentHealth, Because, GroupHealth, HealthState } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { addSums, figuresOf, noSums, type RollupSums } from './figures.ts'
import { type HealthPolicy, judgeHealth, stateOrder } from './score.ts'

/** An agent of a group: its own verdict, and the sums that it was made from. */
export interface Member {
  readonly health: AgentHealth
  readonly sums: RollupSums
}

/** What a group is judged by, beside its members. */
export interface GroupContext {
  readonly window: GroupHealth['window']
  readonly policy: HealthPolicy
  readonly now: Instant
}

/** Groups of one kind, the most urgent first. */
export function judgeGroups(
  kind: GroupHealth['kind'],
  members: readonly { readonly name: string; readonly member: Member }[],
  context: GroupContext,
): GroupHealth[] {
  return [...Map.groupBy(members, ({ name }) => name)]
    .map(([name, inside]) =>
      judgeGroup(
        kind,
        name,
        inside.map(({ member }) => member),
        context,
      ),
    )
    .sort(byUrgency)
}

/**
 * Judges a domain or environment: figures are the sums of its agents, the score is theirs by the agents' own formula, the
 * state is that of the worst agent. An agent of which nothing is known claims nothing for its group.
 */
export function judgeGroup(
  kind: GroupHealth['kind'],
  name: string,
  members: readonly Member[],
  { window, policy, now }: GroupContext,
): GroupHealth {
  const agents = members.map(({ health }) => health)
  const sum = (of: 'running' | 'waiting') => agents.reduce((total, { figures }) => total + figures[of], 0)
  const sums = members.reduce((total, member) => addSums(total, member.sums), noSums)
  const figures = figuresOf(sums, { running: sum('running'), waiting: sum('waiting') })
  const { state, because } = worstOf(agents)
  // Silence is a matter of agents; the sums of a group are only scored.
  const verdict = judgeHealth({ figures, lastExecutionAt: null, policy, now, silenceCounts: false })
  return {
    kind,
    name,
    window,
    state,
    score: verdict.score,
    because: [because, ...verdict.because.filter(({ rule }) => rule.startsWith('score-'))],
    agents: agents.length,
    states: countStates(agents),
    figures,
    lastExecutionAt: newest(agents),
  }
}

/** How many are in each state; every state is named. */
export function countStates(agents: readonly { readonly state: HealthState }[]): Record<HealthState, number> {
  const counts: Record<HealthState, number> = { failing: 0, degraded: 0, silent: 0, unknown: 0, healthy: 0 }
  for (const { state } of agents) counts[state] += 1
  return counts
}

function worstOf(agents: readonly AgentHealth[]): { readonly state: HealthState; readonly because: Because } {
  const known = agents.filter(({ state }) => state !== 'unknown')
  const [worst] = known.toSorted(
    (a, b) =>
      stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) || (a.score ?? 101) - (b.score ?? 101) || compare(a, b),
  )
  if (worst === undefined)
    return {
      state: 'unknown',
      because: {
        rule: 'no-agent-known',
        observed: 0,
        limit: 1,
        text: 'Too little finished in this window to judge any of its agents.',
      },
    }
  const alike = known.filter(({ state }) => state === worst.state).length
  if (worst.state === 'healthy') {
    const rest = alike === agents.length ? '' : ' Of the others too little is known.'
    const text = `Nothing is proven wrong of ${alike} of its ${agents.length} agents.${rest}`
    return {
      state: 'healthy',
      because: { rule: 'no-agent-proven-wrong', observed: alike, limit: agents.length, text },
    }
  }
  return {
    state: worst.state,
    because: {
      rule: 'worst-agent',
      observed: worst.agent,
      limit: null,
      text: `${alike} of ${agents.length} ${worst.state}, first ${worst.agent}: ${worst.because[0]?.text ?? 'no reason is known.'}`,
    },
  }
}

function newest(agents: readonly AgentHealth[]): string | null {
  // All are UTC in one form, so their texts have the order of time.
  return (
    agents
      .flatMap(({ lastExecutionAt }) => lastExecutionAt ?? [])
      .toSorted()
      .at(-1) ?? null
  )
}

const compare = (a: AgentHealth, b: AgentHealth) => (a.agent < b.agent ? -1 : a.agent > b.agent ? 1 : 0)

function byUrgency(a: GroupHealth, b: GroupHealth): number {
  return (
    stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) ||
    (a.score ?? 101) - (b.score ?? 101) ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  )
}
