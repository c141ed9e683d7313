import type { AlertCondition, AlertFigure, AlertOperator, Because, Labels } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { observeEvents } from './event-conditions.ts'
import { type Evidence, type Subject, windowMinutes } from './evidence.ts'

/** Whether a condition holds for one label set; null when nothing could be measured. */
export interface Observation {
  readonly labels: Labels
  readonly holds: boolean | null
  readonly because: Because
}

type ConditionOf<Kind extends AlertCondition['kind']> = Extract<AlertCondition, { kind: Kind }>

/** Judges a condition on the evidence: one observation per label set, each with its because. */
export function observe(condition: AlertCondition, evidence: Evidence, now: Instant): readonly Observation[] {
  if (condition.kind === 'event') return observeEvents(condition, evidence.events)
  if (condition.kind === 'sla') return judgeSlas(condition, evidence)
  return evidence.subjects.map((subject) => ({ labels: subject.labels, ...judge(condition, subject, now) }))
}

type Judged = Omit<Observation, 'labels'>

function judge(condition: Exclude<AlertCondition, { kind: 'event' | 'sla' }>, subject: Subject, now: Instant): Judged {
  switch (condition.kind) {
    case 'figure':
      return judgeFigure(condition, subject)
    case 'baseline':
      return judgeBaseline(condition, subject)
    case 'burn_rate':
      return judgeBurnRate(condition, subject)
    case 'health_state':
      return judgeState(condition, subject)
    case 'health_score':
      return judgeScore(condition, subject)
    case 'silent':
      return judgeSilence(condition, subject, now)
    case 'cost_difference':
      return judgeCosts(condition, subject)
  }
}

function judgeSlas({ slas, states }: ConditionOf<'sla'>, evidence: Evidence): readonly Observation[] {
  const wanted = evidence.slas.filter(({ name }) => slas.length === 0 || slas.includes(name))
  return wanted.map(({ name, state, burning }) => ({
    labels: { sla: name },
    holds: state === 'unknown' && !states.includes('unknown') ? null : states.includes(state),
    because: {
      rule: 'sla-state',
      observed: state,
      limit: states.join(' or '),
      text: `The SLA ${name} is ${state}${burning === null ? '.' : `: ${burning}`}`,
    },
  }))
}

function judgeFigure(condition: ConditionOf<'figure'>, subject: Subject): Judged {
  const { figure, operator, threshold, window } = condition
  const observed = figureOf(subject, figure, windowMinutes[window], condition.executionsMin)
  if (observed === null) return unknown(figure, threshold, `${figure} of the last ${window} is not known.`)
  return {
    holds: compare(observed, operator, threshold),
    because: {
      rule: `figure-${figure}`,
      observed,
      limit: threshold,
      text: `${figure} of the last ${window} is ${shown(observed)}; the rule fires at ${operator} ${shown(threshold)}.`,
    },
  }
}

function judgeBaseline(condition: ConditionOf<'baseline'>, subject: Subject): Judged {
  const { figure, operator, ratio, window, baselineWindow } = condition
  const minutes = windowMinutes[window]
  const baselineMinutes = windowMinutes[baselineWindow]
  const recent = figureOf(subject, figure, minutes, condition.executionsMin)
  const usual = figureOf(subject, figure, baselineMinutes, 1)
  if (recent === null || usual === null || usual === 0)
    return unknown(
      `baseline-${figure}`,
      ratio,
      `There is no baseline of ${figure} over ${baselineWindow} to compare with.`,
    )
  // Sums grow with their window, so they are compared per hour; rates and quantiles as they are.
  const observed = sums.has(figure) ? recent / minutes / (usual / baselineMinutes) : recent / usual
  const text = `${figure} of the last ${window} is ${shown(observed)} times that of ${baselineWindow}; the rule fires at ${operator} ${shown(ratio)}.`
  return {
    holds: compare(observed, operator, ratio),
    because: { rule: `baseline-${figure}`, observed, limit: ratio, text },
  }
}

const sums: ReadonlySet<AlertFigure> = new Set([
  'executions',
  'failures',
  'actionErrors',
  'inputTokens',
  'outputTokens',
  'costNanoUsd',
  'unpricedCalls',
])

