import { actionOf, eventCatalogue, type JournalEvent, type JudgeKind, type QaSubject } from '@metaagent/contract'

/** What a decision is about. */
export interface ItemKey {
  readonly metric: string
  readonly subjectKind: string
  readonly subjectId: string
}

/** A vote as it is kept. */
export interface VoteRow extends ItemKey {
  readonly judge: string
  readonly presented: '' | 'as-given' | 'swapped'
  readonly judgeKind: JudgeKind
  readonly verdict: 'pass' | 'fail' | null
  readonly score: number | null
  readonly confidence: number | null
  readonly judgmentId: string
  readonly observedAt: string
}

/** What is right of an item. */
export interface GoldRow extends ChangedItem {
  /** Null: the label was taken back. */
  readonly gold: 'pass' | 'fail' | null
  /** A person looked, perhaps because they were asked; an outcome comes by itself. */
  readonly byPerson: boolean
  readonly observedAt: string
}

/** An item that changed, with the event that changed it last. */
export interface ChangedItem extends ItemKey {
  readonly correlationId: string
  readonly eventId: string
}

/** The metric does not count for the item; null: until it is taken back. */
export interface ExemptionRow extends ChangedItem {
  readonly expiresAt: string | null
}

/** What a batch of QA events says about items. */
export interface Intake {
  readonly votes: readonly VoteRow[]
  readonly golds: readonly GoldRow[]
  readonly exemptions: readonly ExemptionRow[]
  /** The event that touched an item last, by `keyOf`. */
  readonly latest: ReadonlyMap<string, ChangedItem>
}

/** One text per item; no part can be mistaken for another. */
export function keyOf({ metric, subjectKind, subjectId }: ItemKey): string {
  return JSON.stringify([metric, subjectKind, subjectId])
}

/** The subject as the wire shows it, with the run that it is or is in. */
export function subjectOf({ subjectKind, subjectId }: Pick<ItemKey, 'subjectKind' | 'subjectId'>) {
  const subject = { kind: subjectKind, id: subjectId } as QaSubject
  const { executionId, actionId } = (subjectKind === 'action' ? actionOf(subjectId) : null) ?? {
    executionId: subjectKind === 'execution' ? subjectId : null,
    actionId: null,
  }
  return { subject, executionId, actionId }
}

const verdictOf = { qa_success: 'pass', qa_failure: 'fail', qa_warning: null } as const

/**
 * Sorts events into votes and truths. A gold judgment is the truth and no vote, so that no policy is measured against what
 * it was told; a warning is an abstention that may carry a score. Synthetic ones and events of other types are passed over.
 * Of several from one judge on one item, and of several truths, the latest observed stays.
 */
export function readIntake(events: readonly JournalEvent[]): Intake {
  const votes = new Map<string, VoteRow>()
  const golds = new Map<string, GoldRow>()
  const exemptions = new Map<string, ExemptionRow>()
  const latest = new Map<string, ChangedItem>()
  for (const event of events) {
    const vote = voteOf(event)
    const gold = vote === null ? goldOf(event) : null
    const exemption = event.type === 'qa_exemption' ? exemptionOf(event) : null
    const said = vote ?? gold ?? exemption
    if (said === null) continue
    const { metric, subjectKind, subjectId } = said
    const { correlationId, eventId } = event
    latest.set(keyOf(said), { metric, subjectKind, subjectId, correlationId, eventId })
    if (vote !== null) keepLatest(votes, `${keyOf(vote)}${JSON.stringify([vote.judge, vote.presented])}`, vote)
    if (gold !== null) keepLatest(golds, keyOf(gold), gold)
    if (exemption !== null) exemptions.set(keyOf(exemption), exemption)
  }
  return {
    votes: [...votes.values()],
    golds: [...golds.values()],
    exemptions: [...exemptions.values()],
    latest,
  }
}

function voteOf(event: JournalEvent): VoteRow | null {
  const judged = judgedBy(event)
  if (judged === null || judged.gold) return null
  const { metric, subject, judge, judgeKind, order, score, confidence, judgmentId, observedAt, verdict } = judged
  return {
    metric,
    subjectKind: subject.kind,
    subjectId: subject.id,
    judge,
    presented: order ?? '',
    judgeKind,
    verdict,
    score,
    confidence,
    judgmentId,
    observedAt,
  }
}

function goldOf(event: JournalEvent): GoldRow | null {
  const { correlationId, eventId } = event
  const judged = judgedBy(event)
  if (judged !== null) {
    const { metric, subject, observedAt, verdict, judgeKind } = judged
    const key = { metric, subjectKind: subject.kind, subjectId: subject.id, observedAt, correlationId, eventId }
    return verdict === null ? null : { ...key, gold: verdict, byPerson: judgeKind === 'human' }
  }
  if (event.type !== 'qa_label') return null
  const { metric, subject, observedAt, verdict, origin } = eventCatalogue.qa_label.payload.parse(event.payload)
  const key = { metric, subjectKind: subject.kind, subjectId: subject.id, observedAt, correlationId, eventId }
  return { ...key, gold: verdict, byPerson: origin === 'human' }
}

function exemptionOf({ payload, correlationId, eventId }: JournalEvent): ExemptionRow {
  const { metric, subject, expiresAt } = eventCatalogue.qa_exemption.payload.parse(payload)
  return { metric, subjectKind: subject.kind, subjectId: subject.id, expiresAt, correlationId, eventId }
}

function judgedBy({ type, payload }: JournalEvent) {
  if (type !== 'qa_success' && type !== 'qa_failure' && type !== 'qa_warning') return null
  const judged = eventCatalogue[type].payload.parse(payload)
  return judged.synthetic ? null : { ...judged, verdict: verdictOf[type] }
}

function keepLatest<Row extends { readonly observedAt: string }>(rows: Map<string, Row>, key: string, row: Row): void {
  const before = rows.get(key)
  if (before === undefined || Date.parse(row.observedAt) >= Date.parse(before.observedAt)) rows.set(key, row)
}
