import type {
  Arbitration,
  ArbitrationDetail,
  ArbitrationMetric,
  ArbitrationRules,
  ArbitrationVote,
  Audit,
} from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response

/** Verdicts of the fixture server: one that is sure, one too close to call, one that a later one superseded. */
export const arbitrationIds = { sure: uuid(1800), close: uuid(1801), superseded: uuid(1802) } as const
/** Audits: of a run, of a step, of something that is no run. */
export const auditIds = { run: uuid(1810), artifact: uuid(1811), done: uuid(1812) } as const

/** What the fixture server says about arbitration. */
export const arbitrationAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/arbitrations$/, list],
  ['GET', /^\/arbitrations\/([^/]+)$/, one],
  ['GET', /^\/arbitration\/metrics$/, (_, { nowMs }) => json({ items: metrics(nowMs), due: 0, log })],
  ['PUT', /^\/arbitration\/metrics\/([^/]+)$/, changePolicy],
  ['GET', /^\/arbitration\/rules$/, (_, { nowMs }) => json(rulesState(nowMs))],
  ['PUT', /^\/arbitration\/rules$/, changeRules],
  ['POST', /^\/arbitration\/rules\/dry-run$/, dryRun],
  ['GET', /^\/arbitration\/rules\/history$/, history],
  ['GET', /^\/audits$/, audits],
  ['POST', /^\/audits\/([^/]+)\/(label|skip)$/, answerAudit],
]

const vote = (judge: string, verdict: ArbitrationVote['verdict'], weight: number | null): ArbitrationVote => ({
  judge,
  judgeKind: 'model',
  order: judge === 'Backend' ? 'swapped' : null,
  verdict,
  score: null,
  weight,
  judgmentId: uuid(1820),
})
const standings = [
  { policy: 'audited' as const, estimate: 0.91, lowerBound: 0.87, effectiveCount: 60 },
  { policy: 'best-judge' as const, estimate: 0.88, lowerBound: 0.84, effectiveCount: 60 },
  { policy: 'majority' as const, estimate: 0.66, lowerBound: 0.6, effectiveCount: 60 },
]

function arbitration(arbitrationId: string, nowMs: number): Arbitration {
  const isSure = arbitrationId === arbitrationIds.sure
  const isCurrent = arbitrationId !== arbitrationIds.superseded
  const executionId = '0'.repeat(31) + '1'
  return {
    arbitrationId,
    subject: isSure ? { kind: 'execution', id: executionId } : { kind: 'artifact', id: 'report-7' },
    executionId: isSure ? executionId : null,
    actionId: null,
    metric: isSure ? 'helpfulness' : 'tone',
    outcome: isSure ? 'decided' : 'escalated',
    winner: isSure ? 'fail' : 'pass',
    probability: isSure ? 0.93 : 0.52,
    confidenceGap: isSure ? 0.86 : -0.04,
    gapMin: 0.5,
    policy: isSure ? 'audited' : 'majority',
    fitVersion: isSure ? 3 : null,
    rulesVersion: 2,
    standings: isSure ? standings.map(({ policy, lowerBound }) => ({ policy, lowerBound })) : [],
    dissent: isSure ? ['Frontend'] : [],
    votes: isSure
      ? [
          vote('Architect', null, null),
          vote('Backend', 'fail', 1.2),
          vote('Frontend', 'pass', -0.4),
          vote('QA', 'fail', 2.4),
        ]
      : [vote('Newcomer', 'pass', 1)],
    because: isSure
      ? { rule: 'least-expected-loss', observed: 0.86, limit: 0.5, text: 'The least expected loss.' }
      : { rule: 'gap-too-small', observed: -0.04, limit: 0.5, text: 'The gap is too small: ask a human.' },
    policyBecause: isSure
      ? { rule: 'best-audited-lower-bound', observed: 0.87, limit: 0.84, text: 'audited is right in at least 87 %.' }
      : { rule: 'no-fit-yet', observed: null, limit: null, text: 'Each vote counts once.' },
    supersedes: null,
    isCurrent,
    correlationId: 'story',
    causationId: uuid(1821),
    eventId: uuid(1822),
    decidedAt: iso(nowMs - 6e4),
  }
}

function list({ query }: Question, { nowMs }: ServerState): Response {
  const all = Object.values(arbitrationIds).map((id) => arbitration(id, nowMs))
  const fits = (item: Arbitration) =>
    (query.get('metric') ?? item.metric) === item.metric &&
    (query.get('winner') ?? item.winner) === item.winner &&
    (query.get('outcome') ?? item.outcome) === item.outcome &&
    (query.get('policy') ?? item.policy) === item.policy &&
    (!query.has('dissenting') || item.dissent.includes(query.get('dissenting') ?? '')) &&
    (item.isCurrent || query.get('superseded') === 'true')
  return json({ items: all.filter(fits), nextCursor: null })
}

function one(_: Question, { nowMs }: ServerState, [id = '']: readonly string[]): Response {
  if (!Object.values(arbitrationIds).some((known) => known === id))
    return refusal('not-found', 'There is no arbitration with this id.')
  const found = arbitration(id, nowMs)
  const isSure = id === arbitrationIds.sure
  const detail: ArbitrationDetail = {
    ...found,
    standings: isSure ? standings : [],
    fit: isSure
      ? { version: 3, digest: `sha256:${'ab'.repeat(32)}`, audits: 60, items: 400, fittedAt: iso(nowMs - 36e5) }
      : null,
    audit: isSure ? null : audit(auditIds.artifact, nowMs),
    history: [
      { ...arbitration(isSure ? arbitrationIds.sure : arbitrationIds.close, nowMs) },
      { ...arbitration(arbitrationIds.superseded, nowMs), decidedAt: iso(nowMs - 9e5) },
    ],
  }
  return json(detail)
}

