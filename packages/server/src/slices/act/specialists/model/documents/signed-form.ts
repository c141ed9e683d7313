import type { AgentCard, JsonValue } from '@metaagent/contract'

type Members = Readonly<Record<string, JsonValue>>

/** Members that a2a.proto marks required, or optional with presence: they are signed even when they are empty. */
const kept: Readonly<Record<string, readonly string[]>> = {
  card: [
    'name',
    'description',
    'supportedInterfaces',
    'version',
    'documentationUrl',
    'iconUrl',
    'capabilities',
    'defaultInputModes',
    'defaultOutputModes',
    'skills',
  ],
  capabilities: ['streaming', 'pushNotifications', 'extendedAgentCard'],
  supportedInterfaces: ['url', 'protocolBinding', 'protocolVersion'],
  provider: ['url', 'organization'],
  skills: ['id', 'name', 'description', 'tags'],
}

/**
 * The forms of a card that its signature may be over, the likeliest first: as it is without `signatures`, and with members
 * of default value taken away (A2A 8.4.1), for signers that serve them nevertheless. Both say the same, since a member that
 * is absent has its default.
 */
export function signedForms(card: AgentCard): readonly Members[] {
  const { signatures: _, ...rest } = card as Members & { signatures?: JsonValue }
  return [rest, withoutDefaults(rest, 'card')]
}

function withoutDefaults(members: Members, of: string): Members {
  const required = kept[of] ?? []
  return Object.fromEntries(
    Object.entries(members)
      .map(([name, value]) => [name, withoutDefaultsIn(value, name)] as const)
      .filter(([name, value]) => required.includes(name) || !isDefault(value)),
  )
}

function withoutDefaultsIn(value: JsonValue, name: string): JsonValue {
  // A Struct is free JSON, whose empty members mean something.
  if (name === 'params' || name === 'header' || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => withoutDefaultsIn(item, name))
  return withoutDefaults(value, name)
}

function isDefault(value: JsonValue): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}
