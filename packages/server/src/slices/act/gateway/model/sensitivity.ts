import {
  type Because,
  type ClassSensitivities,
  type MaskedClass,
  type Sensitivity,
  sensitivities,
} from '@metaagent/contract'

/** How many finds of each class a payload holds; a class that stands nowhere here was not found. */
export type FoundCounts = Readonly<Partial<Record<MaskedClass, number>>>

export interface Judged {
  readonly sensitivity: Sensitivity
  readonly declared: Sensitivity | null
  /** Null: nothing was found. */
  readonly detected: Sensitivity | null
  /** What is left of it once every find is redacted: nobody can take away what was declared or not looked at. */
  readonly redacted: Sensitivity
  readonly because: Because
}

const weight = (sensitivity: Sensitivity) => sensitivities.indexOf(sensitivity)

/** Whether `a` is at least as sensitive as `b`. */
export function isAtLeast(a: Sensitivity, b: Sensitivity): boolean {
  return weight(a) >= weight(b)
}

/** The more sensitive of two. */
export function higher(a: Sensitivity, b: Sensitivity): Sensitivity {
  return isAtLeast(a, b) ? a : b
}

/**
 * max(declared, detected): detection raises and never lowers. What nobody declared, and what could not be looked at
 * (pictures, files), is INTERNAL at the least.
 */
export function judgeSensitivity(asked: {
  readonly classes: ClassSensitivities
  readonly declared: Sensitivity | null
  readonly found: FoundCounts
  readonly uninspected: number
}): Judged {
  const { classes, declared, found, uninspected } = asked
  const finds = (Object.entries(found) as [MaskedClass, number][])
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ({ name, count, sensitivity: classes[name] }))
  const [worst] = finds.toSorted((a, b) => weight(b.sensitivity) - weight(a.sensitivity) || (a.name < b.name ? -1 : 1))
  const detected = worst?.sensitivity ?? null
  const unknown = declared === null || uninspected > 0
  const stated = unknown ? higher(declared ?? 'PUBLIC', 'INTERNAL') : declared
  const sensitivity = detected === null ? stated : higher(stated, detected)
  const judged = { sensitivity, declared, detected, redacted: stated }
  if (worst !== undefined && !isAtLeast(stated, worst.sensitivity))
    return {
      ...judged,
      because: {
        rule: 'raised-by-what-was-found',
        observed: `${worst.count} × ${worst.name}`,
        limit: stated,
        text: `${declared === null ? 'Nothing was declared' : `Declared ${declared}`}, but ${worst.count} × ${worst.name} was found, which is ${worst.sensitivity}.`,
      },
    }
  if (declared !== sensitivity) return { ...judged, because: atLeastInternal(declared, uninspected) }
  return {
    ...judged,
    because: {
      rule: 'as-declared',
      observed: detected,
      limit: declared,
      text: `Declared ${sensitivity}, and nothing that was found is more.`,
    },
  }
}

function atLeastInternal(declared: Sensitivity | null, uninspected: number): Because {
  const text =
    declared === null
      ? 'Nobody said how sensitive it is, and nothing was found: what is unknown is INTERNAL.'
      : `${uninspected} parts hold no text that can be looked at: what is unknown is INTERNAL.`
  return { rule: 'unknown-is-internal', observed: declared === null ? null : uninspected, limit: 'INTERNAL', text }
}