/** (failures / finished) / (1 − objective) in both windows of a pair, as in the SRE workbook's chapter on alerting. */
function judgeBurnRate({ objective, windows, failuresMin }: ConditionOf<'burn_rate'>, subject: Subject): Judged {
  const burn = (minutes: number) => {
    const rate = figureOf(subject, 'failureRate', minutes, 1)
    return rate === null ? null : rate / (1 - objective)
  }
  const pairs = windows.map((pair) => ({ ...pair, long: burn(pair.longMinutes), short: burn(pair.shortMinutes) }))
  const known = pairs.filter((pair) => pair.long !== null)
  const [first] = pairs
  if (known.length === 0)
    return unknown('burn-rate', first?.threshold ?? null, 'No execution finished in the long windows.')
  const burning = known.find(
    ({ long, short, threshold, longMinutes }) =>
      (long ?? 0) > threshold &&
      (short ?? 0) > threshold &&
      (figureOf(subject, 'failures', longMinutes, 0) ?? 0) >= failuresMin,
  )
  const told = burning ?? known.reduce((most, pair) => ((pair.long ?? 0) > (most.long ?? 0) ? pair : most))
  const text = `The error budget of ${shown(objective)} burns ${shown(told.long ?? 0)} times too fast over ${told.longMinutes} min and ${told.short === null ? 'unknown' : shown(told.short)} over ${told.shortMinutes} min; the rule fires above ${shown(told.threshold)} in both, from ${failuresMin} failures on.`
  return {
    holds: burning !== undefined,
    because: { rule: 'burn-rate', observed: told.long, limit: told.threshold, text },
  }
}

function judgeState({ states, window }: ConditionOf<'health_state'>, subject: Subject): Judged {
  const health = subject.health(windowMinutes[window])
  if (health === null) return unknown('health-state', states.join(' or '), `Its health over ${window} is not known.`)
  const text = `It is ${health.state} over the last ${window}: ${health.why}`
  return {
    holds: states.includes(health.state),
    because: { rule: 'health-state', observed: health.state, limit: states.join(' or '), text },
  }
}

function judgeScore({ operator, threshold, window }: ConditionOf<'health_score'>, subject: Subject): Judged {
  const health = subject.health(windowMinutes[window])
  if (health === null || health.score === null)
    return unknown('health-score', threshold, `Nothing is known to score over the last ${window}.`)
  const text = `Its health score over the last ${window} is ${shown(health.score)}; the rule fires at ${operator} ${shown(threshold)}.`
  return {
    holds: compare(health.score, operator, threshold),
    because: { rule: 'health-score', observed: health.score, limit: threshold, text },
  }
}

function judgeSilence({ silentForMinutes }: ConditionOf<'silent'>, subject: Subject, now: Instant): Judged {
  if (subject.lastHeardAt === null) return unknown('silent', silentForMinutes, 'It has never been heard.')
  const observed = Math.max(0, Math.floor((now - subject.lastHeardAt) / 60_000))
  const text = `It was last heard ${observed} min ago; the rule fires from ${silentForMinutes} min on.`
  return { holds: observed >= silentForMinutes, because: { rule: 'silent', observed, limit: silentForMinutes, text } }
}

function judgeCosts({ window, ratio }: ConditionOf<'cost_difference'>, subject: Subject): Judged {
  const costs = subject.costs(windowMinutes[window])
  if (costs === null || costs.computedNanoUsd === 0)
    return unknown('cost-difference', ratio, `No run of the last ${window} has both a reported and a computed cost.`)
  const observed = Math.abs(costs.reportedNanoUsd - costs.computedNanoUsd) / costs.computedNanoUsd
  const text = `Over the last ${window} agents reported ${dollars(costs.reportedNanoUsd)} where ${dollars(costs.computedNanoUsd)} were computed: ${shown(100 * observed)} % apart; the rule fires above ${shown(100 * ratio)} %.`
  return { holds: observed > ratio, because: { rule: 'cost-difference', observed, limit: ratio, text } }
}

/** A figure over a window; null when it is unknown or rests on fewer finished executions than asked for. */
function figureOf(subject: Subject, figure: AlertFigure, minutes: number, executionsMin: number): number | null {
  const figures = subject.figures(minutes)
  if (figures === null || figures.executions < executionsMin) return null
  if (figure !== 'failureRate') return figures[figure]
  const judged = figures.successes + figures.failures
  return judged === 0 ? null : figures.failures / judged
}

const dollars = (nanoUsd: number) => `$${(nanoUsd / 1e9).toFixed(4)}`

function unknown(rule: string, limit: number | string | null, text: string): Judged {
  return { holds: null, because: { rule, observed: null, limit, text } }
}

/** `observed operator limit`. */
export function compare(observed: number, operator: AlertOperator, limit: number): boolean {
  switch (operator) {
    case '>':
      return observed > limit
    case '>=':
      return observed >= limit
    case '<':
      return observed < limit
    case '<=':
      return observed <= limit
  }
}

/** At most four significant digits, as people read them. */
function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
}
