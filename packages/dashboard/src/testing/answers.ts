import {
  AgentHealthQuery,
  type Execution,
  ExecutionQuery,
  FleetQuery,
  HealthSeriesQuery,
  LedgerQuery,
  OverviewQuery,
} from '@metaagent/contract'
import { agentSeeds } from './agent-seeds.ts'
import { amendmentAnswers } from './amendments.ts'
import { arbitrationAnswers } from './arbitration.ts'
import { artifactAnswers } from './artifacts.ts'
import { costAnswers } from './costs.ts'
import { graphOf, radiusOf, riskOf } from './dependencies.ts'
import { driftAnswers } from './drift.ts'
import { actionsOf, EXECUTIONS, executionOf, payloadOf } from './executions.ts'
import { agentOf, fleetOf, healthOf, releasesOf, seriesOf } from './fleet.ts'
import { governanceAnswers } from './governance.ts'
import type { FixtureLedger } from './ledger.ts'
import { maskingAnswers } from './masking.ts'
import type { News } from './news.ts'
import { groupsOf, overviewOf } from './overview.ts'
import { peopleAnswers } from './people.ts'
import { playbookAnswers } from './playbooks.ts'
import { privacyAnswers } from './privacy.ts'
import { iso, uuid } from './random.ts'
import { apiKeys, approvals, comparisonOf, me } from './records.ts'
import { json, refusal } from './replies.ts'
import { sessionAnswers } from './sessions.ts'
import { performanceOf, slaAnswers } from './slas.ts'
import { trustAnswers } from './trust.ts'
import { webhookAnswers } from './webhooks.ts'

/** A request, taken apart. */
export interface Question {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly headers: Headers
  readonly signal: AbortSignal | null
}

/** What the fixture server remembers between requests. */
export interface ServerState {
  signedIn: boolean
  readonly nowMs: number
  readonly ledger: FixtureLedger
  readonly news: News
  readonly keys: Map<string, unknown>
  readonly votes: Set<string>
}

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response | Promise<Response>

