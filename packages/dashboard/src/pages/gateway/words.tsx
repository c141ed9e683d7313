import type { GatewayDecision, GatewayDestination, Sensitivity } from '@metaagent/contract'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'

const decisionTones: Readonly<Record<GatewayDecision, Tone>> = {
  allow: 'healthy',
  redact: 'healthy',
  reroute: 'silent',
  'require-approval': 'degraded',
  deny: 'failing',
}

export const decisionWords: Readonly<Record<GatewayDecision, string>> = {
  allow: 'Send as it is',
  redact: 'Send redacted',
  reroute: 'Private model',
  'require-approval': 'Needs approval',
  deny: 'Deny',
}

/** What was decided. */
export function DecisionMark({
  decision,
  filled = false,
}: {
  readonly decision: GatewayDecision
  readonly filled?: boolean
}) {
  return <MarkedWord tone={decisionTones[decision]} word={decisionWords[decision]} filled={filled} />
}

const sensitivityTones: Readonly<Record<Sensitivity, Tone>> = {
  PUBLIC: 'unknown',
  INTERNAL: 'silent',
  SENSITIVE: 'degraded',
  CRITICAL: 'failing',
}

/** How sensitive a text is. */
export function SensitivityMark({ sensitivity }: { readonly sensitivity: Sensitivity }) {
  return <MarkedWord tone={sensitivityTones[sensitivity]} word={sensitivity} />
}

/** `openai/gpt-5 in eu-west`, with a dash where something is unknown. */
export function destinationWords({ provider, model, region }: GatewayDestination): string {
  if (provider === null && model === null && region === null) return 'unknown'
  return `${provider ?? '–'}/${model ?? '–'}${region === null ? '' : ` in ${region}`}`
}
