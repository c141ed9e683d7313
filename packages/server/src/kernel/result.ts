import type { RefusalCode } from '@metaagent/contract'

/** An expected refusal: a stable code and a sentence that tells the caller what to do. */
export interface Refusal {
  readonly code: RefusalCode
  readonly detail: string
  /** Machine-readable particulars, added to the problem document. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function refuse(
  code: RefusalCode,
  detail: string,
  extensions?: Readonly<Record<string, unknown>>,
): Result<never> {
  return { ok: false, refusal: extensions === undefined ? { code, detail } : { code, detail, extensions } }
}
