import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { peerTerms, riskTerms } from '../packages/server/src/slices/observe/risk/model/terms.ts'
import { riskWeights, trainedOn } from '../packages/server/src/slices/observe/risk/model/weights.ts'
import type { Run } from '../tools/run-named.ts'
import { aucOf, fitWeights, type Sample } from './tau2-risk/fit.ts'
import { resultsFiles, runsOf, termsOfRuns } from './tau2-risk/samples.ts'

interface RiskSample extends Sample {
  readonly messages: number
  /** Whether enough other runs of its unit are known to hold it against them. */
  readonly hasPeers: boolean
}

/** The two sets of weights of the formula, in the order of `riskTerms`. */
interface Weights {
  readonly amongPeers: readonly number[]
  readonly alone: readonly number[]
}

const published: Weights = {
  amongPeers: riskTerms.map((term) => riskWeights.amongPeers[term]),
  alone: riskTerms.map((term) => riskWeights.alone[term]),
}

/**
 * How well the published failure-risk formula ranks failed runs above others, within each file, without reading a
 * reward: mean AUC beside that of the count of messages. A file whose runs the weights were fitted on is scored with
 * weights fitted on the other files (leave one file out); a file that they have not seen with the published ones.
 * `DIR` (or `DIR/tau2-traces`) holds the results files. With `--fit` the weights for `model/weights.ts` are printed.
 */
export const run: Run = async ({ dataDir, args }) => {
  const folder = [join(dataDir, 'tau2-traces'), dataDir].find(
    (path) => existsSync(path) && resultsFiles(path).length > 0,
  )
  if (folder === undefined) {
    console.error(
      `NOT RUN: there are no results files in ${dataDir} or its tau2-traces. Give the data with --data DIR.`,
    )
    return { passed: 0, failed: 0, result: {} }
  }
  const samples = termsOfRuns(resultsFiles(folder).flatMap((file) => runsOf(folder, file))).map(
    ({ file, terms, failed, features, hasPeers }): RiskSample => ({
      file,
      failed,
      hasPeers,
      messages: features.steps,
      values: terms.map(({ value }) => value),
    }),
  )
  if (args.includes('--fit')) printFit(samples)
  const rows = [...Map.groupBy(samples, ({ file }) => file)].flatMap(([file, own]) => rowOf(file, own, samples))
  const mean = (of: (row: (typeof rows)[number]) => number) =>
    Math.round((1000 * rows.reduce((sum, row) => sum + of(row), 0)) / rows.length) / 1000
  const result = {
    auc: mean(({ auc }) => auc),
    baselineAuc: mean(({ baseline }) => baseline),
    traceAloneAuc: mean(({ alone }) => alone),
    files: rows.length,
    runs: samples.length,
  }
  const better = rows.length > 0 && result.auc > result.baselineAuc
  return { passed: better ? 1 : 0, failed: better ? 0 : 1, result }
}

/** The figures of one file; none when all of its runs ended alike, since then there is nothing to rank. */
function rowOf(file: string, own: readonly RiskSample[], samples: readonly RiskSample[]) {
  const seen = trainedOn.includes(file)
  const others = samples.filter((sample) => sample.file !== file && trainedOn.includes(sample.file))
  const weights = seen && others.length > 0 ? fitBoth(others) : published
  const area = (score: (sample: RiskSample) => number) =>
    aucOf(own.map((sample) => ({ score: score(sample), failed: sample.failed })))
  const auc = area((sample) => sumOf(sample, sample.hasPeers ? weights.amongPeers : weights.alone))
  const alone = area((sample) => sumOf(sample, weights.alone))
  const baseline = area(({ messages }) => messages)
  if (auc === null || alone === null || baseline === null) return []
  console.log(
    `${auc.toFixed(3)}  trace alone ${alone.toFixed(3)}  messages ${baseline.toFixed(3)}  ${own.length} runs, ` +
      `weights ${seen ? 'fitted without it' : 'published'}: ${file.slice(0, 90)}`,
  )
  return [{ auc, alone, baseline }]
}

function sumOf({ values }: Sample, weights: readonly number[]): number {
  return values.reduce((sum, value, term) => sum + value * (weights[term] ?? 0), 0)
}

const withoutPeers = (sample: Sample): Sample => ({
  ...sample,
  values: sample.values.map((value, term) => (peerTerms.has(riskTerms[term] ?? '') ? 0 : value)),
})

function fitBoth(samples: readonly Sample[]): Weights {
  return { amongPeers: fitWeights(samples).weights, alone: fitWeights(samples.map(withoutPeers)).weights }
}

function printFit(samples: readonly Sample[]): void {
  for (const [name, fitted] of [
    ['amongPeers', fitWeights(samples)],
    ['alone', fitWeights(samples.map(withoutPeers))],
  ] as const) {
    console.log(`${name}, intercept ${fitted.intercept.toFixed(3)}`)
    riskTerms.forEach((term, index) => {
      console.log(`  '${term}': ${(fitted.weights[index] ?? 0).toFixed(3)},`)
    })
  }
}
