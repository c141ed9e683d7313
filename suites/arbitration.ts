import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ArbitrationFigures,
  figuresOf,
  type Judged,
} from '../packages/server/src/slices/judge/arbitration/model/figures.ts'
import { policyNames } from '../packages/server/src/slices/judge/arbitration/model/policy.ts'
import { panelOf } from '../packages/server/src/slices/judge/arbitration/model/votes.ts'
import type { Run, RunOutcome } from '../tools/run-named.ts'
import { bestSingleJudge, crossValidate } from './arbitration/cross-validation.ts'
import {
  bestWorker,
  crowdOf,
  judgeWithGold,
  judgeWithoutGold,
  panelOfCrowd,
  panelOfFirst,
  plainAccuracy,
} from './arbitration/crowd.ts'
import { noPrior, statedPrior } from './arbitration/plain-dawid-skene.ts'
import type { Contestant } from './arbitration/policies.ts'
import { readVerdicts } from './arbitration/verdicts.ts'

/** Published seeds of the divisions into ten folds; figures are means over them. */
const cvSeeds = [1, 2, 3, 4, 5]
/** Published seeds of the draws of gold items. */
const drawSeeds = Array.from({ length: 20 }, (_, at) => at + 1)
const contestants: readonly Contestant[] = [...policyNames, 'auto']

const keys: Readonly<Record<Contestant, string>> = {
  audited: 'audited',
  'best-judge': 'bestJudge',
  'dawid-skene': 'dawidSkene',
  'trust-priority': 'trustPriority',
  majority: 'majority',
  auto: 'auto',
}

/**
 * How right each arbitration policy is on items that it has not seen the gold of. `DIR` (or `DIR/tau2-judges`) holds
 * `verdicts.csv`, or `DIR` holds `answer.csv` and `truth.csv` of a crowd. Method and settings are fixed or chosen inside
 * the training folds; nothing is chosen by the figures printed here.
 */
export const run: Run = async ({ dataDir }) => {
  const verdicts = [join(dataDir, 'verdicts.csv'), join(dataDir, 'tau2-judges/verdicts.csv')].find(existsSync)
  if (verdicts !== undefined) return runVerdicts(readFileSync(verdicts, 'utf8'))
  const [answers, truth] = [join(dataDir, 'answer.csv'), join(dataDir, 'truth.csv')]
  if (existsSync(answers) && existsSync(truth))
    return runCrowd(readFileSync(answers, 'utf8'), readFileSync(truth, 'utf8'))
  console.error(
    `NOT RUN: ${dataDir} holds neither verdicts.csv (nor tau2-judges/verdicts.csv) nor answer.csv with truth.csv. Give the data with --data DIR.`,
  )
  return { passed: 0, failed: 0, result: {} }
}

function runVerdicts(csv: string): RunOutcome {
  const { items, refusedWords } = readVerdicts(csv)
  const panel = panelOf(items)
  if (refusedWords.length > 0) console.log(`refused, not in the table of status words: ${refusedWords.join(', ')}`)
  console.log(`${panel.ballots.length} runs, 10 folds, seeds ${cvSeeds.join(', ')}; a tie is not a pass`)
  const divisions = cvSeeds.map((seed) => {
    const best = bestSingleJudge(panel, seed)
    const { judged, chosen } = crossValidate(panel, contestants, seed)
    console.log(`seed ${seed}: best single judge ${best.name}; auto used ${countsOf(chosen)}`)
    return { best: best.judged, judged }
  })
  const bestSingle = meanOf(divisions.map(({ best }) => figuresOf(best)))
  const figures = contestants.map((name) => {
    return [keys[name], meanOf(divisions.map(({ judged }) => figuresOf(judged.get(name) ?? [])))] as const
  })
  const result: Record<string, ArbitrationFigures> = { bestSingle, ...Object.fromEntries(figures) }
  printTable(result)
  const auto = result['auto'] ?? bestSingle
  return {
    ...tally([
      ['auto is right more often than the best single judge', above(auto.accuracy, bestSingle.accuracy)],
      ['and so in balanced accuracy', above(auto.balancedAccuracy, bestSingle.balancedAccuracy)],
    ]),
    result,
  }
}

