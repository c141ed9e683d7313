import type { AlertInhibition, AlertMatcher, Labels } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { compileMatchers, type LabelTest } from './matching.ts'

/** A silence as the database keeps it. */
export interface Silence {
  readonly silenceId: string
  readonly matchers: readonly AlertMatcher[]
  readonly startsAt: Instant
  readonly endsAt: Instant
}

export type SilenceState = 'pending' | 'active' | 'expired'

/** What a silence is now: it holds from its start up to, not including, its end. */
export function silenceState(silence: Pick<Silence, 'startsAt' | 'endsAt'>, now: Instant): SilenceState {
  if (now >= silence.endsAt) return 'expired'
  return now >= silence.startsAt ? 'active' : 'pending'
}

/** Whether any active silence fits a label set. */
export function silencer(silences: readonly Silence[], now: Instant): LabelTest {
  const active = silences.filter((silence) => silenceState(silence, now) === 'active')
  const tests = active.map(({ matchers }) => compileMatchers(matchers))
  return (labels) => tests.some((test) => test(labels))
}

/**
 * Whether a label set is muted by a source that fires. Alertmanager's rule: the target side fits it, a firing source has
 * equal values of the `equal` labels (missing = empty), and of alerts that fit both sides none mutes another.
 */
export function inhibitor(inhibitions: readonly AlertInhibition[], firing: readonly Labels[]): LabelTest {
  const rules = inhibitions.map((inhibition) => inhibitionTest(inhibition, firing))
  return (labels) => rules.some((muted) => muted(labels))
}

function inhibitionTest(inhibition: AlertInhibition, firing: readonly Labels[]): LabelTest {
  const isSource = compileMatchers(inhibition.sourceMatchers)
  const isTarget = compileMatchers(inhibition.targetMatchers)
  const equalOf = (labels: Labels) => JSON.stringify(inhibition.equal.map((name) => labels[name] ?? ''))
  const sources = firing.filter(isSource)
  const all = new Set(sources.map(equalOf))
  const oneSided = new Set(sources.filter((labels) => !isTarget(labels)).map(equalOf))
  return (labels) => isTarget(labels) && (isSource(labels) ? oneSided : all).has(equalOf(labels))
}
