import { parseArgs } from 'node:util'
import { decideNeed } from '../packages/server/src/slices/govern/approvals/model/matrix.ts'
import { seededRandom } from '../packages/server/src/testkit/seeded-random.ts'
import type { Run } from '../tools/run-named.ts'
import { flatRules, type PolicyRequest, randomRequest, randomRules } from './policy/matrix.ts'
import { cedarOf, type Evaluate, jsonLogicOf } from './policy/rivals.ts'

const requestsMade = 5000
const roundSeconds = 1
const rounds = 5
const secondsForPercentile = 2

/**
 * Evaluations per second of governance rules with `--rules` (100) rows, one arbitrary request each, as the median of
 * rounds, and the 99th percentile of a single one in µs: the approvals' own engine, JsonLogic and Cedar, which must agree on
 * the outcome of every request. `--seed` (1).
 */
export const run: Run = ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: { rules: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
  })
  const { unit } = seededRandom(Number(values.seed))
  const rules = randomRules(unit, Number(values.rules))
  const requests = Array.from({ length: requestsMade }, () => randomRequest(unit))
  const flat = flatRules(rules)
  const own: Evaluate = (request) => decideNeed({ rules, ...request }).outcome
  const engines = { own, jsonLogic: jsonLogicOf(flat), cedar: cedarOf(flat) }
  const different = requests.filter((request) => new Set(Object.values(engines).map((ask) => ask(request))).size > 1)
  for (const request of different.slice(0, 5))
    console.log(request, Object.fromEntries(Object.entries(engines).map(([name, ask]) => [name, ask(request)])))
  const measured = Object.fromEntries(Object.entries(engines).map(([name, ask]) => [name, measure(ask, requests)]))
  console.log(`${rules.approvalMatrix.length} rules`, measured)
  const { own: ours, ...rivals } = measured
  const result = { rules: rules.approvalMatrix.length, ...ours, rivals, different: different.length }
  return Promise.resolve({ passed: requests.length - different.length, failed: different.length, result })
}

function measure(ask: Evaluate, requests: readonly PolicyRequest[]) {
  const figures = Array.from({ length: rounds + 1 }, () => perSecond(ask, requests))
  // The first round warms up.
  const sorted = figures.slice(1).toSorted((a, b) => a - b)
  return { evaluationsPerSecond: Math.round(sorted[rounds >> 1] ?? 0), p99Us: percentile(ask, requests) }
}

function perSecond(ask: Evaluate, requests: readonly PolicyRequest[]): number {
  const begun = performance.now()
  let evaluations = 0
  while (performance.now() - begun < roundSeconds * 1000)
    for (let some = 0; some < 50; some++) ask(requests[evaluations++ % requests.length] ?? noRequest())
  return evaluations / ((performance.now() - begun) / 1000)
}

/** Of single evaluations, the clock's own time of about 0.1 µs included. */
function percentile(ask: Evaluate, requests: readonly PolicyRequest[]): number {
  const nanos: number[] = []
  const until = performance.now() + secondsForPercentile * 1000
  for (let at = 0; performance.now() < until && nanos.length < 1_000_000; at++) {
    const request = requests[at % requests.length] ?? noRequest()
    const begun = process.hrtime.bigint()
    ask(request)
    nanos.push(Number(process.hrtime.bigint() - begun))
  }
  const sorted = Float64Array.from(nanos).toSorted()
  return Number(((sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN) / 1000).toFixed(2))
}

function noRequest(): never {
  throw new Error('there are requests')
}
