import {
  type Because,
  type GatewayDecision,
  type GatewayDestination,
  type GatewayRule,
  type GatewayRules,
  type Sensitivity,
} from '@metaagent/contract'
import { fitsDestination, privateModelOf, type RoutedTo } from './matching.ts'
import { type FoundCounts, isAtLeast, type Judged, judgeSensitivity } from './sensitivity.ts'

/** What a decision rests on: no text, so that the same decision can be made again later under other rules. */
export interface RoutingFacts extends RoutedTo {
  readonly declared: Sensitivity | null
  readonly found: FoundCounts
  readonly uninspected: number
}

interface Ways {
  readonly asked: GatewayDestination
  /** The first private model; the asked destination where that is private itself. */
  readonly privateWay: GatewayDestination | null
  readonly isAskedPrivate: boolean
  /** Whether nothing sensitive is left once every find is redacted. */
  readonly isRedactable: boolean
  readonly hasFinds: boolean
}

/** Where a payload may go. `via` is how, once nothing is missing: as it is, redacted, or to a private model. */
export type RouteDecision = {
  readonly judged: Judged
  readonly because: Because
} & (
  | {
      readonly decision: 'allow' | 'redact' | 'reroute'
      readonly destination: GatewayDestination
      readonly isPrivate: boolean
    }
  | {
      readonly decision: 'require-approval'
      readonly via: 'allow' | 'redact' | 'reroute'
      readonly destination: GatewayDestination
      readonly isPrivate: boolean
    }
  | { readonly decision: 'deny'; readonly destination: null; readonly isPrivate: false }
)

/**
 * Decides where a payload may go: its sensitivity, the first rule that fits, and floors that no rule goes below.
 * SENSITIVE reaches a model that is not private only redacted, and only where redaction leaves nothing sensitive;
 * CRITICAL reaches a private model only, after an approval. Where no rule fits, the payload goes to a private model (an
 * approval first when it is CRITICAL), and nowhere if there is none.
 */
export function decideRoute(rules: GatewayRules, facts: RoutingFacts): RouteDecision {
  const { classes, privateModels } = rules
  const judged = judgeSensitivity({ classes, ...facts })
  const { sensitivity } = judged
  const rule = rules.rules.find((one) => one.sensitivities.includes(sensitivity) && fitsDestination(one, facts)) ?? null
  const asked: GatewayDestination = { provider: facts.provider, model: facts.model, region: facts.region }
  const isAskedPrivate = privateModelOf(privateModels, asked) !== null
  const [first] = privateModels
  const ways: Ways = {
    asked,
    privateWay: isAskedPrivate ? asked : first === undefined ? null : { ...first },
    isAskedPrivate,
    isRedactable: !isAtLeast(judged.redacted, 'SENSITIVE'),
    hasFinds: judged.detected !== null,
  }
  const wanted = rule?.decision ?? 'reroute'
  const said = rule === null ? nothingFits(sensitivity, facts) : ruleSays(rule, sensitivity, facts)
  if (wanted === 'deny') return { judged, decision: 'deny', destination: null, isPrivate: false, because: said }
  if (sensitivity === 'CRITICAL') return decideCritical(judged, ways, said, wanted)
  if (wanted === 'require-approval') {
    const opened = decideOpened(judged, ways, said, 'allow')
    if (opened.decision === 'deny' || opened.decision === 'require-approval') return opened
    const { decision: via, ...rest } = opened
    return { ...rest, decision: 'require-approval', via }
  }
  return decideOpened(judged, ways, said, wanted)
}

function decideCritical(judged: Judged, ways: Ways, said: Because, wanted: GatewayDecision): RouteDecision {
  const { privateWay, isAskedPrivate } = ways
  if (privateWay === null) return noPrivateModel(judged, 'CRITICAL goes to a private model only, and there is none.')
  const floor: Because = {
    rule: 'critical-waits-for-approval',
    observed: said.rule,
    limit: 'require-approval',
    text: `${said.text} CRITICAL goes to a private model only, and after an approval.`,
  }
  const because = wanted === 'require-approval' ? said : floor
  const via = isAskedPrivate ? 'allow' : 'reroute'
  return { judged, decision: 'require-approval', via, destination: privateWay, isPrivate: true, because }
}

/** For what may leave without an approval: up to SENSITIVE. */
function decideOpened(
  judged: Judged,
  ways: Ways,
  said: Because,
  wanted: 'allow' | 'redact' | 'reroute',
): RouteDecision {
  const { asked, privateWay, isAskedPrivate, isRedactable, hasFinds } = ways
  if (wanted === 'reroute') {
    if (privateWay === null) return noPrivateModel(judged, `${said.text} There is no private model to send it to.`)
    const decision = isAskedPrivate ? 'allow' : 'reroute'
    return { judged, decision, destination: privateWay, isPrivate: true, because: said }
  }
  const isSensitive = isAtLeast(judged.sensitivity, 'SENSITIVE')
  if (wanted === 'allow' && (!isSensitive || isAskedPrivate))
    return { judged, decision: 'allow', destination: asked, isPrivate: isAskedPrivate, because: said }
  if (!isSensitive || isRedactable) {
    const because = wanted === 'redact' ? said : raised(said, 'redact')
    const decision = hasFinds ? 'redact' : 'allow'
    return { judged, decision, destination: asked, isPrivate: isAskedPrivate, because }
  }
  // What was declared SENSITIVE stays so, whatever is taken out of it.
  const because = raised(said, 'reroute')
  if (privateWay === null)
    return noPrivateModel(judged, `${because.text} Redaction does not change that, and there is no private model.`)
  const decision = isAskedPrivate ? 'allow' : 'reroute'
  return { judged, decision, destination: privateWay, isPrivate: true, because }
}

function raised(said: Because, to: GatewayDecision): Because {
  return {
    rule: 'sensitive-is-redacted-or-private',
    observed: said.rule,
    limit: to,
    text: `${said.text} SENSITIVE leaves redacted, or goes to a private model.`,
  }
}

function noPrivateModel(judged: Judged, text: string): RouteDecision {
  const because = { rule: 'no-private-model', observed: 0, limit: 1, text }
  return { judged, decision: 'deny', destination: null, isPrivate: false, because }
}

function ruleSays(rule: GatewayRule, sensitivity: Sensitivity, facts: RoutedTo): Because {
  return {
    rule: rule.name,
    observed: `${sensitivity}, ${describeDestination(facts)}`,
    limit: rule.decision,
    text: `Rule “${rule.name}” says ${rule.decision} for ${sensitivity} from ${facts.agent} to ${describeDestination(facts)}.`,
  }
}

function nothingFits(sensitivity: Sensitivity, facts: RoutedTo): Because {
  return {
    rule: 'no-rule-fits',
    observed: `${sensitivity}, ${describeDestination(facts)}`,
    limit: 'reroute',
    text: `No rule speaks of ${sensitivity} from ${facts.agent} to ${describeDestination(facts)}: that goes to a private model or nowhere.`,
  }
}

/** `provider/model in region`, with what is unknown named so. */
export function describeDestination({ provider, model, region }: GatewayDestination): string {
  if (provider === null && model === null && region === null) return 'an unknown destination'
  return `${provider ?? 'unknown provider'}/${model ?? 'unknown model'}${region === null ? '' : ` in ${region}`}`
}

/** From the loosest to the strictest; for comparing what two sets of rules do. */
export const strictness: Readonly<Record<GatewayDecision, number>> = {
  allow: 0,
  redact: 1,
  reroute: 2,
  'require-approval': 3,
  deny: 4,
}