const table: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/me$/, (_, { nowMs }) => json(me(nowMs))],
  ['POST', /^\/auth\/sign-in$/, signIn],
  ['POST', /^\/auth\/sign-out$/, (_, state) => nothing(() => (state.signedIn = false))],
  ['PUT', /^\/me\/password$/, () => nothing(() => undefined)],
  ['GET', /^\/fleet\/health$/, (question, { nowMs }) => json(fleet(question, nowMs))],
  [
    'GET',
    /^\/fleet\/stream$/,
    (question, { news, nowMs }) => news.open(JSON.stringify(fleet(question, nowMs)), question.signal),
  ],
  [
    'GET',
    /^\/overview\/stream$/,
    ({ query, signal }, { news, nowMs }) =>
      news.open(
        JSON.stringify(overviewOf(OverviewQuery.parse(Object.fromEntries(query)).window, nowMs)),
        signal,
        'overview',
      ),
  ],
  ['GET', /^\/fleet\/groups$/, (_, { nowMs }) => json(groupsOf('24h', nowMs))],
  [
    'GET',
    /^\/environments$/,
    (_, { nowMs }) =>
      json({ items: ['production', 'staging'].map((name) => ({ name, firstSeenAt: iso(nowMs - 9e8) })) }),
  ],
  [
    'GET',
    /^\/agents$/,
    (_, { nowMs }) => json({ items: agentSeeds.map((_seed, index) => agentOf(index, nowMs)), nextCursor: null }),
  ],
  ['GET', /^\/agents\/([^/]+)$/, (_, { nowMs }, [id]) => withAgent(id, (index) => json(agentOf(index, nowMs)))],
  [
    'PATCH',
    /^\/agents\/([^/]+)$/,
    ({ body }, { nowMs }, [id]) => withAgent(id, (index) => json({ ...agentOf(index, nowMs), ...Object(body) })),
  ],
  [
    'GET',
    /^\/agents\/([^/]+)\/health$/,
    (question, { nowMs }, [id]) => withAgent(id, (index) => agentHealth(question, index, nowMs)),
  ],
  [
    'GET',
    /^\/agents\/([^/]+)\/health\/series$/,
    (question, { nowMs }, [id]) => withAgent(id, (index) => series(question, index, nowMs)),
  ],
  [
    'GET',
    /^\/agents\/([^/]+)\/releases$/,
    (_, { nowMs }, [id]) => withAgent(id, (index) => json({ items: releasesOf(index, nowMs) })),
  ],
  [
    'GET',
    /^\/agents\/([^/]+)\/performance$/,
    (_, { nowMs }, [id]) => withAgent(id, () => json(performanceOf(id ?? '', nowMs))),
  ],
  ...slaAnswers,
  ['POST', /^\/agents\/([^/]+)\/comparisons$/, compare],
  [
    'GET',
    /^\/comparisons$/,
    (_, { nowMs }) =>
      json({ items: [comparisonOf('guarded', nowMs), comparisonOf('success-only', nowMs)], nextCursor: null }),
  ],
  [
    'GET',
    /^\/comparisons\/([^/]+)$/,
    (_, { nowMs }, [id]) => json(comparisonOf(id === uuid(300) ? 'success-only' : 'guarded', nowMs)),
  ],
  ['GET', /^\/executions$/, executions],
  ['GET', /^\/executions\/([^/]+)\/trace$/, (_, { nowMs }, [id]) => trace(id, nowMs)],
  [
    'GET',
    /^\/executions\/([^/]+)\/actions\/([^/]+)$/,
    (_, { nowMs }, [id, actionId]) => actionDetail(id, actionId, nowMs),
  ],
  ['GET', /^\/executions\/([^/]+)\/risk$/, (_, { nowMs }, [id]) => json(riskOf(id ?? '', nowMs))],
  ['GET', /^\/suspicions$/, () => json({ items: [], nextCursor: null })],
  ['GET', /^\/dependencies$/, (_, { nowMs }) => json(graphOf(nowMs))],
  ['GET', /^\/blast-radius$/, ({ query }) => json(radiusOf(query.get('kind') ?? 'agent', query.get('target') ?? ''))],
  ['GET', /^\/ledger$/, async (_, { ledger }) => json(await ledger.status())],
  ['GET', /^\/ledger\/entries$/, entries],
  ['GET', /^\/ledger\/entries\/(\d+)$/, (_, { ledger }, [index]) => found(ledger.entries[Number(index)])],
  [
    'GET',
    /^\/ledger\/entries\/(\d+)\/proof$/,
    async (_, { ledger }, [index]) => found(await ledger.proofOf(Number(index))),
  ],
  [
    'GET',
    /^\/ledger\/events\/([^/]+)\/proof$/,
    async (_, { ledger }, [id]) =>
      found(await ledger.proofOf(ledger.entries.findIndex(({ eventId }) => eventId === id))),
  ],
  [
    'GET',
    /^\/ledger\/consistency$/,
    ({ query }, { ledger }) => json(ledger.consistency(Number(query.get('from')), Number(query.get('to')))),
  ],
  ['GET', /^\/qa\/stream$/, ({ signal }, { news }) => news.open(JSON.stringify({ parts: [] }), signal, 'news')],
  [
    'GET',
    /^\/alert-stream$/,
    ({ signal }, { news }) =>
      news.open(JSON.stringify({ pending: 0, firing: 1, acknowledged: 0, critical: 1 }), signal, 'counts'),
  ],
  ['GET', /^\/alert-counts$/, () => json({ pending: 0, firing: 2, acknowledged: 1, critical: 1 })],
  [
    'GET',
    /^\/approvals$/,
    ({ query }, { nowMs, votes }) =>
      json({
        items: approvals(nowMs, votes).filter(
          ({ state, operation }) =>
            (!query.has('state') || state === query.get('state')) &&
            (!query.has('kind') || operation.startsWith(`${query.get('kind')}.`)),
        ),
        nextCursor: null,
      }),
  ],
  ['POST', /^\/approvals\/([^/]+)\/votes$/, vote],
  ...amendmentAnswers,
  ...arbitrationAnswers,
  ...artifactAnswers,
  ...governanceAnswers,
  ...trustAnswers,
  ...driftAnswers,
  ...sessionAnswers,
  ...costAnswers,
  ...maskingAnswers,
  ...playbookAnswers,
  ...peopleAnswers,
  ...privacyAnswers,
  ...webhookAnswers,
  ['GET', /^\/identity\/api-keys$/, (_, { nowMs, keys }) => json({ items: [...keys.values(), ...apiKeys(nowMs)] })],
  ['POST', /^\/identity\/api-keys$/, addKey],
  [
    'DELETE',
    /^\/identity\/api-keys\/([^/]+)$/,
    (_, { nowMs }, [id]) => found(apiKeys(nowMs).find(({ apiKeyId }) => apiKeyId === id)),
  ],
]

/** The fixture's answer to a request. */
export function answers(question: Question, state: ServerState): Response | Promise<Response> {
  for (const [method, pattern, answer] of table) {
    const match = method === question.method ? pattern.exec(question.path) : null
    if (match !== null) return answer(question, state, match.slice(1))
  }
  return refusal('not-found', `There is nothing at ${question.path}.`)
}

function signIn({ body }: Question, state: ServerState): Response {
  const { linkToken, password } = Object(body)
  if (linkToken === 'used-link-token-0000000000' || password === 'wrong') {
    return linkToken === undefined
      ? refusal('not-authenticated', 'This e-mail and this password do not belong together.')
      : refusal('link-used', 'Ask an admin for a new link, or sign in with your password.')
  }
  state.signedIn = true
  return json(me(state.nowMs))
}

function nothing(act: () => unknown): Response {
  act()
  return new Response(null, { status: 204 })
}

function fleet({ query }: Question, nowMs: number) {
  const { window, environment, domain } = FleetQuery.parse(Object.fromEntries(query))
  return fleetOf(window, environment ?? null, domain ?? null, nowMs)
}

function agentHealth({ query }: Question, index: number, nowMs: number): Response {
  const { window, environment } = AgentHealthQuery.parse(Object.fromEntries(query))
  return json(healthOf(index, window, environment ?? null, nowMs))
}

