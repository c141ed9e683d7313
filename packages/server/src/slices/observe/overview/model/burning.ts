import type { AgentHealth, Alert, AlertSeverity, Burning, HealthFigures, JournalEvent, Sla } from '@metaagent/contract'
import { eventCatalogue } from '@metaagent/contract'

const nothing = { exhaustionAt: null, agentId: null } as const

/** An alert that fires and is in nobody's hands. */
export function ofAlert(alert: Alert): Burning {
  return {
    ...nothing,
    kind: 'alert',
    severity: alert.severity,
    title: alert.annotations['summary'] ?? alert.rule,
    because: alert.because,
    since: alert.firedAt ?? alert.pendingAt,
    link: `/alerts/${alert.alertId}`,
  }
}

/** Less than this share of its budget left, an SLA needs a look whatever its pace. */
const budgetLeftMin = 0.25

/** An error budget that is overspent, burns, will be spent within its window, or is nearly gone; else null. */
export function ofSla(sla: Sla): Burning | null {
  const { compliance } = sla
  if (!sla.enabled || compliance === null) return null
  const { budget, state } = compliance
  const left = budget.remainingShare
  const ends = budget.exhaustionAt !== null
  const short = left !== null && left < budgetLeftMin
  if (state !== 'breached' && state !== 'burning' && !ends && !short) return null
  const burning = sla.burn.find(({ firing }) => firing)
  const share = left === null ? 'an unknown share' : left < 0 ? 'none' : `${(100 * left).toFixed(0)} %`
  return {
    ...nothing,
    kind: 'budget',
    severity: state === 'breached' || burning?.severity === 'page' ? 'critical' : 'warning',
    title: state === 'breached' ? `${sla.name}: promise broken` : `${sla.name}: ${share} of its budget left`,
    because: burning?.because ?? compliance.because,
    since: null,
    exhaustionAt: budget.exhaustionAt,
    agentId: sla.scope.agentId,
    link: `/slas/${sla.slaId}`,
  }
}

const order = ['healthy', 'unknown', 'silent', 'degraded', 'failing']

/** Agents whose health fell in the window and did not come back: the newest fall of each. */
export function fallsOf(events: readonly JournalEvent[], agents: readonly AgentHealth[]): readonly Burning[] {
  const bad = new Map(
    agents.filter(({ state }) => state !== 'healthy' && state !== 'unknown').map((health) => [health.agentId, health]),
  )
  const told = new Set<string>()
  return events.flatMap((event) => {
    const read = eventCatalogue['health.state.changed'].payload.safeParse(event.payload)
    if (event.type !== 'health.state.changed' || !read.success) return []
    const { agentId, from, to } = read.data
    const now = bad.get(agentId)
    // Who was never heard well did not fall silent: old runs that were imported say so on their first day.
    const fell = order.indexOf(to) > order.indexOf(from) && !(from === 'unknown' && to === 'silent')
    if (now === undefined || !fell || told.has(agentId)) return []
    told.add(agentId)
    const [because] = now.because
    if (because === undefined) return []
    const severity: AlertSeverity = now.state === 'failing' ? 'critical' : 'warning'
    const title = `${now.agent} went from ${from} to ${now.state}`
    const link = `/agents/${agentId}`
    return [{ ...nothing, kind: 'health', severity, title, because, since: event.occurredAt, agentId, link } as const]
  })
}

/** Half again as much as usual, and an amount that somebody notices ($0.10). */
const costRatioMin = 1.5
const excessMinNanoUsd = 100_000_000

/** What an agent costs in a window, beside the windows of the same length before it. */
export interface CostWatch {
  readonly agentId: string
  readonly agent: string
  readonly present: Pick<HealthFigures, 'costNanoUsd' | 'executions'>
  readonly past: Pick<HealthFigures, 'costNanoUsd' | 'executions'>
  /** How many windows the past is; 0: the agent is too young to have a baseline. */
  readonly pastWindows: number
  readonly windowWords: string
}

/** An agent that costs far more than usual; null when it does not, or when nothing is usual yet. */
export function ofCost({ agentId, agent, present, past, pastWindows, windowWords }: CostWatch): Burning | null {
  if (pastWindows === 0 || present.costNanoUsd === null || past.costNanoUsd === null) return null
  const usual = past.costNanoUsd / pastWindows
  const limit = Math.max(costRatioMin * usual, usual + excessMinNanoUsd)
  if (past.costNanoUsd === 0 || present.costNanoUsd < limit) return null
  const dollars = (nanoUsd: number) => `$${(nanoUsd / 1e9).toFixed(2)}`
  const times = (ratio: number) => `${ratio.toFixed(1)} times`
  const usualRuns = past.executions / pastWindows
  const runs = usualRuns === 0 ? null : present.executions / usualRuns
  const ratio = present.costNanoUsd / usual
  const why = runs === null || runs === 0 ? '' : ` Runs: ${times(runs)} as many, each ${times(ratio / runs)} as dear.`
  return {
    ...nothing,
    kind: 'cost',
    severity: 'warning',
    title: `${agent} costs ${times(ratio)} what is usual`,
    because: {
      rule: 'cost-above-baseline',
      observed: present.costNanoUsd,
      limit: Math.round(limit),
      text: `${dollars(present.costNanoUsd)} in the ${windowWords}; the mean of the ${pastWindows} before is ${dollars(usual)}.${why}`,
    },
    since: null,
    agentId,
    link: `/costs?agentId=${agentId}`,
  }
}

const severities: readonly AlertSeverity[] = ['critical', 'warning', 'info']
const kinds: readonly Burning['kind'][] = ['alert', 'budget', 'health', 'cost']

/** The most severe first, then by kind, then what began last. */
export function byUrgency(a: Burning, b: Burning): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
    Date.parse(b.since ?? '1970-01-01') - Date.parse(a.since ?? '1970-01-01')
  )
}
