import { refusals } from '@metaagent/contract'

/** A refusal as the server writes one (RFC 9457). */
export function refusal(code: keyof typeof refusals, detail: string, more: Record<string, unknown> = {}): Response {
  const { status, title } = refusals[code]
  return new Response(
    JSON.stringify({ type: `/docs/refusals#${code}`, title, status, code, detail, instance: 'request-1', ...more }),
    {
      status,
      headers: { 'content-type': 'application/problem+json' },
    },
  )
}

/** A reply of JSON. */
export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } })
}
