import type { z } from 'zod'
import { type Result, refuse } from '../../../../kernel/result.ts'

export interface Fault {
  /** JSON pointer (RFC 6901); empty: the event itself. */
  readonly path: string
  /** What is wrong there and what to do. */
  readonly message: string
}

/** One is enough to know what to do; a hostile event could have thousands. */
const mostFaults = 10
/** A fault quotes what came no longer than this. */
const quotedChars = 60
/** A QA event has two levels; what goes deeper is none. */
const mostDepth = 4

/** A refusal of something that the API's document describes under this name. */
export function refusedFor(schema: string) {
  return (code: 'invalid-body' | 'not-processable', errors: readonly Fault[]): Result<never> => {
    const [first = { path: '', message: 'does not fit' }] = errors
    return refuse(code, `${first.path === '' ? '/' : first.path}: ${first.message}. See ${schema} at /docs.`, {
      errors,
    })
  }
}

/** Keys by which an object could reach its prototype somewhere behind us. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** The first place that JSON without tricks does not have: a foreign prototype, a prototype's key, too many levels. */
export function whyNotPlain(value: unknown, path = '', depth = 0): Fault | null {
  if (typeof value !== 'object' || value === null) return null
  if (depth >= mostDepth) return { path, message: `is nested deeper than ${mostDepth} levels. Send a flat event` }
  // A list has no place in an event: the schema refuses it without a look at its members.
  if (Array.isArray(value)) return null
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return { path, message: 'must be a plain JSON object' }
  for (const key of Object.keys(value)) {
    if (prototypeKeys.has(key)) return { path, message: `must have no member ${key}. Leave it out` }
    const fault = whyNotPlain((value as Record<string, unknown>)[key], `${path}/${pointerOf(key)}`, depth + 1)
    if (fault !== null) return fault
  }
  return null
}

/** What does not fit a schema, in words for whoever sent it. */
export function faultsIn(error: z.ZodError): readonly Fault[] {
  return error.issues.slice(0, mostFaults).map(faultOf)
}

function faultOf(issue: z.core.$ZodIssue): Fault {
  const path = issue.path.map((key) => `/${pointerOf(String(key))}`).join('')
  if (issue.code === 'unrecognized_keys')
    return { path, message: `has no member ${quoted(issue.keys[0] ?? '')}. Leave it out` }
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('undefined'))
    return { path, message: `is missing. Send a ${issue.expected}` }
  return { path, message: issue.message }
}

const pointerOf = (key: string): string => quotable(key).replaceAll('~', '~0').replaceAll('/', '~1')
const quoted = (text: string): string => JSON.stringify(quotable(text))

/** A text from outside, short and safe to print. */
function quotable(text: string): string {
  return text
    .slice(0, quotedChars)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\uFFFD')
}
