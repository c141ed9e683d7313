import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import {
  type Amendment,
  AmendmentDetail,
  AmendmentPage,
  type Arbitration,
  ArbitrationMetrics,
  ArbitrationPage,
  QaLabelReceipt,
  QaReceipt,
  StatusWordTable,
  SubscriberList,
} from '@metaagent/contract'
import { z } from 'zod'
import type { Deps } from '../../ports/slice.ts'
import { fitDueMetrics } from '../../slices/judge/arbitration/index.ts'
import { type Api, CommandRefused } from './api.ts'
import type { Output } from './output.ts'

const example = fileURLToPath(new URL('../../../../../examples/tau2-judges/verdicts.json.gz', import.meta.url))

const Verdicts = z.array(
  z.object({
    domain: z.string(),
    simulation: z.string(),
    judge: z.string(),
    verdict: z.string(),
    rewarded: z.boolean(),
    justification: z.string(),
  }),
)
type Verdict = z.output<typeof Verdicts>[number]

/** How the demo's judges and what MetaAgent made of them did on runs whose truth it had not been shown. */
export interface JudgingShown {
  readonly judged: number
  readonly shownTruths: number
  readonly heldOut: number
  readonly metrics: readonly {
    readonly metric: string
    readonly policy: string | null
    readonly because: string | null
    readonly gapBecause: string | null
    readonly heldOut: number
    readonly arbitration: number
    readonly escalated: number
    readonly judges: Readonly<Record<string, number>>
  }[]
}

/**
 * Sends the verdicts of four real judges, with the truth of six runs in ten, and holds what MetaAgent decides on the other
 * four against the rest of the truth.
 */
export async function showJudging(deps: Deps, api: Api, output: Output): Promise<JudgingShown> {
  const verdicts = Verdicts.parse(JSON.parse(gunzipSync(readFileSync(example)).toString('utf8')))
  const [known, heldOut] = [verdicts.filter(isShown), verdicts.filter((verdict) => !isShown(verdict))]
  await sendTruth(api, known)
  await sendVerdicts(api, known)
  await enginesAreThrough(api)
  // The server would do it by itself within ten seconds.
  await fitDueMetrics(deps)
  await sendVerdicts(api, heldOut)
  await enginesAreThrough(api)
  const { items } = await api.request('GET', '/api/v1/arbitration/metrics', ArbitrationMetrics)
  const words = await api.request('GET', '/api/v1/qa/status-words', StatusWordTable)
  const runs = (of: readonly Verdict[]) => new Set(of.map(({ simulation }) => simulation)).size
  output.line(
    `${verdicts.length} verdicts of four judges on ${runs(verdicts)} runs; the truth of ${runs(known)} shown, ${runs(heldOut)} kept back`,
  )
  const metrics: JudgingShown['metrics'][number][] = []
  for (const { metric, policy, because, gapBecause } of items) {
    const own = heldOut.filter((verdict) => metricOf(verdict) === metric)
    if (own.length === 0) continue
    const why = { because: because?.text ?? null, gapBecause: gapBecause?.text ?? null }
    const shown = { metric, policy, ...why, ...(await compared(api, metric, own, words)) }
    metrics.push(shown)
    showMetric(shown, output)
  }
  return { judged: runs(verdicts), shownTruths: runs(known), heldOut: runs(heldOut), metrics }
}

function showMetric(shown: JudgingShown['metrics'][number], output: Output): void {
  const percent = (right: number) => `${((100 * right) / shown.heldOut).toFixed(0)} %`
  output.line(
    `${shown.metric}: policy ${shown.policy ?? 'none yet'}, right on ${percent(shown.arbitration)} of those kept back`,
  )
  if (shown.because !== null) output.line(`   because ${shown.because}`)
  const judges = Object.entries(shown.judges).sort(([, a], [, b]) => b - a)
  output.line(`   the judges alone: ${judges.map(([judge, right]) => `${judge} ${percent(right)}`).join(', ')}`)
  output.line(`   ${shown.escalated} of ${shown.heldOut} go to a person as well. ${shown.gapBecause ?? ''}`)
}

/** Six runs in ten, the same ones every time. */
function isShown({ simulation }: Verdict): boolean {
  return createHash('sha256').update(simulation).digest().readUInt8(0) < 0.6 * 256
}

function metricOf({ domain }: Verdict): string {
  return `${domain} outcome`
}

function subjectOf({ domain, simulation }: Verdict) {
  return { kind: 'artifact' as const, id: `tau2/${domain}/${simulation}` }
}

