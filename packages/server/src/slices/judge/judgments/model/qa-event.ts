import { actionOf, type JudgmentVerdict, QaEvent, type QaScore, type QaSubject } from '@metaagent/contract'
import type { z } from 'zod'
import { addMs, type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

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
 * Reads one QA event from JSON of any origin; never throws. `correlationId` is the one that it gets where it has none, and
 * `now` its time where it tells none.
 *
 * Refused are, with the JSON pointers of the faults in `errors`: `invalid-body`, what does not fit the contract's `QaEvent`
 * (shape, lengths, ranges, control characters); `not-processable`, values that contradict each other.
 */
export function readQaEvent(
  value: unknown,
  { correlationId, now }: { readonly correlationId: string; readonly now: Instant },
): Result<JudgmentDraft> {
  const odd = whyNotPlain(value, '', 0)
  if (odd !== null) return refused('invalid-body', [odd])
  const parsed = QaEvent.safeParse(value)
  if (!parsed.success) return refused('invalid-body', parsed.error.issues.slice(0, mostFaults).map(faultOf))
  const event = parsed.data
  const observedAt = event.observedAt === undefined ? now : instantOf(event.observedAt)
  if (observedAt === null || observedAt > addMs(now, aheadMostMs))
    return refused('invalid-body', [
      { path: '/observedAt', message: 'must lie between 1970 and a day from now. Check the clock that wrote it' },
    ])
  const contradiction = contradictionIn(event, observedAt)
  if (contradiction !== null) return refused('not-processable', [contradiction])
  return ok({
    event: {
      ...event,
      correlationId: event.correlationId ?? correlationId,
      observedAt: toIso(observedAt),
      ...(event.type === 'qa_exemption' ? { expiresAt: canonicalTime(event.expiresAt) } : {}),
    },
    verdict: event.type === 'qa_success' || event.type === 'qa_failure' ? event.type : null,
    ...aboutWhich(event.subject),
    observedAt,
  })
}

function aboutWhich(subject: QaSubject): Pick<JudgmentDraft, 'executionId' | 'actionId'> {
  if (subject.kind === 'execution') return { executionId: subject.id, actionId: null }
  const action = subject.kind === 'action' ? actionOf(subject.id) : null
  return action ?? { executionId: null, actionId: null }
}

// --- what contradicts itself ---------------------------------------------------------------------------------------

interface Fault {
  /** JSON pointer (RFC 6901); empty: the event itself. */
  readonly path: string
  /** What is wrong there and what to do. */
  readonly message: string
}

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

function contradictionInScore(type: QaEvent['type'], { value, min, max, passFrom }: QaScore): Fault | null {
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

/** Null before 1970, after 9999 in UTC, and where it is no time that exists. */
function instantOf(time: string): Instant | null {
  const epochMs = Date.parse(time)
  return epochMs >= 0 && epochMs <= lastEpochMs ? instantFromEpochMs(epochMs) : null
}

function canonicalTime(time: string | null): string | null {
  const at = time === null ? null : instantOf(time)
  return at === null ? null : toIso(at)
}

// --- what does not fit the schema ----------------------------------------------------------------------------------

/** One is enough to know what to do; a hostile event could have thousands. */
const mostFaults = 10
/** A fault quotes what came no longer than this. */
const quotedChars = 60
/** A QA event has two levels; what goes deeper is none. */
const mostDepth = 4

function refused(code: 'invalid-body' | 'not-processable', errors: readonly Fault[]): Result<never> {
  const [first = { path: '', message: 'does not fit' }] = errors
  return refuse(code, `${first.path === '' ? '/' : first.path}: ${first.message}. See QaEvent at /docs.`, { errors })
}

/** Keys by which an object could reach its prototype somewhere behind us. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** The first place that JSON without tricks does not have: a foreign prototype, a prototype's key, too many levels. */
function whyNotPlain(value: unknown, path: string, depth: number): Fault | null {
  if (typeof value !== 'object' || value === null) return null
  if (depth >= mostDepth) return { path, message: `is nested deeper than ${mostDepth} levels. Send a flat event` }
  // A list has no place in an event: the schema refuses it without a look at its members.
  if (Array.isArray(value)) return null
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return { path, message: 'must be a plain JSON object' }
  for (const key of Object.keys(value)) {
    if (prototypeKeys.has(key)) return { path, message: `must have no member ${key}. Leave it out` }
    const fault = whyNotPlain((value as Record<string, unknown>)[key], `${path}/${pointerOf(key)}`, depth + 1)
    if (fault !== null) return fault
  }
  return null
}

function faultOf(issue: z.core.$ZodIssue): Fault {
  const path = issue.path.map((key) => `/${pointerOf(String(key))}`).join('')
  if (issue.code === 'unrecognized_keys')
    return { path, message: `has no member ${quoted(issue.keys[0] ?? '')}. Leave it out` }
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('undefined'))
    return { path, message: `is missing. Send a ${issue.expected}` }
  return { path, message: issue.message }
}

const pointerOf = (key: string): string => quotable(key).replaceAll('~', '~0').replaceAll('/', '~1')
const quoted = (text: string): string => JSON.stringify(quotable(text))

/** A text from outside, short and safe to print. */
function quotable(text: string): string {
  return text
    .slice(0, quotedChars)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\uFFFD')
}