const metric = (name: string, nowMs: number, more: Partial<ArbitrationMetric>): ArbitrationMetric => ({
  metric: name,
  choice: 'auto',
  choiceVersion: 0,
  policy: 'audited',
  because: {
    rule: 'best-audited-lower-bound',
    observed: 0.87,
    limit: 0.84,
    text: 'audited is right in at least 87 %.',
  },
  standings,
  gapMin: 0.4,
  gapBecause: { rule: 'audited-risk-coverage', observed: 0.96, limit: 0.95, text: 'Surely .96 are right.' },
  fitVersion: 3,
  fittedAt: iso(nowMs - 36e5),
  audits: 60,
  items: 400,
  openAudits: 2,
  ...more,
})
const metrics = (nowMs: number): readonly ArbitrationMetric[] => [
  metric('helpfulness', nowMs, {}),
  metric('tone', nowMs, {
    policy: null,
    because: null,
    gapBecause: null,
    standings: [],
    fitVersion: null,
    fittedAt: null,
    audits: 0,
    items: 0,
    openAudits: 1,
  }),
]
const log = {
  path: '/data/logs/arbitrations.jsonl',
  bytes: 12_000,
  totalBytes: 4_200_000,
  behind: 0,
  failingSince: null,
  error: null,
}

function changePolicy({ body }: Question, { nowMs }: ServerState, [name = '']: readonly string[]): Response {
  if (Object(body).approvalId === undefined)
    return refusal('approval-required', 'MODERATE impact in production needs the approval of one admin.', {
      action: {
        operation: 'arbitration.policy.change',
        subject: `arbitration-policy/${name}`,
        environment: 'production',
        impact: 'MODERATE',
        parameters: { metric: name },
      },
    })
  return json({ metric: name, policy: 'majority', version: 1, changedBy: 'user:ada', changedAt: iso(nowMs) })
}

const rules: ArbitrationRules = {
  version: 1,
  agents: [
    { judge: 'QA', priority: 1.2, veto: 'none', metrics: null },
    { judge: 'Frontend', priority: 0.8, veto: 'none', metrics: ['tone'] },
  ],
  mistakes: [{ metric: null, passedBad: 3, failedGood: 1 }],
}
const rulesState = (nowMs: number) => ({
  rules,
  version: 2,
  digest: 'sha256:rules',
  source: 'file' as const,
  changedBy: 'system:arbitration',
  changedAt: iso(nowMs - 864e5),
  file: { digest: 'sha256:file', faults: ['arbitration.agents.0.priority: too large'], seenAt: iso(nowMs - 6e4) },
})

function changeRules({ body }: Question, { nowMs }: ServerState): Response {
  return json({ ...rulesState(nowMs), rules: Object(body).rules, version: 3, source: 'organization' })
}

function dryRun({ body }: Question, { nowMs }: ServerState): Response {
  const judges: readonly { readonly judge: string; readonly veto: string }[] = Object(body).rules.agents
  const { subject, because } = arbitration(arbitrationIds.sure, nowMs)
  const vetoed = judges.some(({ veto }) => veto !== 'none')
  const item = {
    arbitrationId: arbitrationIds.sure,
    subject,
    metric: 'helpfulness',
    before: { outcome: 'decided', winner: 'pass', because },
    after: {
      outcome: 'vetoed',
      winner: 'fail',
      because: { ...because, text: 'Governance lets QA decide this alone.' },
    },
  }
  return json({ decisions: 12, changed: vetoed ? 1 : 0, items: vetoed ? [item] : [] })
}

function history(_: Question, { nowMs }: ServerState): Response {
  const { file: _file, ...state } = rulesState(nowMs)
  return json({ items: [2, 1].map((version) => ({ ...state, version, reason: 'As shipped.', approvalId: null })) })
}

function audit(auditId: string, nowMs: number): Audit {
  const isRun = auditId === auditIds.run
  const isDone = auditId === auditIds.done
  const executionId = '0'.repeat(31) + '1'
  return {
    auditId,
    kind: isRun ? 'random' : 'escalation',
    state: isDone ? 'labelled' : 'open',
    subject: isRun ? { kind: 'execution', id: executionId } : { kind: 'artifact', id: 'report-7' },
    executionId: isRun ? executionId : null,
    actionId: null,
    metric: isRun ? 'helpfulness' : 'tone',
    probability: isRun ? 0.05 : 1,
    arbitrationId: isRun ? arbitrationIds.sure : arbitrationIds.close,
    verdict: isDone ? 'fail' : null,
    queuedAt: iso(nowMs - 36e5),
    closedAt: isDone ? iso(nowMs) : null,
    closedBy: isDone ? 'user:ada' : null,
  }
}

function audits({ query }: Question, { nowMs }: ServerState): Response {
  const all = Object.values(auditIds).map((id) => audit(id, nowMs))
  const state = query.get('state') ?? 'open'
  const kind = query.get('kind')
  const name = query.get('metric')
  const items = all.filter(
    (item) => item.state === state && (kind ?? item.kind) === item.kind && (name ?? item.metric) === item.metric,
  )
  return json({ items, nextCursor: null })
}

function answerAudit({ body }: Question, { nowMs }: ServerState, [id = '', deed]: readonly string[]): Response {
  const closed = { closedAt: iso(nowMs), closedBy: 'user:ada' }
  return deed === 'skip'
    ? json({ ...audit(id, nowMs), ...closed, state: 'skipped' })
    : json({ ...audit(id, nowMs), ...closed, state: 'labelled', verdict: Object(body).verdict })
}
