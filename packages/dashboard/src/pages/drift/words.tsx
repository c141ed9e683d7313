import type { AlertSeverity, DriftAlarm, DriftStream, DriftStreamKind, DriftStreamName } from '@metaagent/contract'
import { formatDuration } from '../../format/duration.ts'
import { formatUsd } from '../../format/money.ts'
import { formatShare } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Explained } from '../../ui/value.tsx'

/** What streams of a kind follow, for a filter and a tooltip. */
export const kindWords: Readonly<Record<DriftStreamKind, string>> = {
  judge: 'Judges',
  agent: 'Agents, as judged',
  check: 'Checks',
  disabled: 'Checks switched off',
  coverage: 'Coverage',
  figure: 'Agents’ figures',
}

const figureWords: Readonly<Record<string, string>> = {
  'failure-rate': 'Failure rate',
  'latency-p95': 'Latency p95',
  'cost-per-execution': 'Cost per execution',
}

/** What a stream is called. */
export function streamTitle({ kind, metric, judge, subject }: DriftStreamName, agent: string | null): string {
  const whose = agent ?? 'an agent that is not registered'
  switch (kind) {
    case 'judge':
      return `${metric} by ${judge ?? 'an unknown judge'}`
    case 'agent':
      return `${metric} of ${whose}`
    case 'figure':
      return `${figureWords[metric] ?? metric} of ${whose}`
    case 'coverage':
      return `Coverage: ${metric} of ${subject?.id ?? ''}`
    case 'disabled':
      return `Whether ${metric} of ${subject?.id ?? ''} runs`
    case 'check':
      return `${metric} of ${subject?.id ?? ''}`
  }
}

const stateLooks: Readonly<Record<DriftStream['state'], readonly [tone: Tone, tip: string]>> = {
  learning: ['unknown', 'What is usual is not known yet.'],
  watching: ['healthy', 'It is as it usually is.'],
  drifted: ['failing', 'It is not as it was: an alarm is open.'],
}

export function StreamStateMark({ state }: { readonly state: DriftStream['state'] }) {
  const [tone, tip] = stateLooks[state]
  return (
    <Explained tip={tip}>
      <MarkedWord tone={tone} word={state} filled />
    </Explained>
  )
}

const severityTones: Readonly<Record<AlertSeverity, Tone>> = {
  critical: 'failing',
  warning: 'degraded',
  info: 'silent',
}

export function SeverityWord({ severity }: { readonly severity: AlertSeverity }) {
  return <MarkedWord tone={severityTones[severity]} word={severity} />
}

/** A value of a stream in its unit. */
export function readingText(unit: DriftStream['unit'], value: number): string {
  if (unit === 'ms') return formatDuration(value)
  return unit === 'nano-USD' ? formatUsd(value) : formatShare(value)
}

const closedWords: Readonly<Record<NonNullable<DriftAlarm['closedBecause']>, string>> = {
  back: 'it is as it was',
  'judged-false': 'it was judged a false alarm',
  'became-usual': 'it became what is usual',
  settings: 'another method watches it',
}

export function closedText(because: DriftAlarm['closedBecause']): string {
  return because === null ? 'open' : closedWords[because]
}

const methodNames: Readonly<Record<string, string>> = {
  'e-detector': 'e-detector',
  adwin: 'ADWIN',
  cusum: 'CUSUM',
  ddm: 'DDM',
  'page-hinkley': 'Page–Hinkley',
}

/** A method as people call it. */
export function methodTitle(name: string): string {
  return methodNames[name] ?? name.replaceAll('-', ' ')
}

/** `baselineTicks` is “Baseline ticks”. */
export function parameterTitle(key: string): string {
  const words = key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
