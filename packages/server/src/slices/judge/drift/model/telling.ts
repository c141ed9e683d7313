import type {
  AlertSeverity,
  Because,
  DriftDirection,
  DriftMethodChoice,
  DriftRecommendation,
  DriftStreamName,
} from '@metaagent/contract'
import { eBenjaminiHochberg } from './e-detector.ts'
import type { WatchStep } from './watch.ts'

type MethodName = DriftMethodChoice['name']

/** Where governed documents speak of what drifted: section titles of the documents as they are shipped. */
export function recommendationsFor({ kind }: Pick<DriftStreamName, 'kind'>): DriftRecommendation[] {
  switch (kind) {
    case 'judge':
      return [{ document: 'QA.md', section: 'Judges' }]
    case 'agent':
      return [
        { document: 'AGENTS.md', section: 'Performance' },
        { document: 'QA.md', section: 'Failures' },
      ]
    case 'check':
      return [{ document: 'QA.md', section: 'Failures' }]
    case 'disabled':
      return [{ document: 'QA.md', section: 'Disabled checks' }]
    case 'coverage':
      return [{ document: 'QA.md', section: 'Coverage' }]
    case 'figure':
      return [{ document: 'AGENTS.md', section: 'Performance' }]
  }
}

/** Which way it went, where the method looks at one. */
export function directionOf(method: MethodName, { usual, now }: WatchStep): DriftDirection | null {
  if (method === 'coverage-loss') return 'down'
  if (method === 'hard-events' || method === 'surprise') return null
  if (method === 'repeated-failures' || method === 'ddm' || method === 'windowed-counts') return 'up'
  return usual === null || now === null || usual === now ? null : now > usual ? 'up' : 'down'
}

/**
 * How grave it is. Values that rose: warning, that fell: news. Rates: critical from 30 percentage points more failures, warning from 5; fewer failures are news alone,
 * but of a judge, who may have grown lenient, a warning from 30. Repeated failures: critical below one in a million.
 * Coverage: critical from 10 points lost. A deleted check is critical, a disabled one a warning.
 */
export function severityOf(
  method: MethodName,
  kind: DriftStreamName['kind'],
  { observed, usual, now, alarm, scale }: WatchStep,
): AlertSeverity {
  if (!alarm || observed === null) return 'info'
  if (method === 'hard-events') return observed > 1 ? 'critical' : 'warning'
  if (method === 'coverage-loss') return observed >= 0.1 ? 'critical' : 'warning'
  if (method === 'repeated-failures') return observed < 1e-6 ? 'critical' : 'warning'
  if (method !== 'e-detector' || usual === null || now === null) return 'warning'
  const rise = now - usual
  if (scale === 'rank') return rise > 0 ? 'warning' : 'info'
  if (rise < 0) return kind === 'judge' && rise <= -0.3 ? 'warning' : 'info'
  return rise >= 0.3 ? 'critical' : rise >= 0.05 ? 'warning' : 'info'
}

/** Why the alarm was raised, with what was seen and the line that it passed. */
export function becauseOf(method: MethodName, step: WatchStep, falseAlarmDays: number): Because {
  const { observed, limit } = step
  return { rule: method, observed, limit, text: sentenceOf(method, step, falseAlarmDays) }
}

function sentenceOf(
  method: MethodName,
  { observed, limit, usual, now, scale }: WatchStep,
  falseAlarmDays: number,
): string {
  const seen = numberText(observed ?? 0)
  switch (method) {
    case 'e-detector':
      if (scale === 'rank')
        return (
          `The latest values lie on average above ${percentText(now)} of those that are usual. Without a change such ` +
          `evidence comes once in ${numberText(falseAlarmDays)} days at most.`
        )
      return (
        `${percentText(now)} failed lately, where ${percentText(usual)} is usual. Without a change such evidence comes ` +
        `once in ${numberText(falseAlarmDays)} days at most.`
      )
    case 'repeated-failures':
      return `So many failures among its last runs have a probability of ${seen} by its own rate of ${percentText(usual)}.`
    case 'hard-events':
      return (observed ?? 0) > 1 ? 'The check was deleted.' : 'The check was disabled.'
    case 'coverage-loss':
      return `Coverage fell by ${numberText(100 * (observed ?? 0))} percentage points to ${percentText(now)}; ${numberText(100 * (limit ?? 0))} are within its unrest.`
    case 'surprise':
      return `A value as odd by its own history has a probability of about 1 in ${numberText(10 ** (observed ?? 0))}.`
    default:
      return `${method} is at ${seen}, past its limit of ${numberText(limit ?? 0)}.`
  }
}

/** Why it was closed. */
export function backBecause(method: MethodName, { observed, limit, now, usual, scale }: WatchStep): Because {
  return { rule: 'back', observed, limit, text: backSentence() }

  function backSentence(): string {
    if (method === 'hard-events') return 'The check runs again.'
    if (method === 'repeated-failures') return 'Its last runs passed.'
    if (method === 'e-detector' && scale === 'rate')
      return `${percentText(now)} failed lately, which the ${percentText(usual)} that are usual leave possible.`
    return method === 'coverage-loss' || method === 'e-detector'
      ? 'It is as it was before.'
      : 'No further alarm came for a while.'
  }
}

export interface Candidate {
  readonly alarmId: string
  /** Null: the method gives none; its alarm counts by how rarely one comes without a change. */
  readonly eValue: number | null
  readonly alarmHours: number
}

/** How often an hour's comparison may multiply an alarm that comes again. */
const alarmHoursMax = 4

/**
 * Which open alarms are broadcast: e-BH over all streams of the organization that were read, the others with an e-value of
 * 0. An e-detector's is M / t. Of a method that alarms in at most one of so many hours, an alarm is an e-value of just that
 * many for its hour; one that comes in further hours multiplies (an approximation: the first hour chose itself).
 */
export function broadcastAmong(
  candidates: readonly Candidate[],
  {
    streams,
    rate,
    falseAlarmHours,
  }: { readonly streams: number; readonly rate: number; readonly falseAlarmHours: number },
): readonly { readonly alarmId: string; readonly evidence: number; readonly isTold: boolean }[] {
  const evidence = candidates.map(
    ({ eValue, alarmHours }) => eValue ?? falseAlarmHours ** Math.max(1, Math.min(alarmHoursMax, alarmHours)),
  )
  const others = Array.from({ length: Math.max(0, streams - candidates.length) }, () => 0)
  const told = new Set(eBenjaminiHochberg([...evidence, ...others], rate))
  return candidates.map(({ alarmId }, at) => ({ alarmId, evidence: evidence[at] ?? 0, isTold: told.has(at) }))
}

function percentText(share: number | null): string {
  return share === null ? 'an unknown share' : `${numberText(100 * share)} %`
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(3)))
}
