import type { AlertSeverity, Amendment, AmendmentState, FailureCounts } from '@metaagent/contract'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'

const severityTones: Readonly<Record<AlertSeverity, Tone>> = {
  info: 'silent',
  warning: 'degraded',
  critical: 'failing',
}
const stateTones: Readonly<Record<AmendmentState, Tone>> = {
  open: 'degraded',
  ratified: 'healthy',
  rejected: 'failing',
  withdrawn: 'unknown',
  expired: 'unknown',
}

export function SeverityMark({ severity }: { readonly severity: AlertSeverity }) {
  return <MarkedWord tone={severityTones[severity]} word={severity} />
}

export function AmendmentMark({ state }: { readonly state: AmendmentState }) {
  return <MarkedWord tone={stateTones[state]} word={state} filled />
}

/** How often it failed, in words; null where nothing was counted. */
export function failureWords(failures: FailureCounts | null): string | null {
  if (failures === null || failures.failures === null) return null
  return failures.total === null ? `${failures.failures} failed` : `${failures.failures} of ${failures.total} failed`
}

export const originWords: Readonly<Record<Amendment['origin'], string>> = { drift: 'drift', person: 'a person' }
