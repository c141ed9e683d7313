import { answers, type Question } from './answers.ts'
import { FixtureLedger } from './ledger.ts'
import { createStoreOfNews, type News } from './news.ts'
import { refusal } from './replies.ts'

/** What a test may change about the server that it talks to. */
export interface WireOptions {
  readonly nowMs?: number
  /** False: no session, everything but signing in is refused. */
  readonly signedIn?: boolean
  /** Replies that stand for a path, before the fixture's own: for refusals, empty lists, broken replies. */
  readonly overrides?: Readonly<Record<string, (question: Question) => Response | Promise<Response> | null>>
}

/** The fixture server: the API of MetaAgent with made-up content, in the forms of the contract. */
export interface Wire {
  /** Answers a request; the type of `fetch`. */
  readonly fetch: (input: Request | string | URL, init?: RequestInit) => Promise<Response>
  /** Every request so far, as `METHOD /path?query`. */
  readonly seen: readonly string[]
  readonly news: News
  readonly ledger: FixtureLedger
}

/** Makes a server for one test or one demonstration. */
export async function createWire(options: WireOptions = {}): Promise<Wire> {
  const nowMs = options.nowMs ?? Date.now()
  const ledger = await FixtureLedger.create(nowMs)
  const news = createStoreOfNews()
  const seen: string[] = []
  const state = { signedIn: options.signedIn ?? true, nowMs, ledger, news, keys: new Map(), votes: new Set<string>() }
  return {
    seen,
    news,
    ledger,
    fetch: async (input, init) => {
      const request = input instanceof Request ? input : new Request(new URL(input, 'http://metaagent.test'), init)
      const url = new URL(request.url)
      const path = url.pathname.replace(/^\/api\/v1/, '')
      seen.push(`${request.method} ${path}${url.search}`)
      const text = request.method === 'GET' ? '' : await request.text()
      const question: Question = {
        method: request.method,
        path,
        query: url.searchParams,
        body: text === '' ? null : JSON.parse(text),
        headers: request.headers,
        signal: init?.signal ?? request.signal,
      }
      const override = await options.overrides?.[`${request.method} ${path}`]?.(question)
      if (override != null) return override
      if (!state.signedIn && path !== '/auth/sign-in' && path !== '/health')
        return refusal('not-authenticated', 'Sign in first.')
      return answers(question, state)
    },
  }
}
