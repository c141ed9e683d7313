import { RE2JS } from 're2js'

/** A pattern that fits a text as a whole, in time linear in the text. */
export interface WholePattern {
  matches(text: string): boolean
}

/**
 * Reads an RE2 pattern, anchored at both ends as Prometheus and Alertmanager anchor theirs. Null when it is no pattern.
 * Patterns come from people: JavaScript's own engine backtracks, so that one of them could stop the whole process.
 */
export function wholePattern(source: string): WholePattern | null {
  try {
    const compiled = RE2JS.compile(`^(?:${source})$`)
    return { matches: (text) => compiled.matches(text) }
  } catch {
    return null
  }
}
