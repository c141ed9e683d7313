import type { AlertPolicy, AlertRuleDefinition, ChannelSettings } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { restlessNames } from './evaluate.ts'
import { matcherFault } from './matching.ts'
import { everyRoute } from './routing.ts'

/** Refuses a rule that can never fire, or whose alerts would be new ones all the time. */
export function checkRule(rule: AlertRuleDefinition): Result<AlertRuleDefinition> {
  const restless = restlessNames(rule)
  if (restless.length > 0)
    return refuse(
      'not-processable',
      `Labels must not name {{${restless.join('}}, {{')}}}: each new value would be another alert. Put it into an annotation.`,
    )
  const reserved = Object.keys(rule.labels).filter((name) => name === 'alertname' || name === 'severity')
  if (reserved.length > 0)
    return refuse('not-processable', `The label ${reserved.join(' and ')} is set by MetaAgent; leave it out.`)
  const { condition } = rule
  if (condition.kind === 'burn_rate') return checkBurnRate(rule, condition)
  if (condition.kind === 'event') {
    const without = condition.where.find(({ operator, value }) => operator !== 'exists' && value === undefined)
    if (without !== undefined)
      return refuse('not-processable', `The test of ${without.pointer} needs a value to compare with.`)
    if (/^(alerts|decision\.alerts)\b/.test(condition.pattern))
      return refuse('not-processable', 'A rule must not watch the events of alerts themselves: it would feed itself.')
  }
  return ok(rule)
}

/** A burn rate can never exceed 1/(1 − objective): everything fails then. */
function checkBurnRate(
  rule: AlertRuleDefinition,
  { objective, windows }: Extract<AlertRuleDefinition['condition'], { kind: 'burn_rate' }>,
): Result<AlertRuleDefinition> {
  const most = 1 / (1 - objective)
  const never = windows.find(({ threshold }) => threshold >= most)
  if (never !== undefined)
    return refuse(
      'not-processable',
      `With an objective of ${objective} the error budget burns at most ${Number(most.toPrecision(4))} times too fast, so a threshold of ${never.threshold} can never fire. Lower it, or watch the failure rate instead.`,
      { most, threshold: never.threshold },
    )
  const upside = windows.find(({ longMinutes, shortMinutes }) => shortMinutes > longMinutes)
  if (upside !== undefined)
    return refuse('not-processable', `The short window of ${upside.shortMinutes} min is longer than its long one.`)
  return ok(rule)
}

/** Refuses a policy that names what is not there, or that would never speak. */
export function checkPolicy(policy: AlertPolicy, channelIds: ReadonlySet<string>): Result<AlertPolicy> {
  const routes = everyRoute(policy.route)
  if (policy.route.matchers.length > 0)
    return refuse('not-processable', 'The root route takes everything: it must have no matchers.')
  const intervals = new Set(policy.timeIntervals.map(({ name }) => name))
  const faults = [
    ...twice(routes.map(({ name }) => name)).map((name) => `Two routes are called "${name}"; their groups would mix.`),
    ...twice(policy.timeIntervals.map(({ name }) => name)).map((name) => `Two time intervals are called "${name}".`),
    ...routes.flatMap(({ name, muteTimeIntervals, activeTimeIntervals }) =>
      [...muteTimeIntervals, ...activeTimeIntervals]
        .filter((interval) => !intervals.has(interval))
        .map((interval) => `The route "${name}" names the time interval "${interval}", which does not exist.`),
    ),
    ...routes.flatMap(({ name, channels = [], escalation = [] }) =>
      [...channels, ...escalation.flatMap((step) => step.channels)]
        .filter((channel) => !channelIds.has(channel))
        .map((channel) => `The route "${name}" names the channel ${channel}, which does not exist.`),
    ),
    ...routes.flatMap(({ matchers }) => matcherFault(matchers) ?? []),
    ...policy.inhibitions.flatMap(
      ({ sourceMatchers, targetMatchers }) => matcherFault([...sourceMatchers, ...targetMatchers]) ?? [],
    ),
  ]
  return faults.length === 0 ? ok(policy) : refuse('not-processable', faults.slice(0, 5).join(' '), { faults })
}

function twice(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
}

/** What is wrong with a channel's secret, as a sentence; null when it is right. `has`: one was kept earlier. */
export function secretFault(settings: ChannelSettings, secret: string | null, has: boolean): string | null {
  switch (settings.kind) {
    case 'slack':
      if (secret === null) return has ? null : 'Send the incoming webhook’s address as the secret.'
      return /^https?:\/\/\S+$/.test(secret) ? null : 'The secret of a Slack channel is its webhook’s https address.'
    case 'clickup':
      return secret === null && !has ? 'Send a ClickUp token as the secret.' : null
    case 'webhook':
      if (secret === null) return has ? null : 'Send a signing secret: whsec_ and at least 24 bytes in base64.'
      return /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret)
        ? null
        : 'The secret of a webhook is whsec_ and at least 24 bytes in base64 (Standard Webhooks).'
    case 'email':
      return settings.user !== null && secret === null && !has ? 'Send the password of the user as the secret.' : null
    case 'alertmanager':
      return secret === null ? null : 'An Alertmanager takes no secret.'
  }
}
