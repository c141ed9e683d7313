import type { Sla, SlaIndicator, SlaState, SlaWindow } from '@metaagent/contract'
import { formatDuration } from '../../format/duration.ts'
import { formatUsd } from '../../format/money.ts'
import { plural } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'

const tones: Readonly<Record<SlaState, Tone>> = {
  breached: 'failing',
  burning: 'degraded',
  met: 'healthy',
  unknown: 'unknown',
}

/** The state of a service level. */
export function SlaMark({ state, filled = false }: { readonly state: SlaState; readonly filled?: boolean }) {
  return <MarkedWord tone={tones[state]} word={state} filled={filled} />
}

/** What counts as good, in a few words. */
export function indicatorWords(indicator: SlaIndicator): string {
  switch (indicator.kind) {
    case 'success':
      return 'executions succeed'
    case 'latency':
      return `end within ${formatDuration(indicator.thresholdMs)}`
    case 'cost':
      return `cost at most ${formatUsd(indicator.limitNanoUsd)} per success`
    case 'quality':
      return indicator.metric === null ? 'pass their judges' : `pass on ${indicator.metric}`
    case 'freshness':
      return `last success within ${formatDuration(indicator.maxAgeMinutes * 60_000)}`
  }
}

/** Over which stretch a service level is judged. */
export function windowWords(window: SlaWindow): string {
  return window.kind === 'rolling' ? `last ${plural(window.days, 'day')}` : `calendar ${window.period}`
}

/** For whom it was promised. */
export function scopeWords({ scope, agent }: Pick<Sla, 'scope' | 'agent'>): string {
  const who = scope.agentId !== null ? (agent ?? 'one agent') : scope.domain === null ? 'all agents' : scope.domain
  return scope.environment === null ? who : `${who}, ${scope.environment}`
}

/** A share of good events with as many digits as it takes to tell it from its neighbours: `99.95%`. */
export function objectiveText(objective: number): string {
  return `${Number((objective * 100).toFixed(4))}%`
}
