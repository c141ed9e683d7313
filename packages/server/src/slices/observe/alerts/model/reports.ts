import type { AlertSeverity, ChannelDigest, HealthFigures } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { nextOccurrence } from './time-intervals.ts'

/** When a channel's next reports are due; null for those it does not want. */
export function nextReports(
  digest: ChannelDigest,
  timeZone: string,
  after: Instant,
): { readonly dailyAt: Instant | null; readonly weeklyAt: Instant | null } {
  const { dailyAt, weeklyOn, weeklyAt } = digest
  return {
    dailyAt: dailyAt === null ? null : nextOccurrence({ time: dailyAt, weekday: null }, timeZone, after),
    weeklyAt: weeklyOn === null ? null : nextOccurrence({ time: weeklyAt, weekday: weeklyOn }, timeZone, after),
  }
}

/** What a report is written from: two windows of the fleet and what fired. */
export interface ReportFacts {
  readonly window: '24 hours' | '7 days'
  readonly totals: HealthFigures
  readonly agents: readonly {
    readonly agent: string
    readonly state: string
    readonly why: string
    readonly figures: HealthFigures
  }[]
  readonly fired: Readonly<Record<AlertSeverity, number>>
  readonly open: { readonly firing: number; readonly acknowledged: number }
}

export interface ReportSection {
  readonly heading: string
  readonly lines: readonly string[]
}

const agentsListed = 10

/** The sections of a report. What is unknown is called so. */
export function reportSections(facts: ReportFacts): readonly ReportSection[] {
  const { totals, agents, fired, open } = facts
  const unwell = agents.filter(({ state }) => state === 'failing' || state === 'degraded' || state === 'silent')
  const dearest = agents
    .filter(({ figures }) => (figures.costNanoUsd ?? 0) > 0)
    .toSorted((a, b) => (b.figures.costNanoUsd ?? 0) - (a.figures.costNanoUsd ?? 0))
    .slice(0, 5)
  return [
    {
      heading: `The last ${facts.window}`,
      lines: [
        `${totals.executions} executions finished, ${rate(totals.successRate)} of them successful.`,
        `Duration: median ${duration(totals.latencyP50Ms)}, 95 % within ${duration(totals.latencyP95Ms)}.`,
        `Cost: ${cost(totals)}; tokens: ${totals.inputTokens} in, ${totals.outputTokens} out.`,
      ],
    },
    {
      heading: 'Alerts',
      lines: [
        `${fired.critical} critical, ${fired.warning} warnings and ${fired.info} notes fired.`,
        `Open now: ${open.firing} firing, ${open.acknowledged} acknowledged.`,
      ],
    },
    {
      heading: 'Agents that are not well',
      lines:
        unwell.length === 0
          ? ['None.']
          : [
              ...unwell.slice(0, agentsListed).map(({ agent, state, why }) => `${agent} is ${state}: ${why}`),
              ...(unwell.length > agentsListed ? [`… and ${unwell.length - agentsListed} more.`] : []),
            ],
    },
    ...(dearest.length === 0
      ? []
      : [{ heading: 'What cost most', lines: dearest.map(({ agent, figures }) => `${agent}: ${cost(figures)}`) }]),
  ]
}

function rate(value: number | null): string {
  return value === null ? 'an unknown share' : `${Number((100 * value).toFixed(1))} %`
}

function duration(ms: number | null): string {
  if (ms === null) return 'unknown'
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toPrecision(3))} s`
}

function cost({ costNanoUsd, unpricedCalls }: HealthFigures): string {
  if (costNanoUsd === null) return 'unknown'
  const usd = `$${(costNanoUsd / 1e9).toFixed(2)}`
  return unpricedCalls === 0 ? usd : `at least ${usd} (${unpricedCalls} calls have no price)`
}
