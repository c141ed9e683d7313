import type { AlertCondition, EventTest, JsonValue, Labels } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Observation } from './conditions.ts'
import type { Evidence } from './evidence.ts'

type EventCondition = Extract<AlertCondition, { kind: 'event' }>

/**
 * Counts the events that fit, per set of the labels that the rule takes from them. The evidence holds the window's events
 * of the pattern, so a label set that none of them has any more is simply not observed.
 */
export function observeEvents(condition: EventCondition, events: Evidence['events']): readonly Observation[] {
  const bySet = new Map<string, { labels: Labels; count: number; newest: Evidence['events'][number] }>()
  for (const event of events) {
    const document = event as unknown as JsonValue
    if (!condition.where.every((test) => eventFits(test, document))) continue
    const labels = labelsOf(condition.labels, document)
    const key = JSON.stringify(Object.values(labels))
    const known = bySet.get(key)
    if (known === undefined) bySet.set(key, { labels, count: 1, newest: event })
    else bySet.set(key, { labels, count: known.count + 1, newest: event })
  }
  return [...bySet.values()].map(({ labels, count, newest }) => ({
    labels,
    holds: count >= condition.countMin,
    because: {
      rule: 'events',
      observed: count,
      limit: condition.countMin,
      text: `${count} events like ${condition.pattern} within ${condition.windowMinutes} min, the newest ${newest.type} about ${newest.subject} (${newest.eventId}).`,
    },
  }))
}

function labelsOf(pointers: Readonly<Record<string, string>>, event: JsonValue): Labels {
  return Object.fromEntries(
    Object.entries(pointers).map(([name, pointer]) => {
      const value = valueAt(event, pointer)
      const text =
        value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
      return [name, text.slice(0, 500)]
    }),
  )
}

/** Whether an event passes one test. Numbers are compared as numbers only; what is not there passes `!=` alone. */
export function eventFits(test: EventTest, event: JsonValue): boolean {
  const found = valueAt(event, test.pointer)
  const wanted = test.value ?? null
  switch (test.operator) {
    case 'exists':
      return (found !== undefined) === (test.value !== false)
    case '=':
      return found !== undefined && canonicalJson(found) === canonicalJson(wanted)
    case '!=':
      return found === undefined || canonicalJson(found) !== canonicalJson(wanted)
    case 'contains':
      if (typeof found === 'string') return typeof wanted === 'string' && found.includes(wanted)
      return Array.isArray(found) && found.some((item) => canonicalJson(item) === canonicalJson(wanted))
    case '>':
      return typeof found === 'number' && typeof wanted === 'number' && found > wanted
    case '>=':
      return typeof found === 'number' && typeof wanted === 'number' && found >= wanted
    case '<':
      return typeof found === 'number' && typeof wanted === 'number' && found < wanted
    case '<=':
      return typeof found === 'number' && typeof wanted === 'number' && found <= wanted
  }
}

/** What a JSON pointer (RFC 6901) points at; undefined when it points at nothing. */
export function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let at: JsonValue | undefined = document
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at)) at = /^(0|[1-9]\d*)$/.test(name) ? at[Number(name)] : undefined
    else if (typeof at === 'object' && at !== null) at = Object.hasOwn(at, name) ? at[name] : undefined
    else return undefined
  }
  return at
}
