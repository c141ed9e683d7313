import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComparisonPolicy, ComparisonVerdict } from '@metaagent/contract'
import {
  type ComparisonDecision,
  compare,
  comparisonPolicies,
} from '../packages/server/src/slices/act/rollouts/model/compare.ts'
import type { Arms, Trial } from '../packages/server/src/slices/act/rollouts/model/trials.ts'
import { parseCsv } from '../tools/csv.ts'
import type { Run } from '../tools/run-named.ts'

/**
 * Two versions of an agent on real runs, with the decision that each policy must reach. `DIR` (or `DIR/tau2-ab`) holds
 * `expected.json` and one table of runs per name; see `readArms` for its columns.
 */
export const run: Run = async ({ dataDir }) => {
  const folder = [dataDir, join(dataDir, 'tau2-ab')].find((path) => existsSync(join(path, 'expected.json')))
  if (folder === undefined) {
    console.error(`NOT RUN: there is no expected.json in ${dataDir} or its tau2-ab. Give the data with --data DIR.`)
    return { passed: 0, failed: 0, result: {} }
  }
  const decisions: Record<string, unknown>[] = []
  let passed = 0
  for (const [at, entry] of readExpectations(folder).entries()) {
    try {
      const { name, policy, pair, decision } = parseExpectation(entry)
      const decided = compare(readArms(join(folder, `${name}.csv`)), pair, comparisonPolicies[policy])
      const right = decided.verdict === decision
      if (right) passed += 1
      print(`${right ? 'ok  ' : 'FAIL'} ${name}, ${policy}, pair ${pair}: ${decided.verdict}`, decided)
      if (!right) console.log(`     expected: ${decision}`)
      decisions.push({ name, policy, pair, expected: decision, ...summary(decided) })
    } catch (error) {
      console.log(`FAIL entry ${at + 1} of expected.json: ${error instanceof Error ? error.message : String(error)}`)
      decisions.push({ entry, decision: null })
    }
  }
  return { passed, failed: decisions.length - passed, result: { decisions } }
}

interface Expectation {
  readonly name: string
  readonly pair: 'unit' | 'none'
  readonly policy: ComparisonPolicy
  readonly decision: ComparisonVerdict
}

function readExpectations(folder: string): readonly unknown[] {
  const entries: unknown = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))
  if (!Array.isArray(entries)) throw new Error('expected.json must be a list')
  return entries
}

function parseExpectation(entry: unknown): Expectation {
  const { name, pair, policy, decision } = Object(entry)
  if (typeof name !== 'string') throw new Error('name must be a text')
  if (pair !== 'unit' && pair !== 'none') throw new Error(`pair must be "unit" or "none", not ${JSON.stringify(pair)}`)
  return { name, pair, policy: ComparisonPolicy.parse(policy), decision: ComparisonVerdict.parse(decision) }
}

/**
 * The rows of `arm,unit,success,costUsd,durationS`: arm is control or treatment, success 1 or 0, an empty field is
 * unknown. Throws at anything else: a row misread is a decision misjudged.
 */
function readArms(path: string): Arms {
  const arms: Record<'control' | 'treatment', Trial[]> = { control: [], treatment: [] }
  for (const [at, { arm, unit, success, costUsd, durationS }] of parseCsv(readFileSync(path, 'utf8')).entries()) {
    const where = `${path}, row ${at + 2}`
    if (arm !== 'control' && arm !== 'treatment')
      throw new Error(`${where}: arm ${arm} is neither control nor treatment`)
    const durationSeconds = numberOrNull(durationS, `${where}: durationS`)
    const costDollars = numberOrNull(costUsd, `${where}: costUsd`)
    arms[arm].push({
      unit: unit === undefined || unit === '' ? null : unit,
      succeeded: outcome(success, `${where}: success`),
      durationMs: durationSeconds === null ? null : durationSeconds * 1000,
      costNanoUsd: costDollars === null ? null : Math.round(costDollars * 1e9),
    })
  }
  return { control: arms.control, candidate: arms.treatment }
}

function outcome(text: string | undefined, where: string): boolean | null {
  const value = numberOrNull(text, where)
  if (value !== null && value !== 0 && value !== 1) throw new Error(`${where} is ${text}, not 1, 0 or empty`)
  return value === null ? null : value === 1
}

function numberOrNull(text: string | undefined, where: string): number | null {
  if (text === undefined) throw new Error(`${where} is no column of this file`)
  if (text.trim() === '') return null
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new Error(`${where} is ${text}, not a number from 0 up`)
  return value
}

function print(headline: string, { because, success, guardrails, control, candidate }: ComparisonDecision): void {
  const { controlRate, candidateRate, differenceLow, differenceHigh, pValue, test, pairs } = success
  const over = pairs === null ? `${control.outcomesKnown} and ${candidate.outcomesKnown} runs` : `${pairs} pairs`
  console.log(headline)
  console.log(
    `     success ${figure(controlRate)} → ${figure(candidateRate)} over ${over}, ${test} p ${figure(pValue)}, ` +
      `difference ${figure(differenceLow)} to ${figure(differenceHigh)}`,
  )
  for (const { metric, verdict, ratio, ratioLow, ratioHigh } of guardrails) {
    console.log(`     ${metric} × ${figure(ratio)} (${figure(ratioLow)} to ${figure(ratioHigh)}): ${verdict}`)
  }
  console.log(`     cost ${dollars(control)} → ${dollars(candidate)}`)
  console.log(`     because ${because.rule}: ${because.text}`)
}

function dollars({ costNanoUsd, costsKnown, executions }: ComparisonDecision['control']): string {
  const total = costNanoUsd === null ? 'unknown' : `${(costNanoUsd / 1e9).toFixed(4)} USD`
  return `${total} (${costsKnown} of ${executions} known)`
}

function summary({ verdict, because, success, guardrails, control, candidate }: ComparisonDecision) {
  return {
    decision: verdict,
    rule: because.rule,
    test: success.test,
    pValue: success.pValue,
    controlRate: success.controlRate,
    candidateRate: success.candidateRate,
    guardrails: guardrails.map(({ metric, verdict: found, ratioLow, ratioHigh }) => ({
      metric,
      verdict: found,
      ratioLow,
      ratioHigh,
    })),
    controlCostNanoUsd: control.costNanoUsd,
    candidateCostNanoUsd: candidate.costNanoUsd,
  }
}

function figure(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)))
}
