import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { ProbeCall, ProbeReply, Prober } from '../../ports/prober.ts'
import { AddressRefused, createAddressGuard } from '../notify/address-guard.ts'

/** A reply is read this far; assertions look no farther. */
const bodyMaxBytes = 65_536

/**
 * Calls over HTTP. The address that was checked is the one that is connected to, so that a name cannot point into a
 * private network a moment later; redirects are replies, not followed, for the same reason.
 */
export function createHttpProber(options: {
  /** CIDR ranges of people's own networks that may be called. */
  readonly allowedNetworks: readonly string[]
  readonly monotonicMs: () => number
}): Prober {
  const guard = createAddressGuard(options.allowedNetworks)
  return async (call) => {
    const startedMs = options.monotonicMs()
    const latencyMs = () => Math.max(0, Math.round(options.monotonicMs() - startedMs))
    try {
      const { address, family } = await guard.resolve(new URL(call.url).hostname)
      const { status, body } = await send(call, address, family)
      return { kind: 'reply', status, body, latencyMs: latencyMs() }
    } catch (error) {
      return { kind: 'no-reply', ...reasonOf(error), latencyMs: latencyMs() }
    }
  }
}

class TimedOut extends Error {}

function reasonOf(error: unknown): Pick<Extract<ProbeReply, { kind: 'no-reply' }>, 'reason' | 'detail'> {
  const detail = error instanceof Error ? error.message : String(error)
  if (error instanceof AddressRefused) return { reason: 'address-refused', detail }
  return { reason: error instanceof TimedOut ? 'timeout' : 'connection-failed', detail }
}

function send(call: ProbeCall, address: string, family: 4 | 6): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const secure = new URL(call.url).protocol === 'https:'
    const signal = AbortSignal.timeout(call.timeoutMs)
    const request = (secure ? httpsRequest : httpRequest)(
      call.url,
      {
        method: call.method,
        headers: {
          ...call.headers,
          ...(call.body === null ? {} : { 'content-length': String(Buffer.byteLength(call.body)) }),
        },
        // No connection of an earlier call: it may lead elsewhere than what was just checked.
        agent: false,
        signal,
        lookup: (_host, { all }, answer) => {
          if (all === true) answer(null, [{ address, family }])
          else answer(null, address, family)
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        const finish = () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).subarray(0, bodyMaxBytes).toString('utf8'),
          })
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size < bodyMaxBytes) return
          finish()
          response.destroy()
        })
        response.on('end', finish)
        response.on('error', reject)
      },
    )
    request.on('error', (error) =>
      reject(signal.aborted ? new TimedOut(`No reply came within ${call.timeoutMs} ms.`) : error),
    )
    request.end(call.body ?? undefined)
  })
}
