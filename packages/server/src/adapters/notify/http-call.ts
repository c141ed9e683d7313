import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressGuard } from './address-guard.ts'

export interface HttpCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON unless the headers name another type. */
  readonly body?: string | Uint8Array
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** At most the first 64 KiB. */
  readonly text: string
  /** The same as they came. */
  readonly bytes: Uint8Array
}

const timeoutMs = 15_000
const mostBytes = 65_536

/**
 * One request to an address that the guard allows. Redirects are not followed: what answers must be what was named.
 * Throws AddressRefused, or the error of the network.
 */
export async function callHttp(guard: AddressGuard, call: HttpCall): Promise<HttpAnswer> {
  const url = new URL(call.url)
  const { address, family } = await guard.resolve(url.hostname)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const headers: Record<string, string> = { 'user-agent': 'MetaAgent', ...call.headers }
  if (call.body !== undefined) {
    headers['content-type'] ??= 'application/json'
    headers['content-length'] = String(Buffer.byteLength(call.body))
  }
  return await new Promise((resolve, reject) => {
    const options = {
      method: call.method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      // The name stays for TLS and the Host header; the connection goes to the address that was checked.
      lookup: (
        _host: string,
        wanted: { all?: boolean },
        done: (error: null, found: unknown, ofFamily?: number) => void,
      ) => (wanted.all === true ? done(null, [{ address, family }]) : done(null, address, family)),
    }
    const request = send(url, options as Parameters<typeof send>[1], (response) => {
      readAnswer(response).then(resolve, reject)
    })
    request.once('error', reject)
    request.end(call.body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= mostBytes) chunks.push(chunk)
    else response.destroy()
    if (size > mostBytes) break
  }
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
  const bytes = Buffer.concat(chunks)
  return { status: response.statusCode ?? 0, headers, text: bytes.toString('utf8'), bytes }
}

/** Calls that a guard allows, and what was answered last. */
export interface HttpCaller {
  call(call: HttpCall): Promise<HttpAnswer>
  readonly newest: HttpAnswer | null
}

/** A caller for one message: `newest` is what its last call was answered. */
export function httpCaller(guard: AddressGuard): HttpCaller {
  let newest: HttpAnswer | null = null
  return {
    call: async (call) => {
      newest = null
      newest = await callHttp(guard, call)
      return newest
    },
    get newest() {
      return newest
    },
  }
}

/** What an answer asks the sender to wait: `Retry-After` in seconds or as a date. Null when it asks nothing. */
export function retryAfterMs(answer: Pick<HttpAnswer, 'headers'>, nowMs: number): number | null {
  const text = answer.headers['retry-after']
  if (text === undefined) return null
  if (/^\d+$/.test(text.trim())) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

/** The first line of what the other side said, for the log. */
export function said(answer: HttpAnswer): string {
  const line = answer.text.replace(/\s+/g, ' ').trim().slice(0, 300)
  return line === '' ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${line}`
}
