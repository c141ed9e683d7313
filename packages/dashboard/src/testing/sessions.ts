import { NewSavedView, type SavedView, SavedViewPatch, type Session, type SessionExecution } from '@metaagent/contract'
import { executionOf } from './executions.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

const SESSIONS = 130

/** The runs of a session: two, a pause between them; the first session's last run has not ended. */
function runsOf(number: number, nowMs: number): readonly SessionExecution[] {
  return [0, 1].map((place) => {
    const run = executionOf(number === 0 && place === 1 ? 3 : 10 + number * 2 + place, nowMs)
    const startedMs = nowMs - number * 600_000 - (place === 0 ? 400_000 : 100_000)
    return {
      ...run,
      conversationId: conversationOf(number),
      startedAt: iso(startedMs),
      endedAt: run.endedAt === null ? null : iso(startedMs + 20_000),
      input: place === 0 ? [{ role: 'user', content: `Question ${number}` }] : null,
      output: place === 0 ? `Answer ${number}` : null,
    }
  })
}

const conversationOf = (number: number) => (number === 1 ? 'refund/of Jo & Co?' : `talk-${number}`)

function sessionOf(number: number, nowMs: number): Session {
  const runs = runsOf(number, nowMs)
  const count = (status: string) => runs.filter((run) => run.status === status).length
  const open = runs.some(({ endedAt }) => endedAt === null)
  const [first, last] = [runs[0], runs.at(-1)]
  if (first === undefined || last === undefined) throw new RangeError('a session has runs')
  const known = number % 3 !== 0
  return {
    conversationId: conversationOf(number),
    startedAt: first.startedAt,
    lastStartedAt: last.startedAt,
    endedAt: open ? null : last.endedAt,
    durationMs: open ? null : Date.parse(last.endedAt ?? '') - Date.parse(first.startedAt),
    executions: runs.length,
    turns: runs.reduce((sum, { totals }) => sum + totals.llmCalls, 0),
    agents: [...new Map(runs.map(({ agentId, agent }) => [agentId, { agentId, agent }])).values()],
    environments: [...new Set(runs.map(({ environment }) => environment))],
    statuses: {
      running: count('running'),
      waiting: count('waiting'),
      success: count('success'),
      failure: count('failure'),
      cancelled: count('cancelled'),
    },
    inputTokens: known ? 12_800 : null,
    outputTokens: known ? 240 : null,
    costNanoUsd: known ? 8_400_000 : null,
    unpricedCalls: known ? 0 : 4,
  }
}

type Asked = { readonly query: URLSearchParams; readonly body: unknown }
type State = { readonly nowMs: number; readonly keys: Map<string, unknown> }

/** Sessions and saved views of the fixture server; views are kept under `views` for as long as it lives. */
export const sessionAnswers: readonly (readonly [
  string,
  RegExp,
  (question: Asked, state: State, parts: readonly string[]) => Response,
])[] = [
  ['GET', /^\/sessions$/, ({ query }, { nowMs }) => sessions(query, nowMs)],
  ['GET', /^\/sessions\/([^/]+)$/, (_, { nowMs }, [id]) => found(id, (number) => sessionOf(number, nowMs))],
  [
    'GET',
    /^\/sessions\/([^/]+)\/executions$/,
    ({ query }, { nowMs }, [id]) =>
      found(id, (number) => {
        const rest = query.has('cursor')
        return {
          items: runsOf(number, nowMs).slice(rest ? 1 : 0, rest ? 2 : number === 2 ? 1 : 2),
          nextCursor: number === 2 && !rest ? '1' : null,
        }
      }),
  ],
  [
    'GET',
    /^\/views$/,
    ({ query }, state) => json({ items: viewsOf(state).filter(({ page }) => page === query.get('page')) }),
  ],
  ['POST', /^\/views$/, createView],
  ['PATCH', /^\/views\/([^/]+)$/, changeView],
  [
    'DELETE',
    /^\/views\/([^/]+)$/,
    (_, state, [id]) => {
      setViews(
        state,
        viewsOf(state).filter(({ viewId }) => viewId !== id),
      )
      return new Response(null, { status: 204 })
    },
  ],
]

function sessions(query: URLSearchParams, nowMs: number): Response {
  const from = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  const all = Array.from({ length: SESSIONS }, (_, number) => sessionOf(number, nowMs)).filter(
    ({ environments }) => !query.has('environment') || environments.includes(query.get('environment') ?? ''),
  )
  return json({
    items: all.slice(from, from + limit),
    nextCursor: from + limit < all.length ? String(from + limit) : null,
  })
}

function found(id: string | undefined, answer: (number: number) => unknown): Response {
  const wanted = decodeURIComponent(id ?? '')
  const number = Array.from({ length: SESSIONS }, (_, n) => n).find((n) => conversationOf(n) === wanted)
  return number === undefined
    ? refusal('not-found', 'No execution has this conversation id. GET /api/v1/sessions lists them.')
    : json(answer(number))
}

const viewsOf = ({ keys }: State): readonly SavedView[] => (keys.get('views') as SavedView[] | undefined) ?? first
const setViews = ({ keys }: State, views: readonly SavedView[]) => keys.set('views', views)

const first: readonly SavedView[] = [
  view(1, 'Failures in production', true, { status: 'failure', environment: 'production' }),
  view(2, 'Gold customers', false, { 'attribute.customer.tier': 'gold' }),
]

function view(number: number, name: string, mine: boolean, filters: SavedView['filters']): SavedView {
  const at = '2026-01-04T10:00:00.000Z'
  return {
    viewId: uuid(700 + number),
    page: 'executions',
    name,
    shared: !mine,
    filters,
    version: 1,
    mine,
    createdAt: at,
    updatedAt: at,
  }
}

function createView({ body }: Asked, state: State): Response {
  const { page, name, shared, filters } = NewSavedView.parse(body)
  if (viewsOf(state).some((known) => known.mine && known.name === name))
    return refusal('already-exists', `There is a view named "${name}" on this list. Choose another name.`)
  const made = { ...view(10 + viewsOf(state).length, name, true, filters), page, shared }
  setViews(state, [...viewsOf(state), made])
  return json(made, 201)
}

function changeView({ body }: Asked, state: State, [id]: readonly string[]): Response {
  const { version, ...patch } = SavedViewPatch.parse(body)
  const before = viewsOf(state).find(({ viewId }) => viewId === id)
  if (before === undefined) return refusal('not-found', 'There is no view with this id that you may see.')
  if (!before.mine) return refusal('not-allowed', 'Only who made a view, or who manages people, changes it.')
  if (patch.filters !== undefined && version !== before.version)
    return refusal('precondition-failed', 'Read the view again.')
  const after = {
    ...before,
    ...patch,
    version: patch.filters === undefined ? before.version : before.version + 1,
  } as SavedView
  setViews(
    state,
    viewsOf(state).map((known) => (known.viewId === id ? after : known)),
  )
  return json(after)
}
