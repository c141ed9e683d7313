import type { JudgeKind, TrustStanding } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { type Evidence, type Gold, keyOf, type TrustEntry, withEntry } from './evidence.ts'
import { type Cause, type GivenLabel, type GivenVerdict, type Item, itemKeyOf, type QaFact } from './facts.ts'
import { decideStanding, type StandingChange, standingAfter } from './standing.ts'
import { type Figures, noFigures, type TrustModel } from './trust-model.ts'

/** The verdict of a judge on an item in an order that counts: its latest, or the one that was audited. */
export interface KnownVerdict extends GivenVerdict {
  readonly item: Item
  /** What counted as right when the journal last spoke of it (null: taken back), and the half-lives gone by at its audit. */
  readonly audit: { readonly gold: Gold | null; readonly halvings: number } | null
}

/** What is known to be right of an item, and from whom. */
export interface Truth {
  readonly item: Item
  /** The latest label, which wins over judgments until it is taken back. */
  readonly label: GivenLabel | null
  /** The latest gold judgment. */
  readonly judged: {
    readonly judgmentId: string
    readonly verdict: Gold
    readonly author: string
    readonly at: Instant
  } | null
}

/** A judge on a metric. */
export interface Bench {
  readonly judge: string
  readonly metric: string
  readonly judgeKind: JudgeKind
  /** Verdicts that it gave, audited or not. */
  readonly given: number
  readonly lastGivenAt: Instant
  /** Null: nothing was audited. */
  readonly evidence: Evidence | null
  readonly standing: TrustStanding
  /** The last entry of the journal about it. */
  readonly seq: number | null
}

/** An entry of the journal with what led to it and what it changed. */
export interface JournaledAudit {
  readonly seq: number
  readonly entry: TrustEntry
  readonly verdict: KnownVerdict
  readonly goldFrom: 'label' | 'judgment'
  readonly goldId: string
  readonly cause: Cause
  readonly before: Figures
  readonly after: Figures
  readonly standing: StandingChange
}

/** All that is known of the items and judges of some facts. */
export interface Known {
  readonly verdicts: readonly KnownVerdict[]
  readonly truths: readonly Truth[]
  readonly benches: readonly Bench[]
  /** Of the last entry of the organization's journal; 0 while it is empty. */
  readonly lastSeq: number
}

export interface AuditSettings {
  readonly halfLifeVerdicts: number
  readonly model: TrustModel
}

/** What facts changed: rows to be written as they are, and entries to be appended in this order. */
export interface Audited {
  readonly verdicts: readonly KnownVerdict[]
  readonly truths: readonly Truth[]
  readonly benches: readonly Bench[]
  readonly entries: readonly JournaledAudit[]
}

interface Work extends AuditSettings {
  readonly verdicts: Map<string, Map<string, KnownVerdict>>
  readonly truths: Map<string, Truth>
  readonly benches: Map<string, Bench>
  readonly changedVerdicts: Map<string, KnownVerdict>
  readonly changedTruths: Map<string, Truth>
  readonly changedBenches: Map<string, Bench>
  readonly entries: JournaledAudit[]
  lastSeq: number
}

/**
 * Audits verdicts as their gold becomes known, one fact after the other: in which portions facts come changes nothing. Of a
 * judge's verdicts on an item in one order the latest counts until one was audited; after that the judge knows what is
 * right. Who set the gold is not audited by it, and a gold judgment only by a label. When the gold of an audited verdict
 * changes or is taken back, a correction is appended; no entry is ever changed.
 */
export function auditFacts(facts: readonly QaFact[], known: Known, settings: AuditSettings): Audited {
  const work = workOf(known, settings)
  for (const fact of facts) {
    if (fact.kind === 'verdict') takeVerdict(work, fact)
    else takeLabel(work, fact)
  }
  return {
    verdicts: [...work.changedVerdicts.values()],
    truths: [...work.changedTruths.values()],
    benches: [...work.changedBenches.values()],
    entries: work.entries,
  }
}

/** What counts as right of an item now; null where nothing does. */
export function goldOfTruth({ label, judged }: Truth) {
  if (label !== null && label.verdict !== null)
    return { verdict: label.verdict, author: label.author, from: 'label' as const, id: label.labelId }
  if (judged === null) return null
  return { verdict: judged.verdict, author: judged.author, from: 'judgment' as const, id: judged.judgmentId }
}

function workOf(known: Known, settings: AuditSettings): Work {
  const verdicts = new Map<string, Map<string, KnownVerdict>>()
  for (const verdict of known.verdicts) ofItem(verdicts, itemKeyOf(verdict.item)).set(placeOf(verdict), verdict)
  return {
    ...settings,
    verdicts,
    truths: new Map(known.truths.map((truth) => [itemKeyOf(truth.item), truth])),
    benches: new Map(known.benches.map((bench) => [keyOf(bench), bench])),
    changedVerdicts: new Map(),
    changedTruths: new Map(),
    changedBenches: new Map(),
    entries: [],
    lastSeq: known.lastSeq,
  }
}

