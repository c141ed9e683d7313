import { Problem } from '@metaagent/contract'
import type { z } from 'zod'
import type { Config } from '../config.ts'

/** Thrown when a command cannot do what was asked; the message is all that a person needs. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused'
}

export interface Api {
  readonly url: string
  /** Sends JSON, parses the reply with the contract's schema. Waits and tries again on 429 and 503. */
  request<Schema extends z.ZodType>(
    method: string,
    path: string,
    reply: Schema,
    body?: unknown,
  ): Promise<z.output<Schema>>
  /** The reply's text as it came. */
  text(path: string): Promise<string>
  /** The reply itself, to be read piece by piece. */
  open(path: string): Promise<Response>
}

const triesMax = 6

/** Talks to a server through its public API, as any client would. */
export function createApi(url: string, apiKey: string): Api {
  const open = async (method: string, path: string, body?: unknown): Promise<Response> => {
    for (let tries = 1; ; tries++) {
      const response = await reach(url, path, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (response.ok) return response
      const text = await response.text()
      if (tries < triesMax && (response.status === 429 || response.status === 503)) {
        await pause(1000 * Math.max(0.2, Number(response.headers.get('retry-after')) || 1))
        continue
      }
      throw new CommandRefused(`${method} ${path} was refused: ${explain(response.status, text)}`)
    }
  }
  const send = async (method: string, path: string, body?: unknown) => await (await open(method, path, body)).text()
  return {
    url,
    request: async (method, path, reply, body) => {
      const parsed = reply.safeParse(parseJson(await send(method, path, body)))
      if (!parsed.success)
        throw new CommandRefused(
          `${method} ${path} answered something else than this version expects; is ${url} a MetaAgent of the same version?`,
        )
      return parsed.data
    },
    text: async (path) => await send('GET', path),
    open: async (path) => await open('GET', path),
  }
}

/** Undefined, which fits no reply, when the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function reach(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, init)
  } catch {
    throw new CommandRefused(
      `No server answers at ${url}. Start one with "metaagent start", or name yours with --url or METAAGENT_URL.`,
    )
  }
}

function explain(status: number, text: string): string {
  const problem = Problem.safeParse(parseJson(text))
  // Anything else was answered by a proxy.
  return problem.success ? `${problem.data.code}. ${problem.data.detail}` : `HTTP ${status}`
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}

/** The server that a command talks to: options first, then METAAGENT_URL and METAAGENT_API_KEY. */
export function apiFor(
  config: Config,
  options: { readonly url?: string | undefined; readonly apiKey?: string | undefined },
): Api {
  const url = (options.url ?? config.client.url ?? `http://localhost:${config.port}`).replace(/\/$/, '')
  const apiKey = options.apiKey ?? config.client.apiKey
  if (apiKey === null)
    throw new CommandRefused(
      'No API key: pass --api-key or set METAAGENT_API_KEY. An admin makes keys in the dashboard under Settings.',
    )
  return createApi(url, apiKey)
}
