import type { GatewayDestination, GatewayRule, PrivateModel } from '@metaagent/contract'

/** Whether a name fits a glob: `*` stands for any characters, case does not count. In time linear in the glob's parts. */
export function fitsGlob(glob: string, name: string): boolean {
  const text = name.toLowerCase()
  const parts = glob.toLowerCase().split('*')
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false
  let at = first.length
  const end = text.length - last.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

/** Who asks, and where the payload would go; null is unknown. */
export interface RoutedTo extends GatewayDestination {
  readonly agent: string
}

/**
 * Whether a rule speaks of this agent and destination. What is unknown counts as the worst it may be: it fits a rule that
 * holds something back, and none that lets something through to providers, models or regions that it names.
 */
export function fitsDestination(rule: GatewayRule, { agent, provider, model, region }: RoutedTo): boolean {
  const isOpening = rule.decision === 'allow' || rule.decision === 'redact'
  const fits = (globs: readonly string[] | null, name: string | null) =>
    globs === null || (name === null ? !isOpening : globs.some((glob) => fitsGlob(glob, name)))
  return (
    fits(rule.agents, agent) && fits(rule.providers, provider) && fits(rule.models, model) && fits(rule.regions, region)
  )
}

/** The entry that says that a destination is private; null when none does, or when its particulars are unknown. */
export function privateModelOf(models: readonly PrivateModel[], destination: GatewayDestination): PrivateModel | null {
  const same = (a: string, b: string | null) => b !== null && a.toLowerCase() === b.toLowerCase()
  return (
    models.find(
      ({ provider, model, region }) =>
        same(provider, destination.provider) &&
        same(model, destination.model) &&
        (region === null || same(region, destination.region)),
    ) ?? null
  )
}
