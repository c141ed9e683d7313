import { type Opinion, shareOpinion } from './opinion.ts'
import type { Ballot } from './votes.ts'

/** One vote each; abstentions do not count; the first class wins a tie, so a tie is not a pass. */
export function majorityOpinion({ votes }: Pick<Ballot, 'votes'>, classes: number): Opinion {
  const counts = new Array<number>(classes).fill(0)
  for (const { label } of votes) if (label !== null) counts[label] = (counts[label] ?? 0) + 1
  return shareOpinion(counts)
}
