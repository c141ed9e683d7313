import type { Problem } from '@metaagent/contract'

/** What went wrong between the dashboard and the server. */
export type ApiErrorKind =
  /** The server refused and said why. */
  | 'refused'
  /** No answer came. */
  | 'unreachable'
  /** An answer came that does not fit the contract. */
  | 'unreadable'

/** A request that failed, in words for people: what was wrong, what to do, whether trying again can help. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly kind: ApiErrorKind
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** The contract's refusal code, or our own for the other kinds. */
  readonly code: string
  readonly title: string
  readonly places: readonly { readonly path: string; readonly message: string }[]
  /** The request's id at the server, to quote when asking for help. */
  readonly requestId: string | null
  /** The action that the approval gate wants to see approved first, ready for `POST /approvals`. */
  readonly action: Readonly<Record<string, unknown>> | null

  constructor(facts: {
    kind: ApiErrorKind
    status: number
    code: string
    title: string
    detail: string
    places?: readonly { readonly path: string; readonly message: string }[]
    requestId?: string | null
    action?: Readonly<Record<string, unknown>> | null
  }) {
    super(facts.detail)
    this.kind = facts.kind
    this.status = facts.status
    this.code = facts.code
    this.title = facts.title
    this.places = facts.places ?? []
    this.requestId = facts.requestId ?? null
    this.action = facts.action ?? null
  }

  /** True when the same request may work a moment later. */
  get mayPass(): boolean {
    return this.kind === 'unreachable' || this.status === 429 || this.status >= 500
  }

  /** True when the caller is not signed in any more. */
  get isSignedOut(): boolean {
    return this.status === 401
  }
}

/** The refusal of a problem document (RFC 9457). */
export function refusedError(problem: Problem): ApiError {
  return new ApiError({
    kind: 'refused',
    status: problem.status,
    code: problem.code,
    title: problem.title,
    detail: problem.detail,
    places: problem.errors ?? [],
    requestId: problem.instance ?? null,
    action: isRecord(problem['action']) ? problem['action'] : null,
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Any thrown thing as an `ApiError`, so that one panel can show them all. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  return new ApiError({
    kind: 'unreadable',
    status: 0,
    code: 'dashboard-error',
    title: 'The dashboard made a mistake',
    detail: `${thrown instanceof Error ? thrown.message : String(thrown)}. Reload the page; if it stays, please report it.`,
  })
}
