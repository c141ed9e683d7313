import type { EvidenceCondition, EvidenceRule, JsonValue } from '@metaagent/contract'

/** An entry of the ledger as rules look at it: its place, its type and its parsed text. */
export interface AuditedEntry {
  readonly index: number
  readonly type: string
  readonly content: JsonValue
}

/** Whether an entry is evidence of this kind: one of the types, and every condition holds. */
export function isEvidence({ types, where }: Pick<EvidenceRule, 'types' | 'where'>, entry: AuditedEntry): boolean {
  return types.includes(entry.type) && where.every((condition) => holds(condition, entry.content))
}

function holds(condition: EvidenceCondition, content: JsonValue): boolean {
  const value = valueAt(content, condition.path)
  if ('is' in condition) return condition.is.some((wanted) => wanted === value)
  if ('isNot' in condition) return condition.isNot.every((unwanted) => unwanted !== value)
  return JSON.stringify(value) !== JSON.stringify(valueAt(content, condition.differsFrom))
}

/** The value that a path leads to; null where it leads nowhere. */
export function valueAt(content: JsonValue, path: string): JsonValue {
  let value: JsonValue = content
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    value = (Object.hasOwn(value, name) ? value[name] : null) ?? null
  }
  return value
}
