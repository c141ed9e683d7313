import type { AgentCard, JsonValue } from '@metaagent/contract'

type Members = Readonly<Record<string, JsonValue>>

/** Members that a2a.proto marks required, or optional with presence: they are signed even when they are empty. */
const alwaysSigned: Readonly<Record<string, readonly string[]>> = {
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
 * The forms of a card that its signature may be over, the likeliest first: as it is without `signatures`; with members of
 * default value taken away (A2A 8.4.1), for signers that serve them nevertheless; and with every empty member and null taken
 * away, required or not, which is what a2a-sdk for Python (1.3.0) signs and checks. An absent member has its default, so they
 * say the same but for empty members of extensions' own parameters; the pinned digest covers those, too.
 */
export function signedForms(card: AgentCard): readonly Members[] {
  const { signatures: _, ...rest } = card as Members & { signatures?: JsonValue }
  return [rest, withoutDefaults(rest, 'card'), withoutEmpty({ ...rest }) as Members]
}

function withoutEmpty(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withoutEmpty).filter((item) => !isEmpty(item))
  const kept = Object.entries(value).map(([name, member]) => [name, withoutEmpty(member)] as const)
  return Object.fromEntries(kept.filter(([, member]) => !isEmpty(member)))
}

function isEmpty(value: JsonValue): boolean {
  return isDefault(value) && value !== 0 && value !== false
}

function withoutDefaults(members: Members, of: string): Members {
  const required = alwaysSigned[of] ?? []
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
