import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { AccessScope } from '@metaagent/contract'
import { ok, type Refusal, type Result, refuse } from '../kernel/result.ts'
import type { Caller, Deps } from '../ports/slice.ts'
import { StoreUnavailable } from '../ports/store-errors.ts'
import { actorOf } from '../slices/govern/journal/index.ts'
import { receiveQaEvents } from '../slices/judge/judgments/index.ts'
import {
  type Ingest,
  type OtlpEncoding,
  otlpReply,
  readOtlpLogs,
  readOtlpMetrics,
  readOtlpTraces,
  readTelemetryBatch,
  receiveSpanEvents,
  storeMetricPoints,
} from '../slices/observe/telemetry/index.ts'
import { actorKey } from './actor-key.ts'
import { csrfRefusal, type PresentedCredential, presentedBy } from './credentials.ts'
import type { PrivilegedClientMiddleware } from './privileged-client.ts'
import { problemOf, problemType, refusalHeaders, refusalOfError } from './problem.ts'
import type { LimitClass, RateLimits } from './rate-limit.ts'
import { securityHeaders } from './surface.ts'

/** Largest body, after inflation. */
export const largestBodyBytes = 16 * 1_048_576
const bodyTimeoutMs = 30_000

export interface IngestHandlerParts {
  readonly deps: Deps
  readonly ingest: Ingest
  readonly authenticate: (deps: Deps, presented: PresentedCredential) => Promise<Result<Caller>>
  readonly rateLimits: RateLimits
  readonly privilegedClients?: PrivilegedClientMiddleware
  readonly privilegedRateFactor?: (organizationId: string) => Promise<number>
  readonly apiKeyHeader?: string
}

/** What an address does with a body that was admitted and read. */
interface Intake {
  readonly access: AccessScope
  /** Content types that it takes, without parameters. */
  readonly types: readonly string[]
  readonly store: (
    parts: IngestHandlerParts,
    caller: Caller,
    type: string,
    body: Uint8Array,
  ) => Promise<Result<IngestReply>>
}

interface IngestReply {
  readonly contentType: string
  readonly body: string | Uint8Array
}

const otlpTypes = ['application/json', 'application/x-protobuf']

const intakes: Readonly<Record<string, Intake>> = {
  '/api/v1/telemetry': { access: 'telemetry:write', types: ['application/json'], store: storeTelemetry },
  '/api/v1/qa/events': { access: 'judgments:write', types: ['application/json'], store: storeQaEvents },
  '/v1/traces': { access: 'telemetry:write', types: otlpTypes, store: storeTraces },
  '/v1/logs': { access: 'telemetry:write', types: otlpTypes, store: storeLogs },
  '/v1/metrics': { access: 'telemetry:write', types: otlpTypes, store: storeMetrics },
}

/**
 * The hot path of ingest, on bare `node:http` in front of the shell: authenticates, checks scope and rate, reads the
 * body within its limits and answers when the rows are stored. Returns false for requests that it does not take.
 */
export function createIngestHandler(
  parts: IngestHandlerParts,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    if (request.method !== 'POST') return false
    const intake = intakes[(request.url ?? '').split('?', 1)[0] ?? '']
    if (intake === undefined) return false
    void serve(parts, intake, request, response)
    return true
  }
}

async function serve(
  parts: IngestHandlerParts,
  intake: Intake,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = parts.deps.ids.uuid()
  response.setHeader('x-request-id', requestId)
  for (const [name, value] of securityHeaders(request.url ?? '')) response.setHeader(name, value)
  try {
    const caller = await admit(parts, intake.access, request, response)
    const reply = caller.ok ? await take(parts, intake, caller.value, request) : caller
    if (reply.ok) send(response, 200, reply.value.contentType, reply.value.body)
    else sendRefusal(response, reply.refusal, requestId)
  } catch (error) {
    if (error instanceof ClientGone) return
    const refusal = refusalOfThrown(error)
    if (refusal.code === 'internal-error')
      parts.deps.log.error({ requestId, path: request.url ?? null, error: String(error) }, 'an ingest request failed')
    sendRefusal(response, refusal, requestId)
  }
}

