import {
  actionOf,
  type JournalEvent,
  JudgedPayload,
  type JudgeKind,
  LabelledPayload,
  type QaSubject,
} from '@metaagent/contract'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Gold, Said } from './evidence.ts'

/** One metric of one subject: what can be right or wrong. */
export interface Item {
  readonly subject: QaSubject
  readonly metric: string
}

/** The event that led to something. */
export interface Cause {
  readonly eventId: string
  readonly correlationId: string
}

/** What a judge said of an item. */
export interface GivenVerdict {
  readonly judgmentId: string
  readonly judge: string
  readonly judgeKind: JudgeKind
  readonly order: 'as-given' | 'swapped' | null
  readonly said: Said
  /** It counts as the truth. */
  readonly isGold: boolean
  readonly observedAt: Instant
}

/** A label, or its taking back (`verdict` null). */
export interface GivenLabel {
  readonly labelId: string
  readonly verdict: Gold | null
  /** The judge's name of the person who labelled; null where no person of ours did. */
  readonly author: string | null
}

/** A QA event as trust sees it. */
export type QaFact =
  | { readonly kind: 'verdict'; readonly item: Item; readonly verdict: GivenVerdict; readonly cause: Cause }
  | { readonly kind: 'label'; readonly item: Item; readonly label: GivenLabel; readonly cause: Cause }

const saidBy: Readonly<Record<string, Said>> = { qa_success: 'pass', qa_failure: 'fail', qa_warning: 'abstain' }

/**
 * What an event tells trust: a verdict (a warning is an abstention: the judge saw something and decided nothing) or a label.
 * Null for what says nothing of who is right: synthetic verdicts, exemptions, disabled checks, coverage. Throws on a payload
 * that is not of its type, which the journal does not let in.
 */
export function factOf(event: JournalEvent): QaFact | null {
  const cause = { eventId: event.eventId, correlationId: event.correlationId }
  if (event.type === 'qa_label') {
    const { labelId, subject, metric, verdict } = LabelledPayload.parse(event.payload)
    const author = event.actor.kind === 'user' ? `user:${event.actor.id}` : null
    return { kind: 'label', item: { subject, metric }, label: { labelId, verdict, author }, cause }
  }
  const said = saidBy[event.type]
  if (said === undefined) return null
  const judged = JudgedPayload.parse(event.payload)
  if (judged.synthetic) return null
  const { judgmentId, judge, judgeKind, order, gold, subject, metric } = judged
  const observedAt = instantFromEpochMs(Date.parse(judged.observedAt))
  const isGold = gold && said !== 'abstain'
  return {
    kind: 'verdict',
    item: { subject, metric },
    verdict: { judgmentId, judge, judgeKind, order, said, isGold, observedAt },
    cause,
  }
}

/** Names an item; the same for the same subject and metric. */
export function itemKeyOf({ subject, metric }: Item): string {
  return JSON.stringify([subject.kind, subject.id, metric])
}

/** The execution that a subject is, or is a step of; null for anything else. */
export function executionOf({ kind, id }: QaSubject): string | null {
  if (kind === 'execution') return id
  return kind === 'action' ? (actionOf(id)?.executionId ?? null) : null
}
