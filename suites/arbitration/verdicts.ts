import type { Item, Vote } from '../../packages/server/src/slices/judge/arbitration/model/votes.ts'
import { meaningOf, shippedStatusWords } from '../../packages/server/src/slices/judge/judgments/model/status-words.ts'
import { parseCsv } from '../../tools/csv.ts'

/** Adds nothing to the votes but how long the run was, by the most prompt tokens that a judge needed to read it. */
const lengthWitness = 'trace length'

type Row = Readonly<Record<string, string>>

/** What `verdicts.csv` holds, and the status words in it that the table does not: those rows are no votes. */
export interface Verdicts {
  readonly items: readonly Item[]
  readonly refusedWords: readonly string[]
}

/**
 * Rows of `verdicts.csv`, one per judge and run, as items: a run's domain is its group, the judge's count of issues its
 * score, and the length of the run a witness of its own that never gives a verdict. A status word that the table does not
 * hold is refused with its row and never guessed. Throws where rows of one run contradict each other about its gold.
 */
export function readVerdicts(csv: string): Verdicts {
  const rows = parseCsv(csv)
  const refused = rows.map(({ verdict = '' }) => verdict).filter((word) => meaningOf(word, shippedStatusWords) === null)
  return { items: itemsOf(rows), refusedWords: [...new Set(refused)] }
}

function itemsOf(rows: readonly Row[]): readonly Item[] {
  const nameOf = judgeNames(rows)
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
      votes: [...own.flatMap((row) => voteOf(row, nameOf(row))), ...length],
      gold: gold === '1' ? 'pass' : 'fail',
    }
  })
}

/** A judge is a prompt on a model: where several models run the same prompt, they are several judges. */
function judgeNames(rows: readonly Row[]): (row: Row) => string {
  const several = new Set(rows.map(({ model = '' }) => model)).size > 1
  return ({ judge = '', model = '' }) => (several ? `${judge} on ${model}` : judge)
}

function voteOf({ verdict: word = '', n_issues: issues = '' }: Row, judge: string): readonly Vote[] {
  const verdict = meaningOf(word, shippedStatusWords)
  if (verdict === null) return []
  return [{ judge, verdict, score: issues === '' ? null : -Math.log1p(Number(issues)), confidence: null }]
}

function witness(judge: string, score: number): Vote {
  return { judge, verdict: 'abstain', score, confidence: null }
}
