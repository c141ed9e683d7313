import type { AlertSeverity, DriftPayload, DriftStreamName } from '@metaagent/contract'
import type { StreamState } from './stream.ts'
import { becauseOf, directionOf, recommendationsFor, severityOf } from './telling.ts'
import type { WatchStep } from './watch.ts'

/** What an alarm rests on. */
export type AlarmFacts = Pick<
  DriftPayload,
  'direction' | 'runs' | 'failures' | 'because' | 'changeAt' | 'judgmentIds' | 'executionIds' | 'recommendations'
>

type Method = Parameters<typeof severityOf>[0]

/** Facts and severity of an alarm that is raised, at first or again. */
export function alarmFacts(
  { name, method, state }: { readonly name: DriftStreamName; readonly method: Method; readonly state: StreamState },
  step: WatchStep,
  { falseAlarmDays, changeAt }: { readonly falseAlarmDays: number; readonly changeAt: string | null },
): { readonly severity: AlertSeverity; readonly facts: AlarmFacts } {
  const { sources, runs, failures } = state
  return {
    severity: severityOf(method, name.kind, step),
    facts: {
      direction: directionOf(method, step),
      runs,
      failures,
      because: becauseOf(method, step, falseAlarmDays),
      changeAt,
      judgmentIds: [...new Set(sources.flatMap(({ judgmentId }) => judgmentId ?? []))],
      executionIds: [...new Set(sources.flatMap(({ executionId }) => executionId ?? []))],
      recommendations: recommendationsFor(name),
    },
  }
}

/** Methods that state facts: their alarms are broadcast at once and compared with nothing. */
export function isFact(method: string): boolean {
  return method === 'hard-events' || method === 'coverage-loss'
}

const graveness: Readonly<Record<AlertSeverity, number>> = { info: 0, warning: 1, critical: 2 }

export function isGraver(one: AlertSeverity, other: AlertSeverity): boolean {
  return graveness[one] > graveness[other]
}
