import type { ChaosExperiment, ChaosLine, ChaosRun } from '@metaagent/contract'
import { formatShare, plural } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'

/** A duration that somebody typed, without digits that they did not: `10 s`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`
  return ms < 3_600_000 ? `${Number((ms / 60_000).toFixed(1))} min` : `${Number((ms / 3_600_000).toFixed(1))} h`
}

type Definition = Pick<ChaosExperiment, 'injection' | 'ratePerMinute' | 'durationSeconds'>

/** What is injected, in a few words. */
export function injectionWords({ injection, ratePerMinute, durationSeconds }: Definition): string {
  const pace = `${Number(ratePerMinute.toFixed(1))} a minute for ${span(durationSeconds * 1000)}`
  switch (injection.kind) {
    case 'qa-failures':
      return `QA failures of ${injection.metric}, ${pace}`
    case 'executions':
      return `${injection.outcome === 'failure' ? 'failing' : 'slow'} runs of ${span(injection.latencyMs)}, ${pace}`
    case 'dependency-change':
      return `${injection.dependency} ${injection.version} is published, in thought`
    case 'receiver-fault':
      return `signals that a receiver ${injection.fault === 'delay' ? 'delays' : 'refuses'} for ${span(injection.faultMs)}, ${pace}`
  }
}

/** A line that must hold; `agents` gives names to ids. */
export function lineWords(line: ChaosLine, agents: ReadonlyMap<string, string> = new Map()): string {
  switch (line.kind) {
    case 'success-rate':
      return `${whoOf(line.agentId, agents)} succeeds in at least ${formatShare(line.min)}`
    case 'latency-p95':
      return `${whoOf(line.agentId, agents)} takes at most ${span(line.maxMs)} (p95)`
    case 'open-alerts':
      return line.max === 0 ? 'no alert fires' : `at most ${plural(line.max, 'alert')} fire`
    case 'error-budget':
      return `at least ${formatShare(line.minShare)} of ${line.slaId === null ? 'every' : 'one'} error budget is left`
    case 'delivery-p95':
      return `signals are received within ${span(line.maxMs)} (p95)`
  }
}

function whoOf(agentId: string | null, agents: ReadonlyMap<string, string>): string {
  return agentId === null ? 'every agent together' : (agents.get(agentId) ?? 'one agent')
}

const verdictTones: Readonly<Record<NonNullable<ChaosRun['verdict']>, Tone>> = {
  held: 'healthy',
  failed: 'failing',
  aborted: 'degraded',
  inconclusive: 'unknown',
}

/** How a run stands or ended. */
export function RunMark({ run }: { readonly run: Pick<ChaosRun, 'state' | 'verdict'> }) {
  if (run.verdict !== null) return <MarkedWord tone={verdictTones[run.verdict]} word={run.verdict} filled />
  return <MarkedWord tone="silent" word={run.state} filled />
}

/** Whether a line held; unknown is neither. */
export function HoldsMark({ holds }: { readonly holds: boolean | null }) {
  if (holds === null) return <MarkedWord tone="unknown" word="unknown" />
  return <MarkedWord tone={holds ? 'healthy' : 'failing'} word={holds ? 'holds' : 'broken'} />
}
