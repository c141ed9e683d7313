import {
  type ApprovalInput,
  type ApprovalQuery,
  type ApprovalRequest,
  type ApprovalVote,
  type Because,
  type EventActor,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs, toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { responsibleUserOf } from '../../identity/index.ts'
import { actorOf, append, appendDecision } from '../../journal/index.ts'
import { decideNeed } from '../model/matrix.ts'
import { decideVote, firstState, type Voter } from '../model/request.ts'
import {
  insertRequest,
  insertVote,
  listRequests,
  lockRules,
  type RequestRow,
  requestById,
  requestChoices,
  updateRequestState,
} from '../store.ts'
import { actionDigestOf } from './digests.ts'
import { rulesNow } from './present-rules.ts'

const unknownRequest = refuse('not-found', 'Your organization has no approval request with this id.')

/**
 * Asks for an approval. What the rules let run by itself is approved at once, by the rules. The author is the person
 * behind the credential, so that nobody approves what a key of theirs asked for.
 */
export async function requestApproval(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  input: z.output<typeof ApprovalInput>,
): Promise<Result<ApprovalRequest>> {
  await lockRules(tx, 'shared')
  const { rules, digest: policyDigest } = await rulesNow(deps, tx)
  const need = decideNeed({ rules, impact: input.impact, environment: input.environment })
  const now = deps.clock.now()
  const actor = actorOf(caller)
  const { expiresInSeconds, ...asked } = input
  const row: RequestRow = {
    ...asked,
    approvalId: deps.ids.uuid(),
    actionDigest: actionDigestOf(input),
    policyDigest,
    requiredApprovers: need.approvers,
    approverRole: need.approverRole,
    requireReview: need.requireReview,
    state: firstState(need),
    because: need.because,
    requestedBy: `${actor.kind}:${actor.id}`,
    authorUserId: await responsibleUserOf(tx, caller.actor),
    createdAt: now,
    expiresAt: addMs(now, expiresInSeconds * 1000),
    votes: [],
  }
  await insertRequest(tx, row)
  const { approvalId, operation, environment, impact, actionDigest, because } = row
  await append(deps, tx, [
    {
      type: 'approvals.request.created',
      subject: `approval/${approvalId}`,
      actor,
      correlationId: approvalId,
      payload: { approvalId, operation, environment, impact, actionDigest, policyDigest, because },
    },
  ])
  if (row.state === 'approved') await tellDecision(deps, tx, row, 'approved', because, actor)
  return ok(describeRequest(row))
}

/** Records a vote; the approver is the signed-in person and nothing in the body says otherwise. */
export async function vote(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  approvalId: string,
  input: z.output<typeof ApprovalVote>,
): Promise<Result<ApprovalRequest>> {
  await lockRules(tx, 'shared')
  const { digest: policyDigest } = await rulesNow(deps, tx)
  const request = await requestById(tx, approvalId, true)
  if (request === null) return unknownRequest
  const now = deps.clock.now()
  const voter = voterOf(caller)
  const review = input.review ?? null
  const { verdict, actionDigest } = input
  const decided = decideVote({ request, voter, verdict, actionDigest, review, policyDigest, now })
  if (!decided.ok) return decided
  assertInvariant(voter.userId !== null, 'only people vote')
  const { state, because } = decided.value
  const actor = actorOf(caller)
  await insertVote(tx, approvalId, { userId: voter.userId, verdict, review, votedAt: now })
  await append(deps, tx, [
    {
      type: 'approvals.vote.cast',
      subject: `approval/${approvalId}`,
      actor,
      correlationId: approvalId,
      payload: { approvalId, verdict, actionDigest },
    },
  ])
  if (state === 'approved' || state === 'rejected') {
    await updateRequestState(tx, approvalId, state, because, now)
    await tellDecision(deps, tx, request, state, because, actor)
  }
  const after = await requestById(tx, approvalId, false)
  assertInvariant(after !== null, 'a request that was voted on is there')
  return ok(describeRequest(after))
}

/** The person who votes: one who is signed in here, also by a token that stands for that session. */
function voterOf({ actor, role }: Caller): Voter {
  return { userId: actor.kind === 'user' ? actor.userId : null, role }
}

/** Journals a decision about a request, and its mirror. */
export async function tellDecision(
  deps: Deps,
  tx: Tx,
  request: Pick<RequestRow, 'approvalId' | 'actionDigest'>,
  verdict: 'approved' | 'rejected' | 'expired',
  because: Because,
  actor: EventActor,
): Promise<void> {
  const { approvalId, actionDigest } = request
  const event = {
    type: 'approvals.request.decided' as const,
    subject: `approval/${approvalId}`,
    actor,
    correlationId: approvalId,
    payload: { approvalId, verdict, actionDigest, because },
  }
  await appendDecision(deps, tx, event, { verdict, because })
}

export async function readRequest(deps: Deps, caller: Caller, approvalId: string): Promise<Result<ApprovalRequest>> {
  const { organizationId } = caller
  const row = await deps.store.transaction({ organizationId }, (tx) => requestById(tx, approvalId, false))
  return row === null ? unknownRequest : ok(describeRequest(row))
}

/** One page, newest first. */
export async function readRequests(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ApprovalQuery>,
): Promise<Result<{ items: ApprovalRequest[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor('approvals', filters, cursor, 1)
    if (!position.ok) return position
    const id = Uuid.safeParse(position.value[0])
    if (!id.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = id.data
  }
  const { organizationId } = caller
  const { state = null, kind = null, environment = null, impact = null } = filters
  const found = await deps.store.transaction({ organizationId }, (tx) =>
    listRequests(tx, { state, kind, environment, impact }, before, limit + 1),
  )
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({
    items: rows.map(describeRequest),
    nextCursor: more ? encodePageCursor('approvals', filters, [last.approvalId]) : null,
  })
}

/** What there is to choose from in the list. */
export async function readChoices(deps: Deps, caller: Caller): Promise<{ kinds: string[]; environments: string[] }> {
  const { organizationId } = caller
  const { kinds, environments } = await deps.store.transaction({ organizationId }, requestChoices)
  return { kinds: [...kinds], environments: [...environments] }
}

function describeRequest(row: RequestRow): ApprovalRequest {
  const { authorUserId: _author, votes, createdAt, expiresAt, ...shown } = row
  return {
    ...shown,
    votes: votes.map(({ userId, verdict, review, votedAt }) => ({ by: userId, verdict, review, at: toIso(votedAt) })),
    createdAt: toIso(createdAt),
    expiresAt: toIso(expiresAt),
  }
}
