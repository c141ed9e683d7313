import type { ExecutionStatus, OutcomeResult } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { type ActionRow, type Attribution, type ExecutionRow, isOpen, type JsonText, type ReportRank } from './rows.ts'
import { noTotals, type Totals } from './totals.ts'

/** An execution as it stands, out of everything that was said about it so far. */
export interface ExecutionState extends Attribution {
  readonly executionId: string
  /** What the attribution rests on; the smallest text wins. See `evidenceOfReport`. */
  readonly evidence: string
  readonly rank: ReportRank
  readonly status: ExecutionStatus
  /** When an open status was so, as far as its report says; null once it is closed. */
  readonly reportedAt: Instant | null
  /** What was learnt afterwards and counts in place of the status of an ended execution. No report changes it. */
  readonly outcome: OutcomeResult | null
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly endReason: string | null
  readonly errorType: string | null
  readonly errorMessage: string | null
  readonly conversationId: string | null
  /** The action that named the conversation, the first in time; null where a report did, or nobody. */
  readonly conversationFrom: string | null
  /** As its actions say, the root before the others, then the first in time. */
  readonly userId: string | null
  readonly userFrom: string | null
  readonly unit: string | null
  readonly score: number | null
  readonly reportedCostNanoUsd: number | null
  readonly synthetic: boolean
  /** Null when nothing is known, `kept` when the stored text stays, else the text to store. */
  readonly input: JsonText | Kept | null
  readonly output: JsonText | Kept | null
  readonly attributes: JsonText | Kept | null
  readonly masked: number
  readonly totals: Totals
  /** First and last day of its actions; null while it has none. */
  readonly firstActionOn: string | null
  readonly lastActionOn: string | null
  /** Whether stored actions of it may have to be settled again when relatives arrive. */
  readonly unsettled: boolean
}

/** A large text that is stored already and need not be read to be kept. */
export const kept = Symbol('kept')
export type Kept = typeof kept

/**
 * How good a reason a report is for an execution's agent, environment and release; the smallest text wins, so that the
 * order of arrival does not matter. A report that names its agent beats the earliest action that names one, which beats
 * a root span that does not, which beats any other span.
 */
export function evidenceOfReport(row: Pick<ExecutionRow, 'rank' | 'namesAgent'>): string {
  return `${row.namesAgent ? 0 : 2}|${3 - row.rank}`
}

export function evidenceOfAction(row: Pick<ActionRow, 'ownAgent' | 'startedAt' | 'actionId'>): string {
  return `${row.ownAgent ? 1 : 3}|${placeInTime(row)}`
}

/** Texts that sort as their actions began. */
function placeInTime({ startedAt, actionId }: Pick<ActionRow, 'startedAt' | 'actionId'>): string {
  return `${String(startedAt).padStart(16, '0')}|${actionId}`
}

/** The first that is heard of an execution, when it is an action of it. */
export function impliedBy(action: ActionRow): ExecutionState {
  const state: ExecutionState = {
    executionId: action.executionId,
    agent: action.agent,
    environment: action.environment,
    release: action.release,
    evidence: evidenceOfAction(action),
    rank: 0,
    status: 'running',
    reportedAt: null,
    outcome: null,
    startedAt: action.startedAt,
    endedAt: null,
    endReason: null,
    errorType: null,
    errorMessage: null,
    conversationId: null,
    conversationFrom: null,
    userId: null,
    userFrom: null,
    unit: null,
    score: null,
    reportedCostNanoUsd: null,
    synthetic: false,
    input: null,
    output: null,
    attributes: null,
    masked: 0,
    totals: noTotals,
    firstActionOn: null,
    lastActionOn: null,
    unsettled: false,
  }
  return withSession(state, action)
}

/** Takes the day of an action into an execution. */
export function withActionOn(state: ExecutionState, day: string): ExecutionState {
  const firstActionOn = state.firstActionOn === null || day < state.firstActionOn ? day : state.firstActionOn
  const lastActionOn = state.lastActionOn === null || day > state.lastActionOn ? day : state.lastActionOn
  const same = firstActionOn === state.firstActionOn && lastActionOn === state.lastActionOn
  return same ? state : { ...state, firstActionOn, lastActionOn }
}

/** What an action says about the execution that it belongs to. Saying it twice changes nothing. */
export function afterAction(before: ExecutionState, action: ActionRow): ExecutionState {
  const state = withSession(before, action)
  // The common case: the execution was reported and named, which no action can better.
  if (state.rank > 0 && state.evidence < '1') return state
  const startedAt = state.rank === 0 && action.startedAt < state.startedAt ? action.startedAt : state.startedAt
  const attributed = attributedBy(state, evidenceOfAction(action), action)
  return startedAt === state.startedAt && attributed === state ? state : { ...attributed, startedAt }
}

/**
 * Whose session an execution is, where only spans within it say so (libraries set it on the call that they make, not on
 * the run). What the run itself says wins; of different ones that spans say, that of the span that began first.
 */
function withSession(state: ExecutionState, action: ActionRow): ExecutionState {
  const conversationId = action.conversationId ?? null
  const userId = userOf(action)
  if (conversationId === null && userId === null) return state
  const place = placeInTime(action)
  const userPlace = `${action.parentActionId === null ? 0 : 1}|${place}`
  const ownConversation = state.conversationId !== null && state.conversationFrom === null
  const takesConversation = conversationId !== null && !ownConversation && isBefore(place, state.conversationFrom)
  const takesUser = userId !== null && isBefore(userPlace, state.userFrom)
  if (!takesConversation && !takesUser) return state
  return {
    ...state,
    ...(takesConversation ? { conversationId, conversationFrom: place } : {}),
    ...(takesUser ? { userId, userFrom: userPlace } : {}),
  }
}

