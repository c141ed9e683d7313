import type { ApprovalRule, Because, GovernanceRules, Impact, JsonValue } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'
import type { ApprovalState, RequestStanding } from './model/request.ts'

export interface RulesRow {
  readonly version: number
  readonly rules: GovernanceRules
  readonly digest: string
  readonly changedBy: string
  readonly changedAt: Instant
}

/** Held to the end of the transaction: `shared` by those who act under the rules, `exclusive` by who changes them. */
export async function lockRules(tx: Tx, mode: 'shared' | 'exclusive'): Promise<void> {
  const name = sql`hashtext('metaagent_governance_rules'), hashtext(${tx.organizationId})`
  await (mode === 'shared'
    ? sql`select pg_advisory_xact_lock_shared(${name})`
    : sql`select pg_advisory_xact_lock(${name})`
  ).execute(tx.tables())
}

/** The version that holds; null before the first one was written down. */
export async function presentRules(tx: Tx): Promise<RulesRow | null> {
  const { rows } = await sql<{
    version: number
    rules: GovernanceRules
    digest: string
    changed_by: string
    changed_at: Date
  }>`
    select version, rules, digest, changed_by, changed_at from governance_rules
    where organization_id = ${tx.organizationId} order by version desc limit 1`.execute(tx.tables())
  const [row] = rows
  if (row === undefined) return null
  const changedAt = instantFromEpochMs(row.changed_at.getTime())
  return { version: row.version, rules: row.rules, digest: row.digest, changedBy: row.changed_by, changedAt }
}

/** Writes a version; one that is there already stays. */
export async function insertRules(tx: Tx, row: RulesRow): Promise<void> {
  await sql`
    insert into governance_rules (organization_id, version, rules, digest, changed_by, changed_at)
    values (${tx.organizationId}, ${row.version}, ${JSON.stringify(row.rules)}, ${row.digest}, ${row.changedBy},
      ${new Date(row.changedAt)})
    on conflict do nothing`.execute(tx.tables())
}

export interface VoteRow {
  readonly userId: string
  readonly verdict: 'approve' | 'reject'
  readonly review: string | null
  readonly votedAt: Instant
}

export interface RequestRow extends RequestStanding {
  readonly approvalId: string
  readonly operation: string
  readonly subject: string
  readonly environment: string
  readonly impact: Impact
  readonly parameters: JsonValue
  readonly reason: string
  readonly because: Because
  readonly requestedBy: string
  readonly createdAt: Instant
  readonly votes: readonly VoteRow[]
}

interface StoredRequest {
  readonly approval_id: string
  readonly operation: string
  readonly subject: string
  readonly environment: string
  readonly impact: Impact
  readonly parameters: JsonValue
  readonly reason: string
  readonly action_digest: string
  readonly policy_digest: string
  readonly required_approvers: number
  readonly approver_role: ApprovalRule['approverRole']
  readonly require_review: boolean
  readonly state: ApprovalState
  readonly because: Because
  readonly requested_by: string
  readonly author_user_id: string | null
  readonly created_at: Date
  readonly expires_at: Date
}

const columns = sql.raw(
  'approval_id, operation, subject, environment, impact, parameters, reason, action_digest, policy_digest, ' +
    'required_approvers, approver_role, require_review, state, because, requested_by, author_user_id, created_at, expires_at',
)

export async function insertRequest(tx: Tx, row: RequestRow): Promise<void> {
  const decidedAt = row.state === 'pending' ? null : new Date(row.createdAt)
  await sql`
    insert into approval_requests (organization_id, ${columns}, decided_at)
    values (${tx.organizationId}, ${row.approvalId}, ${row.operation}, ${row.subject}, ${row.environment}, ${row.impact},
      ${JSON.stringify(row.parameters)}, ${row.reason}, ${row.actionDigest}, ${row.policyDigest},
      ${row.requiredApprovers}, ${row.approverRole}, ${row.requireReview}, ${row.state}, ${JSON.stringify(row.because)},
      ${row.requestedBy}, ${row.authorUserId}, ${new Date(row.createdAt)}, ${new Date(row.expiresAt)}, ${decidedAt})
  `.execute(tx.tables())
}

