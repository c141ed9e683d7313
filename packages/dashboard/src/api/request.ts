import { Problem } from '@metaagent/contract'
import { z } from 'zod'
import { ApiError, refusedError } from './api-error.ts'

// A newer server may know codes that this build does not; its sentence is still worth showing.
const AnyProblem = Problem.extend({ code: z.string() })

/** Where the API stands: the same origin as the page. */
export const API = '/api/v1'

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>
  readonly body?: unknown
  /** The revision that was read: a change of anything newer is refused. */
  readonly ifMatch?: number
  /** Sent again with the same one, a creation happens once. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

/**
 * Sends a request and reads its reply with the contract's schema. Throws an `ApiError` for every failure: a refusal, no
 * answer, or a reply that does not fit the contract. An abort is passed on as it is.
 */
export async function request<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  options: RequestOptions = {},
): Promise<z.infer<Schema>> {
  const response = await send(path, options)
  const body = await bodyOf(response)
  if (!response.ok) throw refusalOf(response, body)
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new ApiError({
    kind: 'unreadable',
    status: response.status,
    code: 'reply-not-understood',
    title: 'The reply does not fit the contract',
    detail: `The server answered ${path}, but not in the form that this dashboard knows. They may be of two versions: reload the page; if it stays, update the server.`,
    places: parsed.error.issues
      .slice(0, 5)
      .map(({ path: at, message }) => ({ path: at.join('.') || '(whole)', message })),
    requestId: response.headers.get('x-request-id'),
  })
}

/** The same for a request whose reply holds nothing (204). */
export async function requestNothing(path: string, options: RequestOptions): Promise<void> {
  const response = await send(path, options)
  if (!response.ok) throw refusalOf(response, await bodyOf(response))
}

/** The address of an API path with its query; empty values are left out. */
export function addressOf(path: string, query: RequestOptions['query'] = {}): string {
  const values = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') values.set(key, String(value))
  }
  const text = values.toString()
  return text === '' ? `${API}${path}` : `${API}${path}?${text}`
}

async function send(
  path: string,
  { method = 'GET', query, body, signal, ifMatch, idempotencyKey }: RequestOptions,
): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (ifMatch !== undefined) headers['if-match'] = `"${ifMatch}"`
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
  try {
    return await fetch(addressOf(path, query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError({
      kind: 'unreachable',
      status: 0,
      code: 'server-unreachable',
      title: 'The server does not answer',
      detail: 'Check that MetaAgent is running and that this device is online, then try again.',
    })
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The refusal in a response's body, or a plain one where something else than MetaAgent answered. */
export function refusalOf(response: Response, body: unknown): ApiError {
  const problem = AnyProblem.safeParse(body)
  if (problem.success) return refusedError(problem.data)
  return new ApiError({
    kind: 'unreadable',
    status: response.status,
    code: `http-${response.status}`,
    title: 'The server answered with an error',
    detail: `It answered with status ${response.status} and no explanation. A proxy between this page and MetaAgent may have answered instead.`,
    requestId: response.headers.get('x-request-id'),
  })
}
