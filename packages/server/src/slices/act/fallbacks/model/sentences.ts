import type { Because } from '@metaagent/contract'
import type { ChainReason } from './chain.ts'

const share = (value: number | string | null) =>
  typeof value === 'number' ? `${Math.round(value * 1000) / 10} %` : '–'
const minutes = (ms: number | string | null) => `${Math.round((Number(ms) / 60_000) * 10) / 10} min`

const allowed = (limit: number | string | null) =>
  limit === 0 ? 'no failure is allowed' : `${limit} ${limit === 1 ? 'is' : 'are'} allowed`

/** A reason with its sentence; `name` is of whom it speaks. */
export function becauseOf(name: string, { rule, observed, limit }: ChainReason): Because {
  return { rule, observed, limit, text: sentence(name, { rule, observed, limit }) }
}

function sentence(name: string, { rule, observed, limit }: ChainReason): string {
  switch (rule) {
    case 'blocked':
      return `${name} is blocked by a dependency.`
    case 'failures':
      return `${name} failed ${observed === 1 ? 'once' : `${observed} times`} in the window; ${allowed(limit)}.`
    case 'success-rate':
      return `${share(observed)} of the runs of ${name} succeeded; ${share(limit)} is the least.`
    case 'latency-p95':
      return `95 % of the runs of ${name} end within ${observed} ms; ${limit} ms is the most.`
    case 'health-state':
      return `${name} is ${observed}; the policy names ${limit}.`
    case 'taken-before':
      return `${name} was started in this incident already.`
    case 'not-defined':
      return `There is no ${name}.`
    case 'not-startable':
      return `${name} refused to start: ${observed}`
    case 'fallback-failed':
      return `The fallback ${observed} failed.`
    case 'none-left':
      return `None of ${observed} fallbacks can be taken.`
    case 'too-deep':
      return `${observed} fallbacks were started in this incident; ${limit} is the most.`
    case 'within-thresholds':
      return `${name} is within its thresholds.`
    case 'unmeasured':
      return `Nothing is measured of ${name} that speaks against it.`
    case 'at-work':
      return 'A fallback is at work.'
    case 'cooldown':
      return `The last invocation was ${minutes(observed)} ago; it is left to work for ${minutes(limit)}.`
    case 'stays-exhausted':
      return `${name} is not well yet, and no fallback is left.`
  }
}
