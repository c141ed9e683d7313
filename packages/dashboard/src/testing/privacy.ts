import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

const day = (nowMs: number, back: number) => iso(nowMs - back * 864e5).slice(0, 10)

/** What the fixture server says about retention and deletions: shorter times and deletions need an approval. */
export const privacyAnswers: readonly (readonly [
  method: string,
  pattern: RegExp,
  answer: (question: Question, state: ServerState, parts: readonly string[]) => Response,
])[] = [
  ['GET', /^\/retention$/, (_, { nowMs }) => json({ items: retention(nowMs) })],
  ['GET', /^\/retention\/([^/]+)\/preview$/, previewed],
  ['PUT', /^\/tunables\/retention\.([a-z_]+)_days$/, changed],
  ['POST', /^\/privacy\/deletions\/preview$/, (_, { nowMs }) => json(preview(nowMs))],
  ['GET', /^\/privacy\/deletions$/, (_, { nowMs }) => json({ items: deletions(nowMs) })],
  [
    'GET',
    /^\/privacy\/deletion-stream$/,
    ({ signal }, { news, nowMs }) => news.open(JSON.stringify({ items: deletions(nowMs) }), signal, 'deletions'),
  ],
  ['POST', /^\/privacy\/deletions$/, requested],
  ['GET', /^\/privacy\/holds$/, (_, { nowMs }) => json({ items: holds(nowMs) })],
  ['GET', /^\/privacy\/access-exports$/, (_, { nowMs }) => json({ items: accessExports(nowMs) })],
]

const run = (nowMs: number, deleted: number) => ({
  lastRunAt: iso(nowMs - 6e5),
  lastDeletedRows: deleted,
  nextRunAt: iso(nowMs + 3e6),
})

function retention(nowMs: number) {
  const of = (table: string, holds: string) => ({
    table,
    holds,
    lost: 'What a run did step by step.',
    tunable: `retention.${table}_days`,
    version: 0,
    days: 90,
    defaultDays: 90,
    minimumDays: 7,
    maximumDays: 3_650,
    dropsDays: true,
    keptFrom: day(nowMs, 90),
    oldestDay: day(nowMs, 60),
    rows: 12_345,
    rowsEstimated: false,
    bytes: 45_600_000,
    ...run(nowMs, 0),
  })
  return [
    of('agent_executions', 'Runs with their inputs and outputs'),
    {
      ...of('agent_execution_logs', 'Steps of runs'),
      days: 30,
      rows: 4_000_000,
      rowsEstimated: true,
      ...run(nowMs, 2_000),
    },
    {
      ...of('alert_history', 'Alerts that ended'),
      rows: null,
      bytes: null,
      oldestDay: null,
      lastRunAt: null,
      lastDeletedRows: null,
      nextRunAt: null,
    },
  ]
}

function previewed({ query }: Question, { nowMs }: ServerState, [table]: readonly string[]): Response {
  const known = retention(nowMs).find((one) => one.table === table)
  if (known === undefined) return refusal('not-found', 'GET /api/v1/retention lists what is kept for a time.')
  const toDays = Number(query.get('days'))
  const isShorter = toDays < known.days
  return json({
    table,
    lost: known.lost,
    fromDays: known.days,
    toDays,
    keptFrom: day(nowMs, toDays),
    oldestDay: known.oldestDay,
    rows: isShorter ? 4_321 : 0,
    rowsAtLeast: false,
    days: isShorter ? 12 : 0,
    impact: isShorter ? 'HIGH' : toDays === known.days ? null : 'LOW',
    because: {
      rule: isShorter ? 'kept-shorter' : 'kept-longer',
      observed: toDays,
      limit: known.days,
      text: isShorter ? 'The next run deletes 4321 rows, and nothing brings them back.' : 'Nothing goes.',
    },
  })
}

const action = (operation: string) => ({
  action: { operation, subject: 's', environment: 'production', impact: 'HIGH', parameters: {} },
})

