import type { ApprovalRequest, Because, RefusalCode, Role } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Need } from './matrix.ts'

export type ApprovalState = ApprovalRequest['state']

/** What can happen to a request. `vote` is an approval that leaves the quorum open, `quorum` the one that reaches it. */
export type ApprovalEvent = 'vote' | 'quorum' | 'reject' | 'expire' | 'consume'

type Transition = { readonly to: ApprovalState } | { readonly refuse: RefusalCode }

const finished: Transition = { refuse: 'approval-finished' }
const expired: Transition = { refuse: 'approval-expired' }

/** The whole life of a request. Nothing leads out of `rejected`, `expired` and `consumed`. */
export const transitions: Readonly<Record<ApprovalState, Readonly<Record<ApprovalEvent, Transition>>>> = {
  pending: {
    vote: { to: 'pending' },
    quorum: { to: 'approved' },
    reject: { to: 'rejected' },
    expire: { to: 'expired' },
    consume: { refuse: 'approval-required' },
  },
  approved: {
    vote: finished,
    quorum: finished,
    reject: finished,
    expire: { to: 'expired' },
    consume: { to: 'consumed' },
  },
  rejected: { vote: finished, quorum: finished, reject: finished, expire: finished, consume: finished },
  expired: { vote: expired, quorum: expired, reject: expired, expire: finished, consume: expired },
  consumed: { vote: finished, quorum: finished, reject: finished, expire: finished, consume: finished },
}

const advice: Readonly<Partial<Record<RefusalCode, string>>> = {
  'approval-required': 'The request still waits for approvers. Try again when it is approved.',
  'approval-finished': 'The request was decided or used already. Make a new one.',
  'approval-expired': 'The request has expired. Make a new one.',
}

/** The state after an event, or why the event cannot happen in this state. */
export function evolve(state: ApprovalState, event: ApprovalEvent): Result<ApprovalState> {
  const transition = transitions[state][event]
  if ('to' in transition) return ok(transition.to)
  return refuse(transition.refuse, advice[transition.refuse] ?? 'The request is not in a state that allows this.')
}

/** What decides about a request; all of it is in the table, so a restart changes nothing. */
export interface RequestStanding {
  readonly state: ApprovalState
  readonly actionDigest: string
  readonly policyDigest: string
  readonly requiredApprovers: number
  readonly approverRole: 'admin' | 'developer'
  readonly requireReview: boolean
  readonly authorUserId: string | null
  readonly expiresAt: Instant
  readonly votes: readonly { readonly userId: string; readonly verdict: 'approve' | 'reject' }[]
}

/** Where a new request begins: what the rules let run by itself is approved by the rules. */
export function firstState(need: Need): ApprovalState {
  return need.outcome === 'require_approval' ? 'pending' : 'approved'
}

export interface Voter {
  /** Null for a key, a foreign token or a machine: approvals are given by people. */
  readonly userId: string | null
  readonly role: Role | null
}

export interface Decision {
  readonly state: ApprovalState
  readonly because: Because
}

/** Decides what a vote does. Every doubt refuses it. */
export function decideVote(asked: {
  readonly request: RequestStanding
  readonly voter: Voter
  readonly verdict: 'approve' | 'reject'
  /** The digest of what the voter saw. */
  readonly actionDigest: string
  readonly review: string | null
  readonly policyDigest: string
  readonly now: Instant
}): Result<Decision> {
  const { request, voter, verdict } = asked
  const allowed = judgeVoter(request, voter)
  if (!allowed.ok) return allowed
  const approvals = request.votes.filter((vote) => vote.verdict === 'approve').length + 1
  const event = verdict === 'reject' ? 'reject' : approvals >= request.requiredApprovers ? 'quorum' : 'vote'
  const bound = judgeBinding(request, event, asked)
  if (!bound.ok) return bound
  if (request.votes.some((vote) => vote.userId === voter.userId))
    return refuse('conflict', 'You have voted on this request already. Somebody else has to.')
  if (verdict === 'approve' && request.requireReview && (asked.review ?? '').trim() === '')
    return refuse('not-processable', 'This impact needs a written review with the approval. Send it as `review`.')
  return ok({ state: bound.value, because: becauseOfVote(verdict, approvals, request.requiredApprovers) })
}

const rank: Readonly<Record<Role, number>> = { viewer: 0, developer: 1, admin: 2 }

function judgeVoter(request: RequestStanding, voter: Voter): Result<null> {
  if (voter.userId === null || voter.role === null)
    return refuse('not-allowed', 'Approvals are given by people who are signed in, not by keys or tokens of others.')
  if (voter.userId === request.authorUserId)
    return refuse('approval-self', 'You asked for this, or a key of yours did. Another person has to decide.')
  if (rank[voter.role] < rank[request.approverRole])
    return refuse('not-allowed', `This needs somebody with the role ${request.approverRole}.`)
  return ok(null)
}

/** What every use of a request checks: time, state, the exact action, and the rules that it was asked under. */
function judgeBinding(
  request: RequestStanding,
  event: ApprovalEvent,
  asked: { readonly actionDigest: string; readonly policyDigest: string; readonly now: Instant },
): Result<ApprovalState> {
  if (isDue(request, asked.now)) return refuse('approval-expired', advice['approval-expired'] ?? '')
  const next = evolve(request.state, event)
  if (!next.ok) return next
  if (asked.actionDigest !== request.actionDigest)
    return refuse('approval-digest-mismatch', 'The approval is for another action. Read the request again.', {
      approvedDigest: request.actionDigest,
      actionDigest: asked.actionDigest,
    })
  if (asked.policyDigest !== request.policyDigest)
    return refuse('approval-digest-mismatch', 'The governance rules have changed since. Make a new request.', {
      policyDigest: asked.policyDigest,
      requestedUnder: request.policyDigest,
    })
  return next
}

function becauseOfVote(verdict: 'approve' | 'reject', approvals: number, required: number): Because {
  if (verdict === 'reject')
    return { rule: 'one-rejection-decides', observed: 'reject', limit: null, text: 'An approver rejected the request.' }
  return {
    rule: 'distinct-approvers-agree',
    observed: approvals,
    limit: required,
    text: `${approvals} of ${required} approvers agree.`,
  }
}

/** Decides whether an action may use an approval now; a use consumes it. */
export function decideConsumption(asked: {
  readonly request: RequestStanding
  /** Digest of the action as it is about to run. */
  readonly actionDigest: string
  readonly policyDigest: string
  readonly now: Instant
}): Result<Decision> {
  const next = judgeBinding(asked.request, 'consume', asked)
  if (!next.ok) return next
  return ok({
    state: next.value,
    because: {
      rule: 'approval-fits-the-action',
      observed: asked.actionDigest,
      limit: asked.request.actionDigest,
      text: 'The approval was given for exactly this action under the rules that hold, and was not used before.',
    },
  })
}

/** Whether time has run out on a request that is still open. */
export function isDue(request: { readonly state: ApprovalState; readonly expiresAt: Instant }, now: Instant): boolean {
  return (request.state === 'pending' || request.state === 'approved') && now >= request.expiresAt
}

export function becauseOfExpiry(expiresAt: Instant, now: Instant): Because {
  return {
    rule: 'approval-window-over',
    observed: toIso(now),
    limit: toIso(expiresAt),
    text: 'Nobody used the request before it expired.',
  }
}
