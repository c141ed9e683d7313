import type { Clock } from '../../ports/clock.ts'
import { type LocalAnswer, type LocalRequest, startLocalServer } from './local-server.ts'

export interface ClickUpTask {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly priority: number
  readonly tags: readonly string[]
  status: string
  readonly comments: string[]
}

export interface ClickUpServer {
  readonly url: string
  readonly token: string
  readonly listId: string
  readonly tasks: ClickUpTask[]
  /** Does the next request and then breaks the connection's answer: 500 instead of what was made. */
  loseNextAnswer(): void
  close(): Promise<void>
}

/** ClickUp's limit on lower plans: 100 requests a minute and token. */
const perMinute = 100
const statuses = ['to do', 'in progress', 'complete']

/** ClickUp's API v2 as far as tasks and comments go, with its token, its statuses and its limit per minute. */
export async function startClickUpServer(clock: Clock, limit: number = perMinute): Promise<ClickUpServer> {
  const tasks: ClickUpTask[] = []
  const token = 'pk_1_TESTTOKEN'
  const listId = '901100'
  let minute = -1
  let used = 0
  let losesAnswer = false
  const server = await startLocalServer((request) => {
    const now = Math.floor(clock.now() / 60_000)
    used = now === minute ? used + 1 : 1
    minute = now
    if (request.headers['authorization'] !== token) return error(401, 'Token invalid', 'OAUTH_025')
    if (used > limit)
      return {
        ...error(429, 'Rate limit reached', 'APP_002'),
        headers: { 'x-ratelimit-limit': String(limit), 'x-ratelimit-reset': String((minute + 1) * 60) },
      }
    const answer = answerOf(request, tasks, listId)
    if (!losesAnswer) return answer
    losesAnswer = false
    return error(500, 'Internal Server Error', 'SHARD_000')
  })
  return {
    url: server.url,
    token,
    listId,
    tasks,
    loseNextAnswer: () => {
      losesAnswer = true
    },
    close: server.close,
  }
}

function answerOf(request: LocalRequest, tasks: ClickUpTask[], listId: string): LocalAnswer {
  const route = `${request.method} ${request.path}`
  const body = request.body === '' ? {} : (JSON.parse(request.body) as Record<string, unknown>)
  if (route === `POST /api/v2/list/${listId}/task`) return makeTask(body, tasks)
  if (route === `GET /api/v2/list/${listId}/task`) {
    const tags = request.query.getAll('tags[]')
    const found = tasks.filter((task) => task.status !== 'complete' && tags.every((tag) => task.tags.includes(tag)))
    return json(200, { tasks: found, last_page: true })
  }
  const [, id = '', part] = /^\/api\/v2\/task\/(\w+)(\/comment)?$/.exec(request.path) ?? []
  const task = tasks.find((one) => one.id === id)
  if (task === undefined) return error(404, 'Task not found', 'ITEM_013')
  if (request.method === 'POST' && part === '/comment') {
    if (typeof body['comment_text'] !== 'string') return error(400, 'Comment text is required', 'COMM_001')
    task.comments.push(body['comment_text'])
    return json(200, { id: 1, hist_id: 'h', date: 0 })
  }
  if (request.method === 'PUT' && part === undefined) {
    if (!statuses.includes(String(body['status']))) return error(400, 'Status does not exist', 'CRTSK_001')
    task.status = String(body['status'])
    return json(200, task)
  }
  return error(404, 'Route not found', 'APP_001')
}

function makeTask(body: Record<string, unknown>, tasks: ClickUpTask[]): LocalAnswer {
  const { name, priority, tags } = body
  if (typeof name !== 'string' || name === '') return error(400, 'Task name invalid', 'INPUT_005')
  if (typeof priority !== 'number' || ![1, 2, 3, 4].includes(priority))
    return error(400, 'Priority invalid', 'INPUT_006')
  const task: ClickUpTask = {
    id: `86c${tasks.length + 1}`,
    name,
    description: String(body['markdown_description'] ?? ''),
    priority,
    tags: Array.isArray(tags) ? tags.map(String) : [],
    status: 'to do',
    comments: [],
  }
  tasks.push(task)
  return json(200, task)
}

function json(status: number, body: unknown): LocalAnswer {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

function error(status: number, err: string, code: string): LocalAnswer {
  return json(status, { err, ECODE: code })
}