function runCrowd(answerCsv: string, truthCsv: string): RunOutcome {
  const crowd = crowdOf(answerCsv, truthCsv)
  const panel = panelOfCrowd(crowd)
  console.log(`${crowd.answers.length} answers, ${panel.ballots.length} items, ${crowd.truth.size} with truth`)
  const without = contestants.map((name) => {
    return [keys[name], meanOf([figuresOf(judgeWithoutGold(panel, name, 1).judged)])] as const
  })
  const withoutGold = Object.fromEntries(without)
  printTable(withoutGold, 'without gold')
  const [with20, with100] = [20, 100].map((goldItems) => {
    const figures = (['audited', 'auto'] as const).map((name) => [name, drawn(panel, name, goldItems)] as const)
    printTable(Object.fromEntries(figures), `with ${goldItems} gold items, mean of ${drawSeeds.length} draws`)
    return Object.fromEntries(figures)
  })
  const plain = plainAccuracy(crowd, statedPrior)
  const bare = plainAccuracy(crowd, noPrior)
  const timed = panelOfFirst(panel, 25_000)
  const { seconds } = judgeWithoutGold(timed, 'dawid-skene', 1)
  const ours = withoutGold['dawidSkene']?.accuracy ?? null
  console.log(
    `plain Dawid–Skene ${plain.toFixed(4)}, without prior ${bare.toFixed(4)}; at most 25,000 answers in ${seconds.toFixed(2)} s`,
  )
  const single = bestWorker(panel)
  return {
    ...tally([
      ['Dawid–Skene within .005 of the plain reference', ours !== null && Math.abs(ours - plain) <= 0.005],
      ['and not more than .005 below the one without prior', ours !== null && ours >= bare - 0.005],
      ['25,000 answers in under 2 s', seconds < 2],
    ]),
    result: {
      bestSingle: single === null ? null : meanOf([figuresOf(single)]),
      ...withoutGold,
      ...with100,
      withoutGold,
      with20,
      with100,
      plainDawidSkene: { accuracy: rounded(plain), accuracyWithoutPrior: rounded(bare) },
      dawidSkeneSeconds: rounded(seconds),
    },
  }
}

function drawn(panel: ReturnType<typeof panelOfCrowd>, name: Contestant, goldItems: number): ArbitrationFigures {
  const draws = drawSeeds.map((seed) => judgeWithGold(panel, name, goldItems, seed))
  if (name === 'auto') {
    const chosen = Map.groupBy(draws, (draw) => draw?.chosen ?? 'nothing')
    console.log(`auto used ${countsOf(new Map([...chosen].map(([policy, own]) => [policy, own.length])))}`)
  }
  const known = draws.flatMap((draw): (readonly Judged[])[] => (draw === null ? [] : [draw.judged]))
  return meanOf(known.map(figuresOf))
}

/** Mean of each figure to four digits; null where one of them is unknown. */
function meanOf(all: readonly ArbitrationFigures[]): ArbitrationFigures {
  const mean = (of: (figures: ArbitrationFigures) => number | null) => {
    const values = all.map(of).filter((value) => value !== null)
    if (values.length < all.length || values.length === 0) return null
    return rounded(values.reduce((sum, value) => sum + value, 0) / values.length)
  }
  return {
    accuracy: mean(({ accuracy }) => accuracy),
    balancedAccuracy: mean(({ balancedAccuracy }) => balancedAccuracy),
    ece: mean(({ ece }) => ece),
    coverageAt90: mean(({ coverageAt90 }) => coverageAt90),
  }
}

function tally(checks: readonly (readonly [name: string, holds: boolean])[]) {
  for (const [name, holds] of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${name}`)
  const passed = checks.filter(([, holds]) => holds).length
  return { passed, failed: checks.length - passed }
}

function rounded(value: number): number {
  return Number(value.toFixed(4))
}

function above(value: number | null, limit: number | null): boolean {
  return value !== null && limit !== null && value > limit
}

function countsOf(chosen: ReadonlyMap<string, number>): string {
  return [...chosen].map(([policy, times]) => `${policy} ${times}×`).join(', ')
}

function printTable(rows: Readonly<Record<string, ArbitrationFigures>>, title = ''): void {
  console.log(`${title.padEnd(16)}  accuracy  balanced  ECE    coverage at 90 %`)
  for (const [name, figures] of Object.entries(rows))
    console.log(
      `${name.padEnd(16)}  ${[figures.accuracy, figures.balancedAccuracy, figures.ece, figures.coverageAt90]
        .map((value) => (value === null ? 'unknown' : value.toFixed(3)).padEnd(8))
        .join('  ')}`,
    )
}
