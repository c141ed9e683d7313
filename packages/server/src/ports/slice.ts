import type { AccessScope, JournalEvent, Role, Tunable } from '@metaagent/contract'
import { z } from 'zod'
import type { Instant } from '../kernel/instant.ts'
import type { Result } from '../kernel/result.ts'
import type { Anchoring } from './anchoring.ts'
import type { Clock } from './clock.ts'
import type { CostWriter } from './costs.ts'
import type { Embedder } from './embedder.ts'
import type { Ids } from './ids.ts'
import type { RecordJudgments } from './judgments.ts'
import type { FindHoldOfAddress, ReadHeldDays } from './legal-holds.ts'
import type { Log } from './log.ts'
import type { EvaluateMapping } from './mapping.ts'
import type { Notifier } from './notifier.ts'
import type { Pacer } from './pacer.ts'
import type { PersonalPayloads, PersonalTable } from './personal.ts'
import type { Prober } from './prober.ts'
import type { Random } from './random.ts'
import type { RetainedTable } from './retention.ts'
import type { RollupWriter } from './rollups.ts'
import type { StepExecutor } from './step-executor.ts'
import type { Store, Tx } from './store.ts'
import type { ReadLatestVerdicts, ReadVerdicts } from './verdicts.ts'
import type { FindWords } from './word-search.ts'

/** What the shell hands to every slice. Slices hold no state of their own but what they keep in the store. */
export interface Deps {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
  readonly log: Log
  readonly secrets: Secrets
  readonly settings: Settings
  /** Filled by `app/` with the health slice; telemetry must not know that slice. */
  readonly writeRollups: RollupWriter
  /** Filled by `app/` with the costs slice; telemetry must not know that slice. */
  readonly writeCosts: CostWriter
  /** Filled by `app/` with the judgments slice; those who receive judgments must not know it. */
  readonly recordJudgments: RecordJudgments
  /** Filled by `app/` with the judgments slice; service levels stand before it. */
  readonly readVerdicts: ReadVerdicts
  /** Filled by `app/` with the judgments slice; risk stands before it. */
  readonly readLatestVerdicts: ReadLatestVerdicts
  /** Filled by `app/` with the search slice, which reads what telemetry stored. */
  readonly findWords: FindWords
  /** Filled by `app/` with the slice privacy; retention stands before it. */
  readonly readHeldDays: ReadHeldDays
  /** Filled by `app/` with the slice privacy; identity stands before it. */
  readonly findHoldOfAddress: FindHoldOfAddress
  readonly embedder: Embedder
  readonly notifier: Notifier
  readonly prober: Prober
  /** Takes signed checkpoints out of the deployment. */
  readonly anchoring: Anchoring
  readonly evaluateMapping: EvaluateMapping
  /** Through which work on a backlog goes, so that it yields to telemetry. */
  readonly pacer: Pacer
}

/** The deployment's master key, which never leaves the adapter. Seals what must not lie in the database in clear. */
export interface Secrets {
  /** AES-256-GCM under the master key; `context` is bound as associated data. */
  seal(plaintext: Uint8Array, context: string): Uint8Array
  /** Throws when the key, the bytes or the context do not fit. */
  open(sealed: Uint8Array, context: string): Uint8Array
  /** Keyed digest (HMAC-SHA-256), for looking values up without keeping them: blind indexes. */
  mac(data: Uint8Array, context: string): Uint8Array
}

/** The part of the configuration that slices read. Parsed once in `app/config.ts`. */
export interface Settings {
  /** Where people reach this deployment, without a trailing slash. */
  readonly publicUrl: string
  /** Name of the deployment's ledger, the origin line of its checkpoints. */
  readonly ledgerOrigin: string
  /** A folder for files that this process keeps beside the database (exports, logs). */
  readonly dataDir: string
  /** The deployment's own governance rules; null: those that MetaAgent ships. Read again when it changes. */
  readonly governanceRulesFile: string | null
  /** Every arbitration as one JSON line. Rotated when it is larger than `rotateBytes`; `keep` older files stay. */
  readonly arbitrationLog: { readonly path: string; readonly rotateBytes: number; readonly keep: number }
}

/** Who asks. Comes from a verified credential, never from a request body. */
export interface Caller {
  readonly organizationId: string
  readonly actor: Actor
  readonly role: Role | null
  readonly scopes: ReadonlySet<AccessScope>
  /** Whether the request carried the deployment's shared secret, beside this credential; absent: no. */
  readonly privileged?: boolean
  /** What was presented and until when it counts (null = no end); absent for system callers. */
  readonly credential?: { readonly kind: 'session' | 'api_key' | 'token'; readonly expiresAt: Instant | null }
}

export type Actor =
  | { readonly kind: 'user'; readonly userId: string; readonly sessionId: string | null }
  | { readonly kind: 'api_key'; readonly apiKeyId: string }
  | { readonly kind: 'token'; readonly subject: string; readonly issuer: string }
  | { readonly kind: 'system'; readonly component: string }

