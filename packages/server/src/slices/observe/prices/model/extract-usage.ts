import type { UnitUsage } from './cost.ts'
import { matches, type ReplyPath, type UsageExtractor } from './price-table.ts'
import { unitOfUsage } from './units.ts'

/** What a provider's reply says it used, and of which model. */
export interface ExtractedUsage {
  readonly model: string | null
  readonly usage: UnitUsage
}

/**
 * Reads the usage out of a provider's reply as its table entry says: several mappings to one key are added, a number
 * that is required and missing makes the reply unreadable (null), as does a reply without any known number.
 */
export function extractUsage({ root, model_path, mappings }: UsageExtractor, reply: unknown): ExtractedUsage | null {
  const model = valueAt(reply, model_path)
  const body = valueAt(reply, root)
  if (!isObject(body)) return null
  const usage: Record<string, number> = {}
  for (const { path, dest, required } of mappings) {
    if (unitOfUsage(dest) === undefined || dest === 'requests') continue
    const value = valueAt(body, path)
    if (typeof value === 'number') {
      if (!Number.isFinite(value) || value < 0) return null
      usage[dest] = (usage[dest] ?? 0) + value
    } else if (required) return null
  }
  if (Object.keys(usage).length === 0) return null
  return { model: typeof model === 'string' ? model : null, usage }
}

function valueAt(reply: unknown, path: ReplyPath): unknown {
  let value = reply
  for (const step of typeof path === 'string' ? [path] : path) {
    if (typeof step === 'string') value = isObject(value) ? value[step] : undefined
    else
      value = Array.isArray(value)
        ? value.find((item) => {
            const field = isObject(item) ? item[step.field] : undefined
            return typeof field === 'string' && matches(step.match, field)
          })
        : undefined
  }
  return value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