function takeVerdict(work: Work, { item, verdict, cause }: Extract<QaFact, { kind: 'verdict' }>): void {
  const item_ = itemKeyOf(item)
  const existing = ofItem(work.verdicts, item_).get(placeOf(verdict))
  if (existing?.judgmentId === verdict.judgmentId) return
  count(work, item.metric, verdict)
  if (counts(existing, verdict)) save(work, { ...verdict, item, audit: null })
  const truth = work.truths.get(item_) ?? { item, label: null, judged: null }
  if (verdict.isGold && verdict.said !== 'abstain' && isNewer(truth.judged, verdict)) {
    const { judgmentId, judge: author, observedAt: at, said } = verdict
    setTruth(work, { ...truth, judged: { judgmentId, verdict: said, author, at } }, cause, judgmentId)
  } else {
    const kept = ofItem(work.verdicts, item_).get(placeOf(verdict))
    if (kept?.judgmentId === verdict.judgmentId) auditVerdict(work, kept, truth, cause, null)
  }
}

function takeLabel(work: Work, { item, label, cause }: Extract<QaFact, { kind: 'label' }>): void {
  const truth = work.truths.get(itemKeyOf(item)) ?? { item, label: null, judged: null }
  // Ids rise with time, so a dead letter that is told late replaces nothing newer.
  if (truth.label !== null && truth.label.labelId >= label.labelId) return
  setTruth(work, { ...truth, label }, cause, label.labelId)
}

/** Saves what is right and audits, in the order of their names, all verdicts on the item. */
function setTruth(work: Work, truth: Truth, cause: Cause, toldBy: string): void {
  const key = itemKeyOf(truth.item)
  work.truths.set(key, truth)
  work.changedTruths.set(key, truth)
  const verdicts = [...ofItem(work.verdicts, key)].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [, verdict] of verdicts) auditVerdict(work, verdict, truth, cause, toldBy)
}

function auditVerdict(work: Work, verdict: KnownVerdict, truth: Truth, cause: Cause, toldBy: string | null): void {
  const gold = goldOfTruth(truth)
  const target = gold !== null && mayAudit(gold, verdict) ? gold.verdict : null
  const was = verdict.audit?.gold ?? null
  if (target === was) return
  const bench = work.benches.get(keyOf({ judge: verdict.judge, metric: verdict.item.metric }))
  if (bench === undefined) throw new Error('broken invariant: a judge whose verdict is known is known')
  const entry = entryOf(work, verdict, bench, target)
  const evidence = withEntry(bench.evidence, entry)
  const before = bench.evidence === null ? noFigures : work.model.figuresOf(bench.evidence.confusion)
  const after = work.model.figuresOf(evidence.confusion)
  const standing = decideStanding(bench.standing, after)
  const seq = ++work.lastSeq
  setBench(work, { ...bench, evidence, seq, standing: standingAfter(bench.standing, standing) })
  const audited = { ...verdict, audit: { gold: target, halvings: verdict.audit?.halvings ?? evidence.halvings } }
  save(work, audited)
  const goldFrom = gold?.from ?? 'label'
  const goldId = gold?.id ?? toldBy ?? verdict.judgmentId
  work.entries.push({ seq, entry, verdict: audited, goldFrom, goldId, cause, before, after, standing })
}

function entryOf(work: Work, verdict: KnownVerdict, bench: Bench, gold: Gold | null): TrustEntry {
  const { judge, said, audit } = verdict
  const { metric } = verdict.item
  if (audit === null && gold !== null) return { judge, metric, said, gold, halfLifeVerdicts: work.halfLifeVerdicts }
  const weight = 2 ** -((bench.evidence?.halvings ?? 0) - (audit?.halvings ?? 0))
  return { judge, metric, said, was: audit?.gold ?? null, gold, weight }
}

/** Its own author's word is no evidence, and one gold judgment is none against another. */
function mayAudit(gold: NonNullable<ReturnType<typeof goldOfTruth>>, verdict: KnownVerdict): boolean {
  return gold.author !== verdict.judge && !(verdict.isGold && gold.from === 'judgment')
}

function counts(existing: KnownVerdict | undefined, verdict: GivenVerdict): boolean {
  return existing === undefined || (existing.audit === null && existing.observedAt <= verdict.observedAt)
}

function isNewer(judged: Truth['judged'], { observedAt, judgmentId }: GivenVerdict): boolean {
  if (judged === null || judged.at < observedAt) return true
  return judged.at === observedAt && judged.judgmentId < judgmentId
}

function count(work: Work, metric: string, { judge, judgeKind, observedAt }: GivenVerdict): void {
  const bench = work.benches.get(keyOf({ judge, metric }))
  const first = { judge, metric, evidence: null, standing: 'unproven', seq: null } as const
  const lastGivenAt = bench === undefined || bench.lastGivenAt < observedAt ? observedAt : bench.lastGivenAt
  setBench(work, { ...first, ...bench, judgeKind, given: (bench?.given ?? 0) + 1, lastGivenAt })
}

function setBench(work: Work, bench: Bench): void {
  work.benches.set(keyOf(bench), bench)
  work.changedBenches.set(keyOf(bench), bench)
}

function save(work: Work, verdict: KnownVerdict): void {
  const item = itemKeyOf(verdict.item)
  ofItem(work.verdicts, item).set(placeOf(verdict), verdict)
  work.changedVerdicts.set(`${item}\n${placeOf(verdict)}`, verdict)
}

function ofItem(verdicts: Map<string, Map<string, KnownVerdict>>, item: string): Map<string, KnownVerdict> {
  const own = verdicts.get(item) ?? new Map<string, KnownVerdict>()
  verdicts.set(item, own)
  return own
}

function placeOf({ judge, order }: Pick<GivenVerdict, 'judge' | 'order'>): string {
  return JSON.stringify([judge, order])
}