function refusalOfThrown(error: unknown): Refusal {
  if (!(error instanceof StoreUnavailable)) return refusalOfError(error)
  return {
    code: 'store-unavailable',
    detail: 'The database does not answer. Send the batch again; what was stored already counts once.',
    extensions: { retryAfterSeconds: 2 },
  }
}

/** Who asks, may they, and not too often. Before a byte of the body is read. */
async function admit(
  parts: IngestHandlerParts,
  access: AccessScope,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Result<Caller>> {
  const presented = presentedBy(request.headers, parts.apiKeyHeader)
  const csrf = csrfRefusal('POST', request.headers, presented)
  if (csrf !== null) return { ok: false, refusal: csrf }
  const found = await parts.authenticate(parts.deps, presented)
  const limited = found.ok
    ? await limit(parts, response, 'ingest', actorKey(found.value), await factorOf(parts, request, found.value))
    : await limit(parts, response, 'sign-in', request.socket.remoteAddress ?? '')
  if (limited !== null) return { ok: false, refusal: limited }
  if (!found.ok) return found
  if (found.value.scopes.has(access)) return found
  return refuse('not-allowed', `This needs the scope ${access}. Ask an admin for a key that has it.`, { scope: access })
}

async function limit(
  parts: IngestHandlerParts,
  response: ServerResponse,
  limitClass: LimitClass,
  key: string,
  factor = 1,
): Promise<Refusal | null> {
  const verdict = await parts.rateLimits.take(limitClass, key, 1, factor)
  for (const [name, value] of Object.entries(verdict.headers)) response.setHeader(name, value)
  return verdict.refusal
}

async function factorOf(parts: IngestHandlerParts, request: IncomingMessage, caller: Caller): Promise<number> {
  const { privilegedClients, privilegedRateFactor } = parts
  if (privilegedRateFactor === undefined || privilegedClients?.ofHeaders(request.headers) !== true) return 1
  return await privilegedRateFactor(caller.organizationId)
}

/** Reads, inflates and stores the body of an admitted request. */
async function take(
  parts: IngestHandlerParts,
  intake: Intake,
  caller: Caller,
  request: IncomingMessage,
): Promise<Result<IngestReply>> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!intake.types.includes(type))
    return refuse('unsupported-media-type', `Send ${intake.types.join(' or ')} as the content type.`)
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding))
    return refuse('unsupported-media-type', 'Send the body as it is, or with the content encoding gzip.')
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > largestBodyBytes) return tooLarge
  // A parsed body takes several times its bytes; what one request may hold is set aside before any of it is there.
  const release = parts.ingest.reserve(announced === 0 ? largestBodyBytes : announced)
  if (release === null) return queueFull
  let releaseInflated: (() => void) | null = null
  try {
    const raw = await readBody(request)
    if (raw === null) return tooLarge
    if (encoding === 'identity') return await intake.store(parts, caller, type, raw)
    const inflated = await inflate(raw)
    if (!inflated.ok) return inflated
    releaseInflated = parts.ingest.reserve(inflated.value.length)
    if (releaseInflated === null) return queueFull
    return await intake.store(parts, caller, type, inflated.value)
  } finally {
    release()
    releaseInflated?.()
  }
}

const tooLarge = refuse(
  'payload-too-large',
  `Send at most ${largestBodyBytes} bytes, counted after inflation. Smaller batches are stored sooner.`,
)
const queueFull = refuse(
  'queue-full',
  'More telemetry waits to be stored than this server holds. Send the batch again later.',
  {
    retryAfterSeconds: 1,
  },
)

/** The client went away: there is nobody to answer. */
class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** The whole body, or null when it is larger than allowed. Throws ClientGone when it does not arrive whole in time. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => request.destroy(), bodyTimeoutMs)
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= largestBodyBytes) chunks.push(chunk)
      else {
        chunks.length = 0
        clearTimeout(timer)
        resolve(null)
      }
    })
    request.once('end', () => {
      clearTimeout(timer)
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
    })
    const gone = () => {
      clearTimeout(timer)
      reject(new ClientGone())
    }
    request.once('error', gone)
    request.once('close', gone)
  })
}

