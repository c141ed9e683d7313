import type { FallbackInvocation, FallbackPolicy, FallbackThresholds } from '@metaagent/contract'
import { formatShare, plural } from '../../format/number.ts'
import { MarkedWord } from '../../ui/mark.tsx'

/** The lines of a policy, one each, in the order in which they are looked at. */
export function lineWords({
  healthStates,
  failuresMax,
  successRateMin,
  latencyP95MsMax,
}: FallbackThresholds): readonly string[] {
  return [
    ...(healthStates.length === 0 ? [] : [`is ${healthStates.join(' or ')}`]),
    ...(failuresMax === null ? [] : [failuresMax === 0 ? 'fails' : `fails more than ${plural(failuresMax, 'time')}`]),
    ...(successRateMin === null ? [] : [`succeeds in less than ${formatShare(successRateMin)}`]),
    ...(latencyP95MsMax === null ? [] : [`takes longer than ${Number((latencyP95MsMax / 1_000).toFixed(3))} s (p95)`]),
  ]
}

/** How a policy stands. */
export function PolicyMark({ policy }: { readonly policy: Pick<FallbackPolicy, 'enabled' | 'openChain'> }) {
  if (!policy.enabled) return <MarkedWord tone="silent" word="off" filled />
  const { openChain } = policy
  if (openChain === null) return <MarkedWord tone="healthy" word="watching" filled />
  return openChain.exhaustedAt === null ? (
    <MarkedWord tone="degraded" word="fallen back" filled />
  ) : (
    <MarkedWord tone="failing" word="exhausted" filled />
  )
}

/** What became of an invocation. */
export function InvocationMark({ invocation }: { readonly invocation: FallbackInvocation }) {
  const { outcome, synthetic } = invocation
  const tone = outcome === 'exhausted' ? 'failing' : synthetic ? 'silent' : 'degraded'
  return <MarkedWord tone={tone} word={synthetic ? `${outcome}, simulated` : outcome} filled />
}
