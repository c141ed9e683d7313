import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { anthropicMessages } from './anthropic-messages.ts'
import { embeddings, refuseEmbeddings } from './embeddings.ts'
import { openAiChat, openAiError } from './openai-chat.ts'
import { openAiResponses } from './openai-responses.ts'
import { answers, type Dialect, type Json, resolveTurn, type ScriptedError, type Turn } from './script.ts'

/** What a client sent. */
export interface LlmRequest {
  readonly number: number
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Json
}

/**
 * A model behind the real wire formats: OpenAI's Chat Completions, Responses and Embeddings, Anthropic's Messages. It
 * says what a script tells it, in the same bytes each time, and refuses what the vendors refuse.
 *
 * Other processes script it over HTTP: `POST /_script` takes a list of turns, `DELETE /_script` forgets turns and
 * requests, `GET /_requests` shows what came.
 */
export interface LlmServer {
  /** `http://127.0.0.1:PORT`; OpenAI's clients take it with `/v1`. */
  readonly url: string
  readonly requests: readonly LlmRequest[]
  /** Adds turns. A request gets the first that answers it; without one it gets a 500 that says so. */
  script(...turns: readonly Turn[]): void
  /** Turns that nobody asked for yet. */
  readonly left: readonly Turn[]
  /** Forgets turns and requests and counts from 1 again. */
  reset(): void
  close(): Promise<void>
}

const dialects: Readonly<Record<string, Dialect>> = {
  '/chat/completions': openAiChat,
  '/responses': openAiResponses,
  '/messages': anthropicMessages,
}

export async function startLlmServer(options: { readonly port?: number } = {}): Promise<LlmServer> {
  const state: State = { turns: [], requests: [], count: 0 }
  const server: Server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return state.requests
    },
    get left() {
      return state.turns.filter((turn) => turn.repeat !== true)
    },
    script: (...turns) => {
      state.turns.push(...turns)
    },
    reset: () => reset(state),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface State {
  turns: Turn[]
  requests: LlmRequest[]
  count: number
}

function reset(state: State): void {
  state.turns = []
  state.requests = []
  state.count = 0
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').replace(/\?.*$/, '').replace(/^\/v1(?=\/)/, '')
  const text = await readText(request)
  const body = (text === '' ? {} : JSON.parse(text)) as Json
  if (path.startsWith('/_')) return control(state, request.method ?? 'GET', path, body, response)
  const headers = request.headers as Readonly<Record<string, string | undefined>>
  const number = ++state.count
  state.requests.push({ number, path, headers, body })
  response.setHeader(path === '/messages' ? 'request-id' : 'x-request-id', `req_${number}`)
  const dialect = dialects[path]
  if (headers.authorization === undefined && headers['x-api-key'] === undefined)
    return fail(response, dialect, number, {
      status: 401,
      type: path === '/messages' ? 'authentication_error' : 'invalid_request_error',
      message: 'No API key was given.',
    })
  if (path === '/models') return json(response, 200, { object: 'list', data: [] })
  if (path === '/embeddings') {
    const refusal = takeError(state, body) ?? refuseEmbeddings(body)
    return refusal === null ? json(response, 200, embeddings(body)) : fail(response, undefined, number, refusal)
  }
  if (path === '/messages/count_tokens') return json(response, 200, { input_tokens: Math.ceil(text.length / 4) })
  if (dialect === undefined)
    return fail(response, undefined, number, { status: 404, type: 'invalid_request_error', message: `No ${path}.` })
  const refusal = dialect.refuse(body, headers)
  if (refusal !== null) return fail(response, dialect, number, refusal)
  await answer(state, { dialect, number, body, whole: text }, response)
}

interface Asked {
  readonly dialect: Dialect
  readonly number: number
  readonly body: Json
  readonly whole: string
}

async function answer(state: State, asked: Asked, response: ServerResponse): Promise<void> {
  const { dialect, number, body, whole } = asked
  const model = String(body['model'])
  const turn = takeTurn(state, { model, last: JSON.stringify(dialect.lastMessage(body) ?? ''), whole })
  if (turn === null)
    return fail(response, dialect, number, {
      status: 500,
      type: 'api_error',
      message: `The script has no turn for request ${number}.`,
      // Clients must not try again and shift the rest of the script.
      headers: { 'x-should-retry': 'false' },
    })
  if (turn.delayMs !== undefined) await pause(turn.delayMs)
  if (turn.error !== undefined) return fail(response, dialect, number, turn.error)
  const resolved = resolveTurn(turn, number, { model, whole })
  if (body['stream'] !== true) return json(response, 200, dialect.reply(resolved, body))
  await stream(turn, asked, dialect.stream(resolved, body), response)
}

async function stream(
  turn: Turn,
  { dialect, number }: Asked,
  events: readonly { event?: string; data: unknown }[],
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  for (const [at, { event, data }] of events.entries()) {
    if (turn.breakAfterEvents !== undefined && at >= turn.breakAfterEvents.events) {
      if (turn.breakAfterEvents.by === 'cut') return void response.destroy()
      const said = dialect.streamError(number)
      response.end(frame(said.event, said.data))
      return
    }
    response.write(frame(event, data))
    if (turn.chunkDelayMs !== undefined) await pause(turn.chunkDelayMs)
    if (response.destroyed) return
  }
  response.end()
}

function frame(event: string | undefined, data: unknown): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

function takeTurn(state: State, request: { model: string; last: string; whole: string }): Turn | null {
  const at = state.turns.findIndex((turn) => answers(turn, request))
  const turn = state.turns[at]
  if (turn === undefined) return null
  if (turn.repeat !== true) state.turns.splice(at, 1)
  return turn
}

/** An error that was scripted for embeddings, by the name of their model; turns of other models stay. */
function takeError(state: State, body: Json): ScriptedError | null {
  const at = state.turns.findIndex((turn) => turn.error !== undefined && turn.when?.model === body['model'])
  const turn = state.turns[at]
  if (turn?.repeat !== true && at >= 0) state.turns.splice(at, 1)
  return turn?.error ?? null
}

function control(state: State, method: string, path: string, body: unknown, response: ServerResponse): void {
  if (path === '/_requests') return json(response, 200, state.requests)
  if (path !== '/_script') return json(response, 404, { detail: `No ${path}.` })
  if (method === 'DELETE') reset(state)
  else state.turns.push(...(body as readonly Turn[]))
  return json(response, 200, { left: state.turns.length })
}

function fail(response: ServerResponse, dialect: Dialect | undefined, number: number, error: ScriptedError): void {
  for (const [name, value] of Object.entries(error.headers ?? {})) response.setHeader(name, value)
  json(response, error.status, dialect === undefined ? openAiError(error) : dialect.errorBody(error, number))
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