const gunzipLimited = promisify(gunzip) as (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>

/** Stops inflating at the limit, whatever the bytes claim to become. */
async function inflate(bytes: Uint8Array): Promise<Result<Buffer>> {
  try {
    return ok(await gunzipLimited(bytes, { maxOutputLength: largestBodyBytes }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge
    return refuse('bad-request', 'The body is not valid gzip.')
  }
}

async function storeTelemetry(
  { deps, ingest }: IngestHandlerParts,
  caller: Caller,
  _type: string,
  body: Uint8Array,
): Promise<Result<IngestReply>> {
  const parsed = jsonOf(body)
  if (!parsed.ok) return parsed
  const batch = readTelemetryBatch(parsed.value, deps.clock.now())
  if (!batch.ok) return batch
  return jsonReply(await ingest.submit(caller.organizationId, batch.value))
}

async function storeQaEvents(
  { deps }: IngestHandlerParts,
  caller: Caller,
  _type: string,
  body: Uint8Array,
): Promise<Result<IngestReply>> {
  const parsed = jsonOf(body)
  return parsed.ok ? jsonReply(await receiveQaEvents(deps, caller, parsed.value)) : parsed
}

function jsonOf(body: Uint8Array): Result<unknown> {
  try {
    return ok(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')))
  } catch {
    return refuse('bad-request', 'The body is not valid JSON.')
  }
}

function jsonReply(reply: Result<unknown>): Result<IngestReply> {
  return reply.ok ? ok({ contentType: 'application/json; charset=utf-8', body: JSON.stringify(reply.value) }) : reply
}

const encodingOf = (type: string): OtlpEncoding => (type === 'application/json' ? 'json' : 'protobuf')

async function storeTraces(
  { deps, ingest }: IngestHandlerParts,
  caller: Caller,
  type: string,
  body: Uint8Array,
): Promise<Result<IngestReply>> {
  const encoding = encodingOf(type)
  const read = readOtlpTraces(encoding, body, deps.clock.now())
  if (!read.ok) return read
  const { organizationId } = caller
  const stored = await ingest.submit(organizationId, read.value.batch)
  if (!stored.ok) return stored
  const { evaluations } = read.value
  if (evaluations.length > 0) {
    const judged = await receiveSpanEvents(deps, organizationId, actorOf(caller), { contents: [], evaluations })
    if (!judged.ok) return judged
  }
  return ok({ contentType: type, body: otlpReply(encoding, 'rejectedSpans', read.value) })
}

async function storeLogs(
  { deps }: IngestHandlerParts,
  caller: Caller,
  type: string,
  body: Uint8Array,
): Promise<Result<IngestReply>> {
  const encoding = encodingOf(type)
  const read = readOtlpLogs(encoding, body, deps.clock.now())
  if (!read.ok) return read
  const stored = await receiveSpanEvents(deps, caller.organizationId, actorOf(caller), read.value)
  return stored.ok ? ok({ contentType: type, body: otlpReply(encoding, 'rejectedLogRecords', read.value) }) : stored
}

async function storeMetrics(
  { deps }: IngestHandlerParts,
  caller: Caller,
  type: string,
  body: Uint8Array,
): Promise<Result<IngestReply>> {
  const encoding = encodingOf(type)
  const read = readOtlpMetrics(encoding, body, deps.clock.now())
  if (!read.ok) return read
  const stored = await storeMetricPoints(deps, caller.organizationId, read.value.points)
  return stored.ok ? ok({ contentType: type, body: otlpReply(encoding, 'rejectedDataPoints', read.value) }) : stored
}

function send(response: ServerResponse, status: number, contentType: string, body: string | Uint8Array): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }).end(body)
}

function sendRefusal(response: ServerResponse, refusal: Refusal, requestId: string): void {
  const problem = problemOf(refusal, requestId)
  for (const [name, value] of Object.entries(refusalHeaders(refusal))) response.setHeader(name, value)
  // The rest of a body that is too large is not worth reading.
  if (refusal.code === 'payload-too-large') response.setHeader('connection', 'close')
  send(response, problem.status, problemType, JSON.stringify(problem))
}
