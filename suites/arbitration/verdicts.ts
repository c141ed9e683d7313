import type { Item, Vote } from '../../packages/server/src/slices/judge/arbitration/model/votes.ts'
import { meaningOf, shippedStatusWords } from '../../packages/server/src/slices/judge/judgments/model/status-words.ts'
import { parseCsv } from '../../tools/csv.ts'

/** Adds nothing to the votes but how long the run was, by the most prompt tokens that a judge needed to read it. */
const lengthWitness = 'trace length'

/**
 * Rows of `verdicts.csv`, one per judge and run, as items: a run's domain is its group, the judge's count of issues its
 * score, and the length of the run a witness of its own that never gives a verdict. Throws on a status word that the table
 * does not hold, and where rows of one run contradict each other about its gold.
 */
export function itemsOfVerdicts(csv: string): readonly Item[] {
  const rows = parseCsv(csv)
  const byRun = Map.groupBy(rows, ({ domain = '', simulation_id = '' }) => `${domain}/${simulation_id}`)
  return [...byRun].map(([itemId, own]) => {
    const golds = new Set(own.map(({ gold }) => gold))
    const [gold] = golds
    if (golds.size !== 1 || (gold !== '0' && gold !== '1')) throw new Error(`${itemId}: gold is not one 0 or 1`)
    const tokens = Math.max(...own.map(({ prompt_tokens }) => (prompt_tokens === '' ? 0 : Number(prompt_tokens))))
    const length = tokens > 0 ? [witness(lengthWitness, Math.log(tokens))] : []
    return {
      itemId,
      group: own[0]?.domain ?? null,
      votes: [...own.map(voteOf), ...length],
      gold: gold === '1' ? 'pass' : 'fail',
    }
  })
}

function voteOf({ judge = '', verdict = '', n_issues = '' }: Readonly<Record<string, string>>): Vote {
  const meaning = meaningOf(verdict, shippedStatusWords)
  if (meaning === null) throw new Error(`the table of status words does not hold '${verdict}' of ${judge}`)
  return { judge, verdict: meaning, score: n_issues === '' ? null : -Math.log1p(Number(n_issues)), confidence: null }
}

function witness(judge: string, score: number): Vote {
  return { judge, verdict: 'abstain', score, confidence: null }
}
