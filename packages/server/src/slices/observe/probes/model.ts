import type { Because, JsonValue, ProbeAssertion, ProbeState } from '@metaagent/contract'

/** What came of a call, as assertions see it. */
export type Observed =
  | { readonly kind: 'reply'; readonly status: number; readonly body: string; readonly latencyMs: number }
  | { readonly kind: 'no-reply'; readonly reason: string; readonly detail: string; readonly latencyMs: number }

export interface ProbeVerdict {
  readonly passed: boolean
  /** One line per assertion, the broken ones first; one line alone when no reply came. */
  readonly because: readonly Because[]
}

/** Holds a reply against every assertion. */
export function judgeProbe(observed: Observed, assertions: readonly ProbeAssertion[]): ProbeVerdict {
  if (observed.kind === 'no-reply')
    return {
      passed: false,
      because: [{ rule: observed.reason, observed: observed.latencyMs, limit: null, text: observed.detail }],
    }
  const held = assertions.map((assertion) => hold(observed, assertion))
  const passed = held.every(({ holds }) => holds)
  return {
    passed,
    because: held.toSorted((a, b) => Number(a.holds) - Number(b.holds)).map(({ because }) => because),
  }
}

type Reply = Extract<Observed, { kind: 'reply' }>

function hold(reply: Reply, assertion: ProbeAssertion): { readonly holds: boolean; readonly because: Because } {
  switch (assertion.kind) {
    case 'status': {
      const holds = reply.status >= assertion.min && reply.status <= assertion.max
      const limit = assertion.min === assertion.max ? String(assertion.min) : `${assertion.min}–${assertion.max}`
      return line(holds, 'status', reply.status, limit, `The status is ${reply.status}; ${limit} is expected.`)
    }
    case 'latency': {
      const { maxMs } = assertion
      const text = `The reply took ${reply.latencyMs} ms; ${maxMs} ms is the limit.`
      return line(reply.latencyMs <= maxMs, 'latency', reply.latencyMs, maxMs, text)
    }
    case 'body-contains': {
      const holds = reply.body.includes(assertion.text)
      const text = `The body ${holds ? 'contains' : 'does not contain'} what is expected.`
      return line(holds, 'body-contains', holds ? 'contained' : reply.body.slice(0, 200), assertion.text, text)
    }
    case 'json-equals': {
      const found = valueAt(reply.body, assertion.pointer)
      const holds = found !== undefined && JSON.stringify(found) === JSON.stringify(assertion.value)
      const shown = found === undefined ? null : JSON.stringify(found).slice(0, 200)
      const text = `${assertion.pointer || 'The body'} is ${shown ?? 'not there'}.`
      return line(holds, 'json-equals', shown, JSON.stringify(assertion.value), text)
    }
  }
}

function line(holds: boolean, rule: string, observed: Because['observed'], limit: Because['limit'], text: string) {
  return { holds, because: { rule: holds ? rule : `${rule}-broken`, observed, limit, text } }
}

/** The value at a JSON pointer (RFC 6901); undefined when it is not there or the text is no JSON. */
function valueAt(body: string, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined
  try {
    value = JSON.parse(body) as JsonValue
  } catch {
    return undefined
  }
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value)) value = /^\d+$/.test(name) ? value[Number(name)] : undefined
    else value = Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

/** The state after a result. */
export function stateAfter(
  passed: boolean,
  failuresInRow: number,
): { readonly state: ProbeState; readonly failuresInRow: number } {
  return passed ? { state: 'passing', failuresInRow: 0 } : { state: 'failing', failuresInRow: failuresInRow + 1 }
}