function isBefore(place: string, other: string | null): boolean {
  return other === null || place < other
}

/** The user as stored: a name that masking replaced is replaced here too. */
function userOf({ userId = null, masked, attributes }: ActionRow): string | null {
  if (userId === null || masked === 0 || attributes === null) return userId
  const stored: unknown = (JSON.parse(attributes) as Record<string, unknown>)['user.id']
  return typeof stored === 'string' ? stored : userId
}

function attributedBy(state: ExecutionState, evidence: string, by: Attribution): ExecutionState {
  if (evidence >= state.evidence) {
    const release = state.release ?? (by.agent === state.agent && evidence[0] === '0' ? by.release : null)
    return release === state.release ? state : { ...state, release }
  }
  const release = by.release ?? (by.agent === state.agent && state.evidence[0] === '0' ? state.release : null)
  return { ...state, agent: by.agent, environment: by.environment, release, evidence }
}

/** The first that is heard of an execution, when it is a report of it. */
export function reportedBy(row: ExecutionRow): ExecutionState {
  const { namesAgent: _, ...fields } = row
  return {
    ...fields,
    reportedAt: row.rank === 1 ? (row.reportedAt ?? null) : null,
    conversationFrom: null,
    userId: null,
    userFrom: null,
    outcome: null,
    evidence: evidenceOfReport(row),
    endedAt: isOpen(row.status) ? null : row.endedAt,
    totals: noTotals,
    firstActionOn: null,
    lastActionOn: null,
    unsettled: false,
  }
}

/**
 * Takes a report into an execution. Of two reports the one with the higher rank wins field by field, and the other fills
 * what the winner does not say; of two with the same rank the first wins. So a closed execution stays as it was closed,
 * a late start report cannot reopen it, and a report sent again changes nothing (the same state comes back). Of two open
 * states the one that was so later counts, in the same millisecond `waiting`; of those that do not say when they were so,
 * `waiting` beats everything and `running` nothing.
 */
export function afterReport(state: ExecutionState, row: ExecutionRow): ExecutionState {
  const report = reportedBy(row)
  const [winner, other] = report.rank > state.rank ? [report, state] : [state, report]
  const attributed = attributedBy(state, report.evidence, report)
  const latest = laterOpen(state, report)
  const merged: ExecutionState = {
    ...attributed,
    rank: winner.rank,
    status: (latest ?? winner).status,
    reportedAt: (latest ?? winner).reportedAt,
    startedAt: winner.startedAt,
    endedAt: winner.endedAt ?? other.endedAt,
    // Why a run waits is not why it went on or ended.
    endReason: latest === null ? (winner.endReason ?? (other.rank === 1 ? null : other.endReason)) : latest.endReason,
    errorType: winner.errorType ?? other.errorType,
    errorMessage: winner.errorMessage ?? other.errorMessage,
    conversationId: ownConversation(winner) ?? ownConversation(other) ?? state.conversationId,
    conversationFrom: (ownConversation(winner) ?? ownConversation(other)) === null ? state.conversationFrom : null,
    unit: winner.unit ?? other.unit,
    score: winner.score ?? other.score,
    reportedCostNanoUsd: winner.reportedCostNanoUsd ?? other.reportedCostNanoUsd,
    synthetic: state.synthetic || report.synthetic,
    input: winner.input ?? other.input,
    output: winner.output ?? other.output,
    attributes: winner.attributes ?? other.attributes,
  }
  return sameState(merged, state) ? state : { ...merged, masked: state.masked + row.masked }
}

/** Of two open reports the one that tells how the execution stands; null where one is closed, or implied. */
function laterOpen(a: ExecutionState, b: ExecutionState): ExecutionState | null {
  if (a.rank !== 1 || b.rank !== 1) return null
  const [ofA, ofB] = [openSince(a), openSince(b)]
  if (ofA === ofB) return b.status === 'waiting' && a.status !== 'waiting' ? b : a
  return ofB > ofA ? b : a
}

function openSince({ reportedAt, status }: ExecutionState): number {
  return reportedAt ?? (status === 'waiting' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)
}

function ownConversation({ conversationId, conversationFrom }: ExecutionState): string | null {
  return conversationFrom === null ? conversationId : null
}

function sameState(a: ExecutionState, b: ExecutionState): boolean {
  for (const key of Object.keys(a) as (keyof ExecutionState)[]) if (a[key] !== b[key]) return false
  return true
}

/** What an execution counts as: the outcome learnt afterwards, once it has ended; else what it reported. */
export function effectiveStatus({ status, outcome }: Pick<ExecutionState, 'status' | 'outcome'>): ExecutionStatus {
  return isOpen(status) ? status : (outcome ?? status)
}

/** Whether an execution is counted for somebody else now. */
export function movedFrom(before: Attribution, after: Attribution): boolean {
  return before.agent !== after.agent || before.environment !== after.environment || before.release !== after.release
}

/** End reasons that a person should look at, as agent harnesses report them. */
export const flaggedEndReasons: readonly string[] = [
  'infrastructure_error',
  'agent_error',
  'too_many_errors',
  'max_steps',
]

export function flagsOf(endReason: string | null): readonly string[] {
  return endReason !== null && flaggedEndReasons.includes(endReason) ? [endReason] : []
}