async function sendTruth(api: Api, verdicts: readonly Verdict[]): Promise<void> {
  const runs = [...new Map(verdicts.map((verdict) => [verdict.simulation, verdict])).values()]
  const labels = runs.map((verdict) => ({
    subject: subjectOf(verdict),
    metric: metricOf(verdict),
    verdict: verdict.rewarded ? 'pass' : 'fail',
    origin: 'outcome',
  }))
  await api.request('POST', '/api/v1/qa/labels', QaLabelReceipt, { labels })
}

async function sendVerdicts(api: Api, verdicts: readonly Verdict[]): Promise<void> {
  const events = verdicts.map((verdict) => ({
    // In the judge's own words: twelve ways of saying pass, fail and neither.
    answer: JSON.stringify({ verdict: verdict.verdict, explanation: verdict.justification }),
    judge: verdict.judge,
    subject: subjectOf(verdict),
    metric: metricOf(verdict),
    correlationId: `tau2-${verdict.simulation}`,
    idempotencyKey: `${verdict.simulation}/${verdict.judge}`,
  }))
  for (let at = 0; at < events.length; at += 500) {
    const sent = events.slice(at, at + 500)
    const { rejected } = await api.request('POST', '/api/v1/qa/events', QaReceipt, { events: sent })
    const [first] = rejected
    if (first !== undefined) throw new CommandRefused(`A verdict of the example was refused: ${first.detail}`)
  }
}

const mostLooks = 600

/** Waits until trust, arbitration and drift have seen everything that came so far. */
async function enginesAreThrough(api: Api): Promise<void> {
  for (let look = 0; look < mostLooks; look++) {
    const { items } = await api.request('GET', '/api/v1/journal/subscribers', SubscriberList)
    const engines = items.filter(({ name }) => name.startsWith('meta-agent.'))
    if (engines.length > 0 && engines.every(({ lagEvents }) => lagEvents === 0)) return
    await pause(100)
  }
  throw new CommandRefused('The engines did not keep up with the example; is this machine very busy?')
}

async function compared(api: Api, metric: string, verdicts: readonly Verdict[], words: StatusWordTable) {
  const truth = new Map(verdicts.map((verdict) => [subjectOf(verdict).id, verdict.rewarded]))
  const decided: Arbitration[] = []
  let cursor: string | null = null
  do {
    const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const path = `/api/v1/arbitrations?metric=${encodeURIComponent(metric)}&limit=200${at}`
    const page: z.output<typeof ArbitrationPage> = await api.request('GET', path, ArbitrationPage)
    decided.push(...page.items.filter(({ subject }) => truth.has(subject.id)))
    cursor = page.nextCursor
  } while (cursor !== null)
  const right = decided.filter(({ subject, winner }) => (winner === 'pass') === truth.get(subject.id)).length
  const judges: Record<string, number> = {}
  for (const { judge, verdict, rewarded } of verdicts) {
    const meaning = words.shipped.find(({ word }) => word === verdict)?.meaning
    judges[judge] = (judges[judge] ?? 0) + (meaning === (rewarded ? 'pass' : 'fail') ? 1 : 0)
  }
  const escalated = decided.filter(({ outcome }) => outcome === 'escalated').length
  return { heldOut: truth.size, arbitration: right, escalated, judges }
}

/** Somebody switches a check off, and what follows: drift, and an amendment that waits for a person. */
export async function showDrift(api: Api, output: Output): Promise<Amendment> {
  const disabled = {
    type: 'qa_disabled',
    judge: 'ci',
    judgeKind: 'code',
    subject: { kind: 'series', id: 'regression/refund-limits' },
    metric: 'regression',
    explanation: 'Skipped because it failed before the release.',
    idempotencyKey: 'demo/refund-limits',
  }
  await api.request('POST', '/api/v1/qa/events', QaReceipt, disabled)
  output.line('The check regression/refund-limits was disabled.')
  for (let look = 0; look < mostLooks; look++) {
    const { items } = await api.request('GET', '/api/v1/amendments?origin=drift', AmendmentPage)
    const [amendment] = items
    if (amendment !== undefined) {
      await showAmendment(api, amendment, output)
      return amendment
    }
    await pause(100)
  }
  throw new CommandRefused('No amendment came of the disabled check; is this machine very busy?')
}

async function showAmendment(api: Api, amendment: Amendment, output: Output): Promise<void> {
  const { diff } = await api.request('GET', `/api/v1/amendments/${amendment.amendmentId}`, AmendmentDetail)
  output.line(`Drift proposes an amendment of ${amendment.document}: ${amendment.title}`)
  output.line(`   because ${amendment.because.text}`)
  const added = diff.hunks.flatMap(({ lines }) => lines).filter(({ kind }) => kind === 'added')
  for (const { text } of added) output.line(`   + ${text}`)
  output.line(`   ${amendment.state}: nothing of it holds before a person ratifies it (/amendments)`)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