/** A handler's answer; `headers` go with an accepted one (a session cookie, an ETag). */
export type RouteResult<T> = Result<T> & { readonly headers?: Readonly<Record<string, string>> }

/** `null`: the route is open (health check, sign-in). Then `caller` is null in the handler. */
export type Access = AccessScope | null

export interface RouteRequest<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The peer's address, for rate limits; never stored in clear. */
  readonly remoteAddress: string
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

interface RouteBase {
  /** Path with `:name` parameters, from the root. */
  readonly path: string
  readonly access: Access
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Web pages of other origins may ask: preflights are answered; the handler says which origin may read its answer. */
  readonly crossOrigin?: boolean
  /** For clients that share the deployment's secret alone, whatever their scopes. */
  readonly privileged?: boolean
  /** As what an answer may come beside its declared type: other formats of a file, a JSON type of its own. */
  readonly otherTypes?: readonly string[]
  /** Names the operation in the OpenAPI document: `listAgents`. */
  readonly operationId: string
}

/** One request, one reply. Built with `route`, which ties the handler's types to the schemas. */
export interface RequestRoute extends RouteBase {
  readonly kind: 'request'
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly params: z.ZodType | null
  readonly query: z.ZodType | null
  readonly body: z.ZodType | null
  /** The body as it came, whatever its content type: signatures are over bytes. Then `body` is null. */
  readonly rawBody?: { readonly limitBytes: number }
  /** The handler answers a `TextReply` of this content type in place of JSON. Built with `rawTextRoute`. */
  readonly textReply?: string
  readonly reply: z.ZodType
  readonly status: number
  readonly handle: (deps: Deps, request: RouteRequest<unknown, unknown, unknown>) => Promise<RouteResult<unknown>>
}

/** An answer whose status and content type a protocol names. */
export interface TextReply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** A reply that is not JSON: tiles, checkpoints, file downloads. A body that comes in pieces is sent as it is read. */
export interface BytesReply {
  readonly contentType: string
  readonly body: Uint8Array | string | AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
}

export interface BytesRoute extends RouteBase {
  readonly kind: 'bytes'
  readonly method: 'GET'
  readonly params: z.ZodType | null
  readonly query: z.ZodType | null
  readonly contentType: string
  readonly handle: (deps: Deps, request: RouteRequest<unknown, unknown, unknown>) => Promise<Result<BytesReply>>
}

/** A server-sent event. `id` lets a client resume with Last-Event-ID. */
export interface StreamEvent {
  readonly id?: string
  readonly event: string
  readonly data: unknown
}

/** A live stream. The shell ends it on shutdown, sends keep-alives and checks access; the slice yields events. */
export interface StreamRoute extends RouteBase {
  readonly kind: 'stream'
  readonly method: 'GET'
  readonly params: z.ZodType | null
  readonly query: z.ZodType | null
  /** The union of the events' `data`, for the OpenAPI document. */
  readonly event: z.ZodType
  /**
   * Asked before it opens and at each keep-alive, beside the scope. A refusal at first is answered as one, a later one ends
   * the stream; the headers go with it.
   */
  readonly admit?: (deps: Deps, request: RouteRequest<unknown, unknown, unknown>) => Promise<RouteResult<null>>
  readonly open: (deps: Deps, request: RouteRequest<unknown, unknown, unknown>) => AsyncIterable<StreamEvent>
}

export type Route = RequestRoute | BytesRoute | StreamRoute

type Out<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined

/** Declares a request route; the handler sees exactly what the schemas let through. */
export function route<
  Reply extends z.ZodType,
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  declared: RouteBase & {
    method: RequestRoute['method']
    params?: Params
    query?: Query
    body?: Body
    reply: Reply
    status?: number
    handle: (
      deps: Deps,
      request: RouteRequest<Out<Params>, Out<Query>, Out<Body>>,
    ) => Promise<RouteResult<z.input<Reply>>>
  },
): RequestRoute {
  const { params, query, body, status, handle, ...rest } = declared
  return {
    ...rest,
    kind: 'request',
    params: params ?? null,
    query: query ?? null,
    body: body ?? null,
    status: status ?? 200,
    // The shell parses with these very schemas before it calls, so the narrower handler is safe.
    handle: handle as RequestRoute['handle'],
  }
}

/** Declares a route that takes bytes of any content type; the handler gets them as they came. */
export function rawRoute<Reply extends z.ZodType, Params extends z.ZodType | undefined = undefined>(
  declared: RouteBase & {
    params?: Params
    limitBytes: number
    reply: Reply
    status?: number
    handle: (
      deps: Deps,
      request: RouteRequest<Out<Params>, undefined, Uint8Array>,
    ) => Promise<RouteResult<z.input<Reply>>>
  },
): RequestRoute {
  const { params, limitBytes, status, handle, ...rest } = declared
  return {
    ...rest,
    kind: 'request',
    method: 'POST',
    params: params ?? null,
    query: null,
    body: null,
    rawBody: { limitBytes },
    status: status ?? 200,
    handle: handle as RequestRoute['handle'],
  }
}

