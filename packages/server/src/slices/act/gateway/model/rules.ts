import type { Because, GatewayDecision, GatewayRule, GatewayRules, Impact } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { strictness } from './route.ts'

export interface WeighedChange {
  readonly impact: Impact
  readonly because: Because
}

/**
 * How much a change of rules matters: LOW only where it surely lets nothing through that was held back before (rules that
 * deny are added, decisions become stricter, private models go), else HIGH. Null: nothing changes.
 */
export function weighChange(from: GatewayRules, to: GatewayRules): WeighedChange | null {
  if (canonicalJson(from) === canonicalJson(to)) return null
  const text = loosened(from, to)
  const because = {
    rule: text === null ? 'holds-back-as-much' : 'may-let-more-through',
    observed: null,
    limit: null,
    text: text ?? 'Everything that is held back today stays so.',
  }
  return { impact: text === null ? 'LOW' : 'HIGH', because }
}

function loosened(from: GatewayRules, to: GatewayRules): string | null {
  const classes = Object.entries(from.classes) as [keyof GatewayRules['classes'], string][]
  const moved = classes.filter(([name, sensitivity]) => to.classes[name] !== sensitivity).map(([name]) => name)
  // A higher sensitivity may meet a looser rule: rules need not be ordered by it.
  if (moved.length > 0) return `Another sensitivity for ${moved.join(', ')} meets other rules.`
  const isSame = (a: object, b: object) => canonicalJson(a) === canonicalJson(b)
  const kept = to.privateModels.map((one) => from.privateModels.findIndex((before) => isSame(one, before)))
  const added = to.privateModels.find((_, at) => kept[at] === -1)
  if (added !== undefined) return `${added.provider}/${added.model} would count as private.`
  if (kept.some((place, at) => at > 0 && place < (kept[at - 1] ?? 0)))
    return 'Texts would be rerouted to another private model.'
  return loosenedRules(from.rules, to.rules)
}

/** Walks both lists: each rule of before must still stand, in its place, and say something as strict. */
function loosenedRules(from: readonly GatewayRule[], to: readonly GatewayRule[]): string | null {
  const matchOf = ({ name: _name, decision: _decision, ...match }: GatewayRule) => canonicalJson(match)
  let at = 0
  for (const before of from) {
    while (at < to.length && matchOf(to[at] as GatewayRule) !== matchOf(before)) {
      const between = to[at] as GatewayRule
      if (between.decision !== 'deny') return `Rule “${between.name}” comes before “${before.name}”.`
      at += 1
    }
    const after = to[at]
    if (after === undefined) return `Rule “${before.name}” goes.`
    if (!surelyStricter[before.decision].includes(after.decision))
      return `“${after.name}” would say ${after.decision} in place of ${before.decision}.`
    if (after.decision !== 'deny' && opens(after) !== opens(before) && isAboutNames(after))
      return `“${after.name}” would speak of unknown destinations in another way.`
    at += 1
  }
  const tail = to.slice(at).find(({ decision }) => decision !== 'deny' && decision !== 'reroute')
  return tail === undefined ? null : `Rule “${tail.name}” is new.`
}

/** What may stand in place of a decision; an approval may open what redaction or a private model held back. */
const surelyStricter: Readonly<Record<GatewayDecision, readonly GatewayDecision[]>> = {
  allow: ['allow', 'redact', 'reroute', 'require-approval', 'deny'],
  redact: ['redact', 'reroute', 'deny'],
  reroute: ['reroute', 'deny'],
  'require-approval': ['require-approval', 'deny'],
  deny: ['deny'],
}

const opens = ({ decision }: GatewayRule) => decision === 'allow' || decision === 'redact'
const isAboutNames = ({ providers, models, regions }: GatewayRule) =>
  providers !== null || models !== null || regions !== null

/** What is most likely not meant as it is written, one sentence each; such rules can be saved. */
export function warningsOf({ rules, privateModels, classes }: GatewayRules): readonly string[] {
  const names = rules.map(({ name }) => name)
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) < at))]
  const shadowed = rules.flatMap((rule, at) => {
    const above = rules.slice(0, at).find((other) => covers(other, rule))
    return above === undefined
      ? []
      : [`Rule “${rule.name}” never decides: “${above.name}” above it fits all that it fits.`]
  })
  const raisedRules = rules
    .filter(({ decision, sensitivities }) => sensitivities.includes('CRITICAL') && strictness[decision] < 3)
    .map(({ name, decision }) => `Rule “${name}” says ${decision}, but CRITICAL waits for an approval in any case.`)
  const needsPrivate = rules.some(({ sensitivities }) => sensitivities.includes('CRITICAL'))
  const denied =
    privateModels.length === 0 && needsPrivate
      ? ['There is no private model: CRITICAL texts are denied until one is named.']
      : []
  const harmless = classes.secret === 'CRITICAL' ? [] : [`A secret counts as ${classes.secret} only.`]
  return [
    ...twice.map((name) => `Two rules are called “${name}”: nobody can tell from a decision which one it was.`),
    ...shadowed,
    ...raisedRules,
    ...denied,
    ...harmless,
  ]
}

/** Whether a rule surely fits all that another one fits. */
function covers(above: GatewayRule, below: GatewayRule): boolean {
  const all = (globs: readonly string[] | null, other: readonly string[] | null) =>
    globs === null || (other !== null && other.every((glob) => globs.includes(glob) || globs.includes('*')))
  const unknowns = isAboutNames(above) && opens(above) && !opens(below)
  return (
    !unknowns &&
    below.sensitivities.every((one) => above.sensitivities.includes(one)) &&
    all(above.agents, below.agents) &&
    all(above.providers, below.providers) &&
    all(above.models, below.models) &&
    all(above.regions, below.regions)
  )
}
