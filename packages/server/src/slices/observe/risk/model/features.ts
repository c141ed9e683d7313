import type { ActionKind, ActionStatus } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { changesState, handsOver } from './tools.ts'

/** One step of a trace as far as risk looks at it; texts may be cut, their length is that of the whole. */
export interface TraceStep {
  /** Whether it is a step of the execution's own agent, and not of somebody it talks to or calls. */
  readonly own: boolean
  readonly kind: ActionKind
  readonly name: string
  readonly status: ActionStatus
  readonly startedAt: Instant
  readonly endedAt: Instant
  /** JSON text. */
  readonly input: string | null
  readonly output: string | null
  readonly outputChars: number
}

/** What a trace shows of a run, in counts. Nothing of it comes from an evaluator. */
export interface RiskFeatures {
  readonly steps: number
  readonly modelCalls: number
  readonly toolCalls: number
  /** Characters that the agent's own model calls wrote. */
  readonly outputChars: number
  readonly durationMs: number
  readonly longestGapMs: number
  readonly toolErrors: number
  /** Tool errors in the last third of the tool calls. */
  readonly lateToolErrors: number
  /** Tool calls with name and arguments that were there before. */
  readonly repeatedCalls: number
  /** Of these, calls that directly follow their like. */
  readonly loopedCalls: number
  /** The trace ends with a call that nobody answered, or with an answer that nobody read. */
  readonly unfinished: boolean
  readonly handedOver: boolean
  readonly apologies: number
  readonly refusals: number
  readonly doubts: number
  /** Digests of the calls that changed something, sorted, each once. */
  readonly changes: readonly string[]
  /** Names of the tools behind them, sorted, as often as they were called. */
  readonly changedBy: readonly string[]
}

const apology = /\b(?:apologi[sz]e|apologies|sorry|regret)\b/i
const refusal =
  /\b(?:unable to|not able to|can(?:'|’)?t|cannot|not (?:possible|allowed|permitted|eligible)|unfortunately)\b/i
const doubt =
  /\b(?:it (?:seems|appears|looks like)|not sure|unclear|i (?:think|believe|assume)|might|perhaps|there (?:was|seems to be) an? (?:issue|error|problem)|mistake)\b/i
const handOverPhrase = /transfer|escalat|hand(?:ed|ing)?[\s_-]?(?:over|off)|human[\s_](?:agent|representative)/i
const openCall = /"(?:toolCalls|tool_calls)"\s*:\s*\[\s*\{/
const errorText = /^"?\s*error\b/i

/** Counts what a trace shows. `digest` shortens a text to an id; equal texts must give equal ids. */
export function featuresOf(
  steps: readonly TraceStep[],
  span: { readonly startedAt: Instant; readonly endedAt: Instant | null },
  digest: (text: string) => string,
): RiskFeatures {
  const ordered = steps.filter(({ kind }) => kind !== 'agent')
  const own = ordered.filter((step) => step.own)
  const calls = own.filter(({ kind }) => kind === 'llm')
  const tools = own.filter(({ kind }) => kind === 'tool' || kind === 'retrieval')
  const signatures = tools.map(signatureOf)
  const changed = ordered.filter((step) => step.kind === 'tool' && !hasFailed(step) && changesState(step.name))
  const count = (pattern: RegExp) => calls.filter(({ output }) => pattern.test(output ?? '')).length
  return {
    steps: ordered.length,
    modelCalls: calls.length,
    toolCalls: tools.length,
    outputChars: calls.reduce((sum, { outputChars }) => sum + outputChars, 0),
    durationMs: durationOf(ordered, span),
    longestGapMs: longestGap(ordered),
    toolErrors: tools.filter(hasFailed).length,
    lateToolErrors: tools.slice(Math.floor((tools.length * 2) / 3)).filter(hasFailed).length,
    repeatedCalls: signatures.length - new Set(signatures).size,
    loopedCalls: signatures.filter((signature, index) => index > 0 && signature === signatures[index - 1]).length,
    unfinished: isUnfinished(ordered),
    handedOver: tools.some(({ name }) => handsOver(name)) || count(handOverPhrase) > 0,
    apologies: count(apology),
    refusals: count(refusal),
    doubts: count(doubt),
    changes: [...new Set(changed.map((step) => digest(signatureOf(step))))].sort(),
    changedBy: changed.map(({ name }) => name).sort(),
  }
}

function hasFailed({ status, output }: TraceStep): boolean {
  return status === 'failure' || errorText.test(output ?? '')
}

/** Name and arguments; the order of the arguments' keys does not count. */
function signatureOf({ name, input }: TraceStep): string {
  if (input === null) return name
  try {
    return `${name} ${canonicalJson(JSON.parse(input))}`
  } catch {
    // Cut texts are no JSON any more: then they are compared as they are.
    return `${name} ${input}`
  }
}

function durationOf(steps: readonly TraceStep[], span: { startedAt: Instant; endedAt: Instant | null }): number {
  const lastAt = steps.reduce<number>((last, { endedAt }) => Math.max(last, endedAt), span.startedAt)
  return Math.max(0, (span.endedAt ?? lastAt) - span.startedAt)
}

/** The longest time from the end of one step to the end of the next. */
function longestGap(steps: readonly TraceStep[]): number {
  const ends = steps.map(({ endedAt }) => Number(endedAt)).sort((a, b) => a - b)
  return ends.reduce((longest, end, index) => Math.max(longest, index === 0 ? 0 : end - (ends[index - 1] ?? end)), 0)
}

function isUnfinished(steps: readonly TraceStep[]): boolean {
  const last = steps.at(-1)
  if (last === undefined) return false
  return last.kind === 'tool' || (last.kind === 'llm' && openCall.test(last.output ?? ''))
}
