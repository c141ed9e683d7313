import type { AlertSeverity, AmendmentEvidence, AmendmentState, Because, RefusalCode } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { DriftNews } from './proposal.ts'

export type AmendmentVerb = 'change' | 'ratify' | 'reject' | 'withdraw' | 'expire'

const done: RefusalCode = 'conflict'

/** The whole life of an amendment. Nothing leads out of what is decided. */
export const transitions: Readonly<Record<AmendmentState, Readonly<Record<AmendmentVerb, AmendmentState | null>>>> = {
  open: { change: 'open', ratify: 'ratified', reject: 'rejected', withdraw: 'withdrawn', expire: 'expired' },
  ratified: { change: null, ratify: null, reject: null, withdraw: null, expire: null },
  rejected: { change: null, ratify: null, reject: null, withdraw: null, expire: null },
  withdrawn: { change: null, ratify: null, reject: null, withdraw: null, expire: null },
  expired: { change: null, ratify: null, reject: null, withdraw: null, expire: null },
}

/** What decides about an amendment; all of it is in its row. */
export interface Standing {
  readonly state: AmendmentState
  readonly revision: number
  readonly draftDigest: string
  readonly baseVersion: number
  readonly baseDigest: string
  readonly expiresAt: Instant
}

/** The state after a verb, or why it cannot be: decided already, or its time is over whether or not a job has said so. */
export function evolve(standing: Standing, verb: AmendmentVerb, now: Instant): Result<AmendmentState> {
  const { state, expiresAt } = standing
  const next = transitions[state][verb]
  if (next === null) return refuse(done, `The amendment is ${state} already. Open a new one.`, { state })
  if (verb !== 'expire' && expiresAt <= now)
    return refuse(done, `The amendment has expired at ${toIso(expiresAt)}. Open a new one.`, { state: 'expired' })
  return ok(next)
}

/** Whether the text that somebody changes is still the one that they saw. */
export function judgeRevision(standing: Standing, expectedRevision: number): Result<null> {
  if (standing.revision === expectedRevision) return ok(null)
  return refuse('precondition-failed', `The draft has revision ${standing.revision} by now. Read it again.`, {
    revision: standing.revision,
  })
}

/** Decides whether exactly this draft may be put to the gate: it is what was shown, on what is in force. */
export function decideRatification(asked: {
  readonly standing: Standing
  readonly shownDigest: string
  readonly inForce: { readonly version: number; readonly digest: string }
  readonly now: Instant
}): Result<null> {
  const { standing, shownDigest, inForce, now } = asked
  const next = evolve(standing, 'ratify', now)
  if (!next.ok) return next
  if (standing.draftDigest !== shownDigest)
    return refuse('precondition-failed', 'The draft has changed since you read it. Read it again.', {
      draftDigest: standing.draftDigest,
    })
  if (standing.baseVersion !== inForce.version || standing.baseDigest !== inForce.digest)
    return refuse(
      'amendment-outdated',
      `The document has version ${inForce.version} by now, and the amendment was made from ${standing.baseVersion}. Rebase it first.`,
      { version: inForce.version, baseVersion: standing.baseVersion },
    )
  if (standing.draftDigest === inForce.digest)
    return refuse('not-processable', 'The draft is what is in force already. Reject or withdraw the amendment.')
  return ok(null)
}

const graver: Readonly<Record<AlertSeverity, number>> = { info: 0, warning: 1, critical: 2 }

/** The newest evidence behind an amendment is kept up to here. */
export const mostEvidence = 50

/** What more drift of a stream does to the amendment that is open for it. */
export interface MoreDrift {
  readonly severity: AlertSeverity
  readonly evidence: readonly AmendmentEvidence[]
  /** The text is written anew; else it stays letter for letter, so that approvals of it hold. */
  readonly rewrite: boolean
  readonly because: Because
}

/**
 * Decides what an alarm of a stream does to its open amendment. The text follows only when it grew graver, and never
 * after a person edited it: who is asked to approve must not chase a text that moves with every alarm.
 */
export function decideMoreDrift(asked: {
  readonly severity: AlertSeverity
  readonly evidence: readonly AmendmentEvidence[]
  readonly isEdited: boolean
  readonly news: DriftNews
}): MoreDrift {
  const { severity, isEdited, news } = asked
  const grew = graver[news.severity] > graver[severity]
  const evidence = merged(news.evidence, asked.evidence)
  const rule = !grew ? 'no-graver-than-before' : isEdited ? 'edited-by-a-person' : 'graver-than-before'
  return {
    severity: grew ? news.severity : severity,
    evidence,
    rewrite: grew && !isEdited,
    because: { rule, observed: news.severity, limit: severity, text: moreDriftText[rule] },
  }
}

const moreDriftText = {
  'no-graver-than-before': 'The stream drifts further, no graver than before: the draft stays as it is.',
  'edited-by-a-person': 'It grew graver, and a person has edited the draft: the text stays, its severity does not.',
  'graver-than-before': 'It grew graver: the draft was written anew, and approvals of the old one no longer count.',
} as const

/** Newest first, each once. */
function merged(fresh: readonly AmendmentEvidence[], known: readonly AmendmentEvidence[]): AmendmentEvidence[] {
  const byKey = new Map([...fresh, ...known].map((item) => [`${item.kind} ${item.id}`, item]))
  return [...byKey.values()].slice(0, mostEvidence)
}