function series({ query }: Question, index: number, nowMs: number): Response {
  const { from, to } = HealthSeriesQuery.parse(Object.fromEntries(query))
  return json(
    seriesOf(
      index,
      from === undefined ? nowMs - 30 * 86_400_000 : Date.parse(from),
      to === undefined ? nowMs : Date.parse(to),
    ),
  )
}

function compare({ body }: Question, { nowMs }: ServerState): Response {
  const { policy, controlRelease } = Object(body)
  if (controlRelease === '2026.10.4')
    return refusal('evidence-missing', 'The control 2026.10.4 has no finished executions. Choose a release that ran.')
  return json(comparisonOf(policy === 'success-only' ? 'success-only' : 'guarded', nowMs), 201)
}

function executions({ query }: Question, { nowMs }: ServerState): Response {
  const known = [...query].filter(([name]) => !name.startsWith('attribute.'))
  const wanted = ExecutionQuery.parse(Object.fromEntries(known))
  const from = Number(wanted.cursor ?? 0)
  const all = Array.from({ length: EXECUTIONS }, (_, number) => executionOf(number, nowMs)).filter((execution) =>
    fits(execution, wanted),
  )
  const items = all.slice(from, from + wanted.limit)
  return json({ items, nextCursor: from + wanted.limit < all.length ? String(from + wanted.limit) : null })
}

function fits(execution: Execution, wanted: Partial<ReturnType<typeof ExecutionQuery.parse>>): boolean {
  const same = (key: 'agentId' | 'environment' | 'release' | 'status' | 'endReason' | 'unit') =>
    wanted[key] === undefined || wanted[key] === execution[key]
  return (
    (['agentId', 'environment', 'release', 'status', 'endReason', 'unit'] as const).every(same) &&
    (wanted.flagged === undefined || execution.flags.length > 0 === wanted.flagged)
  )
}

function trace(id: string | undefined, nowMs: number): Response {
  const execution = executionBy(id, nowMs)
  if (execution === null)
    return refusal('not-found', 'No execution has this id. It may have been dropped by retention.')
  const detail = {
    ...execution,
    input: { question: 'My mobile data keeps stopping.' },
    output: execution.endedAt === null ? null : 'Solved: data saver was on.',
    attributes: { channel: 'phone' },
    masked: 2,
  }
  return json({ execution: detail, actions: actionsOf(execution), truncated: false })
}

function actionDetail(id: string | undefined, actionId: string | undefined, nowMs: number): Response {
  const execution = executionBy(id, nowMs)
  const action = execution === null ? undefined : actionsOf(execution).find((known) => known.actionId === actionId)
  return action === undefined ? refusal('not-found', 'No step has this id.') : json({ ...action, ...payloadOf(action) })
}

function executionBy(id: string | undefined, nowMs: number): Execution | null {
  const number = Number.parseInt(id ?? '', 16) - 1
  return number >= 0 && number < EXECUTIONS ? executionOf(number, nowMs) : null
}

function entries({ query }: Question, { ledger }: ServerState): Response {
  const { type, subject, limit, cursor } = LedgerQuery.parse(Object.fromEntries(query))
  const glob = new RegExp(`^${(type ?? '*').replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
  const all = ledger.entries
    .filter((entry) => glob.test(entry.type) && (subject === undefined || entry.subject === subject))
    .toReversed()
  const from = Number(cursor ?? 0)
  return json({
    items: all.slice(from, from + limit),
    nextCursor: from + limit < all.length ? String(from + limit) : null,
  })
}

function vote({ body }: Question, { nowMs, votes }: ServerState, [id]: readonly string[]): Response {
  const request = approvals(nowMs, votes).find(({ approvalId }) => approvalId === id)
  if (request === undefined) return refusal('not-found', 'No request has this id.')
  if (Object(body).actionDigest !== request.actionDigest)
    return refusal('approval-digest-mismatch', 'Look at the action again.')
  if (request.requestedBy === 'Ada Novak')
    return refusal('approval-self', 'Somebody else must approve what you asked for.')
  votes.add(request.approvalId)
  return json({ ...request, state: Object(body).verdict === 'approve' ? 'approved' : 'rejected' })
}

function addKey({ body }: Question, { nowMs, keys }: ServerState): Response {
  const apiKey = {
    apiKeyId: uuid(880 + keys.size),
    prefix: 'mak_9fQ2',
    createdAt: iso(nowMs),
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    name: Object(body).name,
    scopes: Object(body).scopes,
  }
  keys.set(apiKey.apiKeyId, apiKey)
  return json({ apiKey, secret: 'mak_9fQ2xV0c7wT1nJ5rB8kD3mH6sL4gP0zY' }, 201)
}

function withAgent(id: string | undefined, answer: (index: number) => Response): Response {
  const index = agentSeeds.findIndex((_, place) => uuid(place + 1) === id)
  return index < 0 ? refusal('not-found', 'No agent of your organization has this id.') : answer(index)
}

function found(value: unknown): Response {
  return value == null ? refusal('not-found', 'There is no such thing, or not in your organization.') : json(value)
}
