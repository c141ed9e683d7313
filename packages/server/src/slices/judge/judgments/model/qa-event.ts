import {
  actionOf,
  type JudgmentType,
  type JudgmentVerdict,
  QaEvent,
  type QaScore,
  type QaSubject,
} from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import { type Fault, faultsIn, refusedFor, whyNotPlain } from './faults.ts'

const refused = refusedFor('QaEvent')

/** A judgment on its way in. */
export interface JudgmentDraft {
  /** The event, complete: with a correlation id and its time in UTC. Read again, it gives this same draft. */
  readonly event: QaEvent & { readonly correlationId: string; readonly observedAt: string }
  /** Null: the event says nothing on whether it is good enough. */
  readonly verdict: JudgmentVerdict | null
  /** Null: about something else than an execution or one of its actions. */
  readonly executionId: string | null
  readonly actionId: string | null
  readonly observedAt: Instant
}

/** Clocks of reporters go wrong by minutes, not by days. */
const aheadMostMs = 86_400_000

/**
 * Reads one QA event from JSON of any origin; never throws. Where it has no correlation id, it gets the execution's, else
 * `correlationId`; where it tells no time, `now`.
 *
 * Refused are, with the JSON pointers of the faults in `errors`: `invalid-body`, what does not fit the contract's `QaEvent`
 * (shape, lengths, ranges, control characters); `not-processable`, values that contradict each other.
 */
export function readQaEvent(
  value: unknown,
  { correlationId, now }: { readonly correlationId: string; readonly now: Instant },
): Result<JudgmentDraft> {
  const odd = whyNotPlain(value)
  if (odd !== null) return refused('invalid-body', [odd])
  const parsed = QaEvent.safeParse(value)
  if (!parsed.success) return refused('invalid-body', faultsIn(parsed.error))
  const event = parsed.data
  const address = addressIn(event.judge)
  if (address !== null) return refused('invalid-body', [address])
  const observedAt = observationTime(event.observedAt, now)
  if (observedAt === null) return refused('invalid-body', [impossibleTime])
  const about = aboutWhich(event.subject)
  const contradiction = contradictionIn(event, observedAt)
  if (contradiction !== null) return refused('not-processable', [contradiction])
  return ok({
    event: {
      ...event,
      correlationId: event.correlationId ?? about.executionId ?? correlationId,
      observedAt: toIso(observedAt),
      ...(event.type === 'qa_exemption' ? { expiresAt: canonicalTime(event.expiresAt) } : {}),
    },
    verdict: event.type === 'qa_success' || event.type === 'qa_failure' ? event.type : null,
    ...about,
    observedAt,
  })
}

/** The run that a subject is, or is part of. */
export function aboutWhich(subject: QaSubject): Pick<JudgmentDraft, 'executionId' | 'actionId'> {
  if (subject.kind === 'execution') return { executionId: subject.id, actionId: null }
  const action = subject.kind === 'action' ? actionOf(subject.id) : null
  return action ?? { executionId: null, actionId: null }
}

// --- what contradicts itself ---------------------------------------------------------------------------------------

function contradictionIn(event: QaEvent, observedAt: Instant): Fault | null {
  switch (event.type) {
    case 'qa_success':
    case 'qa_failure':
    case 'qa_warning':
      return event.score === null ? null : contradictionInScore(event.type, event.score)
    case 'qa_exemption': {
      if (event.expiresAt === null) return null
      const expiresAt = instantOf(event.expiresAt)
      if (expiresAt !== null && expiresAt > observedAt) return null
      return { path: '/expiresAt', message: 'must be later than observedAt. Leave it out if the exemption has no end' }
    }
    case 'qa_disabled':
      return null
    case 'qa_coverage':
      return event.coverage.covered <= event.coverage.total
        ? null
        : { path: '/coverage/covered', message: 'is more than total. Send both counts of the same report' }
  }
}

/** What is wrong with a score on its scale, or between it and the verdict; null: nothing. */
export function contradictionInScore(type: JudgmentType, { value, min, max, passFrom }: QaScore): Fault | null {
  if (min >= max) return { path: '/score/max', message: `must be above min (${min}). Send the scale's two ends` }
  const scale = `${min} to ${max}`
  if (value < min || value > max)
    return { path: '/score/value', message: `lies outside its scale, ${scale}. Send the scale on which it was given` }
  if (passFrom === null) return null
  if (passFrom < min || passFrom > max)
    return { path: '/score/passFrom', message: `lies outside the scale, ${scale}. Leave it out if there is none` }
  const passes = value >= passFrom
  if ((type === 'qa_success' && !passes) || (type === 'qa_failure' && passes))
    return {
      path: '/type',
      message: `says ${type}, but ${value} ${passes ? 'reaches' : 'is below'} passFrom, ${passFrom}. Mend the one that is wrong`,
    }
  return null
}

/** The end of the last year that ISO 8601 writes with four digits. */
const lastEpochMs = Date.UTC(10_000, 0) - 1

/** A person as judge is named by id: an address would stand in the ledger for ever. */
export function addressIn(judge: string): Fault | null {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(judge)
    ? { path: '/judge', message: 'is an e-mail address. Name a person by id, such as user:0190…' }
    : null
}

/** When it was judged, `now` where that is not told; null where it is no time that can be. */
export function observationTime(time: string | undefined, now: Instant): Instant | null {
  const observedAt = time === undefined ? now : instantOf(time)
  return observedAt === null || observedAt > addMs(now, aheadMostMs) ? null : observedAt
}

export const impossibleTime: Fault = {
  path: '/observedAt',
  message: 'must lie between 1970 and a day from now. Check the clock that wrote it',
}

/** Null before 1970, after 9999 in UTC, and where it is no time that exists. */
function instantOf(time: string): Instant | null {
  const epochMs = Date.parse(time)
  return epochMs >= 0 && epochMs <= lastEpochMs ? instantFromEpochMs(epochMs) : null
}

function canonicalTime(time: string | null): string | null {
  const at = time === null ? null : instantOf(time)
  return at === null ? null : toIso(at)
}