/** One request with its votes; `lock` holds it for a decision. */
export async function requestById(tx: Tx, approvalId: string, lock: boolean): Promise<RequestRow | null> {
  const { rows } = await sql<StoredRequest>`
    select ${columns} from approval_requests
    where organization_id = ${tx.organizationId} and approval_id = ${approvalId}
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return (await withVotes(tx, rows))[0] ?? null
}

export interface RequestFilters {
  readonly state: ApprovalState | null
  /** First part of the operation: `amendments`. */
  readonly kind: string | null
  readonly environment: string | null
  readonly impact: Impact | null
}

/** Newest first, from behind `before` on. Ids are made in the order of time. */
export async function listRequests(
  tx: Tx,
  { state, kind, environment, impact }: RequestFilters,
  before: string | null,
  limit: number,
): Promise<readonly RequestRow[]> {
  const { rows } = await sql<StoredRequest>`
    select ${columns} from approval_requests
    where organization_id = ${tx.organizationId}
      ${state === null ? sql`` : sql`and state = ${state}`}
      ${kind === null ? sql`` : sql`and split_part(operation, '.', 1) = ${kind}`}
      ${environment === null ? sql`` : sql`and lower(environment) = lower(${environment})`}
      ${impact === null ? sql`` : sql`and impact = ${impact}`}
      ${before === null ? sql`` : sql`and approval_id < ${before}`}
    order by approval_id desc limit ${limit}`.execute(tx.tables())
  return withVotes(tx, rows)
}

/** Open requests whose time is over, locked; those that somebody decides just now are left for the next run. */
export async function lockDueRequests(tx: Tx, now: Instant, limit: number): Promise<readonly RequestRow[]> {
  const { rows } = await sql<StoredRequest>`
    select ${columns} from approval_requests
    where organization_id = ${tx.organizationId} and state in ('pending', 'approved') and expires_at <= ${new Date(now)}
    order by expires_at limit ${limit} for update skip locked`.execute(tx.tables())
  return rows.map((row) => toRequest(row, []))
}

export async function insertVote(tx: Tx, approvalId: string, vote: VoteRow): Promise<void> {
  await sql`
    insert into approval_votes (organization_id, approval_id, user_id, verdict, review, voted_at)
    values (${tx.organizationId}, ${approvalId}, ${vote.userId}, ${vote.verdict}, ${vote.review}, ${new Date(vote.votedAt)})
  `.execute(tx.tables())
}

export async function updateRequestState(
  tx: Tx,
  approvalId: string,
  state: ApprovalState,
  because: Because,
  at: Instant,
): Promise<void> {
  const decidedAt = sql`decided_at = coalesce(decided_at, ${new Date(at)})`
  const consumedAt = state === 'consumed' ? sql`, consumed_at = ${new Date(at)}` : sql``
  await sql`
    update approval_requests set state = ${state}, because = ${JSON.stringify(because)}, ${decidedAt}${consumedAt}
    where organization_id = ${tx.organizationId} and approval_id = ${approvalId}`.execute(tx.tables())
}

async function withVotes(tx: Tx, rows: readonly StoredRequest[]): Promise<readonly RequestRow[]> {
  if (rows.length === 0) return []
  const found = await sql<{
    approval_id: string
    user_id: string
    verdict: 'approve' | 'reject'
    review: string | null
    voted_at: Date
  }>`
    select approval_id, user_id, verdict, review, voted_at from approval_votes
    where organization_id = ${tx.organizationId} and approval_id = any(${rows.map((row) => row.approval_id)}::uuid[])
    order by voted_at, user_id`.execute(tx.tables())
  const votes = Map.groupBy(found.rows, (vote) => vote.approval_id)
  return rows.map((row) =>
    toRequest(
      row,
      (votes.get(row.approval_id) ?? []).map((vote) => ({
        userId: vote.user_id,
        verdict: vote.verdict,
        review: vote.review,
        votedAt: instantFromEpochMs(vote.voted_at.getTime()),
      })),
    ),
  )
}

function toRequest(row: StoredRequest, votes: readonly VoteRow[]): RequestRow {
  return {
    approvalId: row.approval_id,
    operation: row.operation,
    subject: row.subject,
    environment: row.environment,
    impact: row.impact,
    parameters: row.parameters,
    reason: row.reason,
    actionDigest: row.action_digest,
    policyDigest: row.policy_digest,
    requiredApprovers: row.required_approvers,
    approverRole: row.approver_role,
    requireReview: row.require_review,
    state: row.state,
    because: row.because,
    requestedBy: row.requested_by,
    authorUserId: row.author_user_id,
    createdAt: instantFromEpochMs(row.created_at.getTime()),
    expiresAt: instantFromEpochMs(row.expires_at.getTime()),
    votes,
  }
}

/** First parts of operations and environments that requests name. */
export async function requestChoices(
  tx: Tx,
): Promise<{ readonly kinds: readonly string[]; readonly environments: readonly string[] }> {
  const { rows } = await sql<{ kind: string; environment: string }>`
    select distinct split_part(operation, '.', 1) as kind, environment from approval_requests
    where organization_id = ${tx.organizationId} limit 1000`.execute(tx.tables())
  const sorted = (values: readonly string[]) => [...new Set(values)].toSorted()
  return { kinds: sorted(rows.map(({ kind }) => kind)), environments: sorted(rows.map((row) => row.environment)) }
}

/** Requests that wait or are approved and not used. */
export async function countOpen(tx: Tx, now: Instant): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int4 as count from approval_requests
    where organization_id = ${tx.organizationId} and state in ('pending', 'approved') and expires_at > ${new Date(now)}
  `.execute(tx.tables())
  return rows[0]?.count ?? 0
}