/** Declares a route that takes bytes and answers a text, as a protocol of others has it. */
export function rawTextRoute<Params extends z.ZodType | undefined = undefined>(
  declared: RouteBase & {
    params?: Params
    limitBytes: number
    contentType: string
    handle: (deps: Deps, request: RouteRequest<Out<Params>, undefined, Uint8Array>) => Promise<RouteResult<TextReply>>
  },
): RequestRoute {
  const { contentType, ...rest } = declared
  return { ...rawRoute<z.ZodType, Params>({ ...rest, reply: z.any() }), textReply: contentType }
}

/** Declares a route that answers bytes. */
export function bytesRoute<
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
>(
  declared: RouteBase & {
    params?: Params
    query?: Query
    contentType: string
    handle: (deps: Deps, request: RouteRequest<Out<Params>, Out<Query>, undefined>) => Promise<Result<BytesReply>>
  },
): BytesRoute {
  const { params, query, handle, ...rest } = declared
  return {
    ...rest,
    kind: 'bytes',
    method: 'GET',
    params: params ?? null,
    query: query ?? null,
    handle: handle as BytesRoute['handle'],
  }
}

/** Declares a live stream. */
export function streamRoute<
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
>(
  declared: RouteBase & {
    params?: Params
    query?: Query
    event: z.ZodType
    admit?: (deps: Deps, request: RouteRequest<Out<Params>, Out<Query>, undefined>) => Promise<RouteResult<null>>
    open: (deps: Deps, request: RouteRequest<Out<Params>, Out<Query>, undefined>) => AsyncIterable<StreamEvent>
  },
): StreamRoute {
  const { params, query, admit, open, ...rest } = declared
  return {
    ...rest,
    ...(admit === undefined ? {} : { admit: admit as NonNullable<StreamRoute['admit']> }),
    kind: 'stream',
    method: 'GET',
    params: params ?? null,
    query: query ?? null,
    open: open as StreamRoute['open'],
  }
}

/**
 * A level-triggered reconciler: takes no input, reads what is due and does it. Runs at least every `everyMs` and soon
 * after journal events if `wokenByJournal`; one run at a time in the deployment when `exclusive` (a lease decides).
 */
export interface Job {
  readonly name: string
  readonly everyMs: number
  /** Run soon after anything was journaled, too. A hint may be lost or be about something else: the job re-reads state. */
  readonly wokenByJournal?: boolean
  readonly exclusive?: boolean
  readonly run: (deps: Deps) => Promise<void>
}

/** A durable reader of the journal; the handler's writes and the cursor commit together. */
export interface Subscription {
  readonly name: string
  /** Glob over the whole event type: `*`, `qa_*`, `recovery.*`. */
  readonly pattern: string
  /**
   * Slow work that needs no transaction (a network call), done before `handle` while none is open: on the embedded store
   * an open transaction stops everybody. At least once for each event; what it returns is handed to `handle`.
   */
  readonly prepare?: (deps: Deps, event: JournalEvent) => Promise<unknown>
  /** Runs in the event's organization. Throwing means: try again later, five times, then dead letter. */
  readonly handle: (deps: Deps, tx: Tx, event: JournalEvent, prepared: unknown) => Promise<void>
  /**
   * Runs in place of `handle` for several events of one organization, in their order, where one statement for all saves
   * time; does what `handle` would do of each. When it throws, the events come one by one through `handle`.
   */
  readonly handleBatch?: (deps: Deps, tx: Tx, events: readonly JournalEvent[]) => Promise<void>
  /** Hash lanes by correlation id; order holds within a lane. 1 to 64, default 1. */
  readonly lanes?: number
  /** Where a subscriber begins when its name is first seen: with the whole journal (default) or with what comes. */
  readonly startAt?: 'beginning' | 'now'
}

/** The record that a slice's door (`index.ts`) exports and `app/slices.ts` lists. */
export interface Slice {
  readonly name: string
  readonly floor: 'govern' | 'observe' | 'judge' | 'act' | 'steer'
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subscriptions: readonly Subscription[]
  /** Parameters of this slice that may be changed at run time; `app/` registers them with the tunables slice. */
  readonly tunables?: readonly TunableDefinition[]
  /** What of this slice's tables ends after a time; `app/` hands it to the slice retention. */
  readonly retained?: readonly RetainedTable[]
  /** Where this slice keeps something of the people whose runs they are; `app/` hands it to the slice privacy. */
  readonly personal?: readonly PersonalTable[]
  readonly personalPayloads?: readonly PersonalPayloads[]
  /** Kinds of steps that this slice carries out in macros; `app/` registers them with the slice playbooks. */
  readonly stepExecutors?: readonly StepExecutor[]
}

/** A tunable as a slice declares it; its value and version are kept per organization. */
export type TunableDefinition = Omit<Tunable, 'value' | 'version'>