function changed({ body }: Question, { nowMs }: ServerState, [table]: readonly string[]): Response {
  const { value, approvalId } = Object(body)
  const days = retention(nowMs).find((one) => one.table === table)?.days ?? 0
  if (value < days && approvalId === undefined)
    return refusal('approval-required', 'A change of impact HIGH needs an approval.', action('tunables.change'))
  return json({
    key: `retention.${table}_days`,
    description: 'How long to keep.',
    type: 'integer',
    unit: 'd',
    minimum: 7,
    maximum: 3_650,
    choices: null,
    defaultValue: 90,
    value,
    version: 1,
    impact: 'HIGH',
  })
}

const tables = (rows: number) => [
  { table: 'agent_executions', holds: 'Inputs and outputs of runs', how: 'blanked', rows },
  { table: 'execution_words', holds: 'Words of runs, for search', how: 'deleted', rows: 0 },
]

function preview(nowMs: number) {
  return {
    executions: 3,
    firstStartedAt: iso(nowMs - 9e8),
    lastStartedAt: iso(nowMs - 9e6),
    tokens: 1,
    tables: tables(3),
    isComplete: false,
    isMaskedOnArrival: true,
    heldExecutions: 1,
    isOnLegalHold: false,
    because: { rule: 'erases-for-ever', observed: null, limit: null, text: 'It cannot be undone.' },
  }
}

function deletions(nowMs: number) {
  const done = {
    deletionId: uuid(71),
    subject: { kind: 'user', key: null, value: 'user-17' },
    reason: 'request 17',
    state: 'done',
    searchedUpTo: day(nowMs, 0),
    executions: 4,
    erasedExecutions: 4,
    heldExecutions: 0,
    isOnLegalHold: false,
    lateExecutions: 1,
    tokens: 2,
    tables: tables(4),
    requestDigest: `sha256:${'a'.repeat(64)}`,
    requestedBy: `user:${uuid(1)}`,
    requestedAt: iso(nowMs - 9e8),
    approvalId: uuid(72),
    completedAt: iso(nowMs - 8e8),
    watchedUntil: iso(nowMs + 17e8),
    closedAt: null,
    eventId: uuid(73),
  }
  const working = { completedAt: null, watchedUntil: null, eventId: null, lateExecutions: 0, tokens: 0 }
  const kind = { kind: 'attribute', key: 'crm.customer', value: 'c-1' }
  return [
    { ...done, ...working, deletionId: uuid(74), subject: kind, state: 'erasing', erasedExecutions: 1 },
    { ...done, ...working, deletionId: uuid(75), state: 'finding', executions: 0, erasedExecutions: 0 },
    done,
    {
      ...done,
      deletionId: uuid(76),
      subject: { ...done.subject, value: null },
      reason: null,
      state: 'closed',
      lateExecutions: 0,
      tokens: 0,
      closedAt: iso(nowMs),
    },
  ]
}

function requested({ body }: Question, { nowMs }: ServerState): Response {
  return Object(body).approvalId === undefined
    ? refusal('approval-required', 'Deleting a person’s data needs an approval.', action('privacy.delete'))
    : json(deletions(nowMs)[1])
}

function holds(nowMs: number) {
  const hold = {
    holdId: uuid(81),
    kind: 'subject',
    subject: { kind: 'user', key: null, value: 'user-9' },
    subjectDigest: 'a1b2',
    agentId: null,
    from: null,
    to: null,
    reason: 'matter 12',
    placedBy: `user:${uuid(1)}`,
    placedAt: iso(nowMs - 9e8),
    heldExecutions: 2,
    liftedBy: null,
    liftedAt: null,
    liftReason: null,
    liftApprovalId: null,
  }
  const lifted = { liftedBy: `user:${uuid(1)}`, liftedAt: iso(nowMs - 1e7), liftReason: 'settled', subject: null }
  return [hold, { ...hold, ...lifted, holdId: uuid(82), reason: 'matter 7', heldExecutions: 0 }]
}

function accessExports(nowMs: number) {
  return [
    {
      exportId: uuid(83),
      subject: { kind: 'email', key: null, value: 'ada@example.com' },
      reason: 'request 19',
      requestDigest: `sha256:${'b'.repeat(64)}`,
      requestedBy: `user:${uuid(1)}`,
      requestedAt: iso(nowMs - 9e7),
      expiresAt: iso(nowMs + 9e8),
      deliveredAt: iso(nowMs - 8e7),
      executions: 3,
      rows: 12,
      closedAt: null,
    },
  ]
}