/** Writes down what the rules let run by itself. */
export async function insertPass(
  tx: Tx,
  pass: {
    readonly passId: string
    readonly operation: string
    readonly subject: string
    readonly environment: string
    readonly impact: Impact
    readonly outcome: 'allow' | 'allow_and_notify'
    readonly passedBy: string
    readonly passedAt: Instant
  },
): Promise<void> {
  await sql`
    insert into gate_passes (organization_id, pass_id, operation, subject, environment, impact, outcome, passed_by, passed_at)
    values (${tx.organizationId}, ${pass.passId}, ${pass.operation}, ${pass.subject}, ${pass.environment},
      ${pass.impact}, ${pass.outcome}, ${pass.passedBy}, ${new Date(pass.passedAt)})`.execute(tx.tables())
}

export interface PastRow {
  readonly operation: string
  readonly environment: string
  readonly impact: Impact
  readonly actions: number
  readonly lastAt: Instant
  readonly approvalId: string | null
}

/** All that was asked for or ran by itself since, counted by operation, environment and impact. */
export async function pastActions(tx: Tx, since: Instant): Promise<readonly PastRow[]> {
  const { rows } = await sql<Omit<PastRow, 'lastAt'> & { lastAt: Date }>`
    select operation, environment, impact, count(*)::int4 as actions, max(at) as "lastAt",
      (array_agg(approval_id order by at desc) filter (where approval_id is not null))[1] as "approvalId"
    from (
      select operation, environment, impact, created_at as at, approval_id from approval_requests
      where organization_id = ${tx.organizationId} and created_at >= ${new Date(since)}
      union all
      select operation, environment, impact, passed_at, null::uuid from gate_passes
      where organization_id = ${tx.organizationId} and passed_at >= ${new Date(since)}
    ) past
    group by operation, environment, impact
    order by operation, environment, impact`.execute(tx.tables())
  return rows.map(({ lastAt, ...row }) => ({ ...row, lastAt: instantFromEpochMs(lastAt.getTime()) }))
}

/** Every version of the rules, newest first. */
export async function listRules(tx: Tx): Promise<readonly Omit<RulesRow, 'rules'>[]> {
  const { rows } = await sql<{ version: number; digest: string; changedBy: string; changedAt: Date }>`
    select version, digest, changed_by as "changedBy", changed_at as "changedAt" from governance_rules
    where organization_id = ${tx.organizationId} order by version desc limit 500`.execute(tx.tables())
  return rows.map(({ changedAt, ...row }) => ({ ...row, changedAt: instantFromEpochMs(changedAt.getTime()) }))
}
