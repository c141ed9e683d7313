import { type PersonalClass, personalClasses } from '@metaagent/contract'
import { findPersonal } from '../model/personal.ts'
import { maySecret } from '../model/secrets.ts'
import type { Searched } from '../model/surroundings.ts'
import { numberingPlans } from './numbering-plans.ts'

const all: ReadonlySet<PersonalClass> = new Set(personalClasses)
const mostKnown = 10_000
// Only what is clean: no personal data is kept in memory by being remembered.
const known = new Set<string>()

/**
 * Whether a short text holds nothing that any rule for personal data or secrets finds, in the field in which it stands.
 * Remembered: the name of a model with its date, a version or an id of a process stands in thousands of spans, and looks
 * like a number each time.
 */
export function isKnownClean(searched: Searched): boolean {
  const key = `${searched.field ?? ''}\n${searched.text}`
  if (known.has(key)) return true
  if (findPersonal(searched, all, numberingPlans).length > 0 || maySecret(searched.text)) return false
  if (known.size >= mostKnown) known.clear()
  known.add(key)
  return true
}
