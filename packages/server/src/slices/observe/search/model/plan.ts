import type { Because } from '@metaagent/contract'

/** How a list finds what holds its words. */
export type WordsPlan =
  | { readonly kind: 'by-candidates'; readonly because: Because }
  /** In the order of the list, looking each execution's words up: its page fills before much was read. */
  | { readonly kind: 'walk'; readonly because: Because }

/** Below this it is not worth thinking about. */
const alwaysFew = 1_000

/**
 * Which way reads less. By candidates as many executions are read as there are candidates; a walk reads about
 * `limit · searched / candidates` until its page is full. They meet at √(limit · searched). Null: no word narrows it.
 */
export function planWords(asked: {
  readonly candidates: number | null
  readonly searched: number
  readonly limit: number
}): WordsPlan {
  const most = Math.max(alwaysFew, Math.floor(Math.sqrt(asked.limit * asked.searched)))
  const { candidates } = asked
  if (candidates === null) {
    const text = 'Only what must be absent is named, which leaves nearly all.'
    return { kind: 'walk', because: { rule: 'no-word-narrows', observed: null, limit: most, text } }
  }
  const text = `${candidates} of ${asked.searched} indexed executions can hold the words; up to ${most} are looked at one by one.`
  return candidates <= most
    ? { kind: 'by-candidates', because: { rule: 'rare-words', observed: candidates, limit: most, text } }
    : { kind: 'walk', because: { rule: 'frequent-words', observed: candidates, limit: most, text } }
}
