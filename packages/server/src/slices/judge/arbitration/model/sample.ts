import { hashOf } from './folds.ts'

/** Whether a human is asked about an item, why, and with which probability it came to that. */
export interface Sampled {
  readonly kind: 'random' | 'disagreement' | 'escalation'
  /** Its label stands for 1/probability items. */
  readonly probability: number
}

export interface AuditShares {
  /** Of all items. */
  readonly random: number
  /** Of items on which judges disagree; at least `random`. */
  readonly disagreement: number
}

/** Published, so that everybody can check that nobody chose which items were drawn. */
const auditSeed = 20_261_121

/**
 * Draws by the hash of the item alone, so that the same item is drawn or not whenever it is decided. Every escalation is
 * asked about. One draw for both shares: the probability of an item is exactly the larger share that applies to it.
 */
export function sampleAudit(
  item: { readonly key: string; readonly isEscalated: boolean; readonly judgesDisagree: boolean },
  shares: AuditShares,
): Sampled | null {
  if (item.isEscalated) return { kind: 'escalation', probability: 1 }
  const probability = item.judgesDisagree ? Math.max(shares.random, shares.disagreement) : shares.random
  const drawn = hashOf(item.key, auditSeed) / 2 ** 32
  if (drawn >= probability) return null
  return { kind: drawn < shares.random ? 'random' : 'disagreement', probability }
}
