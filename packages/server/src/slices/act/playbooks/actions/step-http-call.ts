import { createHash } from 'node:crypto'
import { Json, type JsonValue } from '@metaagent/contract'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { Deps } from '../../../../ports/slice.ts'
import type { StepAnswer, StepCall, StepExecutor } from '../../../../ports/step-executor.ts'
import { secretOf } from '../store/macros.ts'
import { openSecret } from './secrets.ts'
import { failed, succeeded, templateOr, why } from './step-answers.ts'

const line = z
  .string()
  .max(2_000)
  .regex(/^[^\r\n\0]*$/, 'must be one line')

const Arguments = z.strictObject({
  url: templateOr(z.url({ protocol: /^https?$/ })).meta({ description: 'http or https, on no private network.' }),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'must be the name of a header'), line).default({}),
  body: Json.optional(),
})

/** Worth another try: the other side may be back, or have room, a moment later (RFC 9110 §15, RFC 6585). */
const passing = new Set([408, 425, 429])
const excerptChars = 4_000

/**
 * Calls an address with the step's key (`idempotency-key`), signed with the macro's secret as Standard Webhooks says when
 * it has one. Every answer from 200 to 299 is success; 4xx but 408, 425 and 429 is final.
 */
export const httpCall: StepExecutor = {
  kind: 'http-call',
  summary: 'Call an address, signed with the secret of the macro; 2xx is success.',
  arguments: Arguments,
  timeoutMaxMs: 300_000,
  hasEffect: true,
  mode: 'call',
  call: async (deps, step) => {
    const asked = Arguments.parse(step.arguments)
    const body = asked.body === undefined ? null : JSON.stringify(asked.body)
    const reply = await deps.prober({
      method: asked.method,
      url: asked.url,
      headers: {
        'user-agent': 'MetaAgent-playbook',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...asked.headers,
        ...(await ownHeaders(deps, step, body ?? '')),
      },
      body: asked.method === 'GET' || asked.method === 'HEAD' ? null : body,
      timeoutMs: Math.max(1, step.deadlineAt - deps.clock.now()),
    })
    if (reply.kind === 'no-reply')
      return failed(why(reply.reason, reply.detail, reply.latencyMs), reply.reason !== 'address-refused')
    return judged(asked.url, reply)
  },
}

/** Ours come last: nothing that a macro writes takes their place. */
async function ownHeaders(deps: Deps, step: StepCall, body: string): Promise<Record<string, string>> {
  const sealed = await deps.store.transaction({ organizationId: step.organizationId }, (tx) =>
    secretOf(tx, step.macro.macroId),
  )
  const now = new Date(deps.clock.now())
  const id = headerOf(step.idempotencyKey)
  return {
    'idempotency-key': id,
    'x-metaagent-macro': step.macro.name,
    'x-metaagent-execution': step.executionId,
    ...(step.synthetic ? { 'x-metaagent-synthetic': 'true' } : {}),
    ...(sealed === null
      ? {}
      : {
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
          'webhook-signature': new Webhook(openSecret(deps, step.macro.macroId, sealed)).sign(id, now, body),
        }),
  }
}

/** The key as a header can carry it; one that cannot, by its digest. */
function headerOf(key: string): string {
  return /^[\x21-\x7e]{1,250}$/.test(key) ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`
}

function judged(
  url: string,
  { status, body, latencyMs }: { readonly status: number; readonly body: string; readonly latencyMs: number },
): StepAnswer {
  const { host } = new URL(url)
  if (status >= 200 && status < 300) {
    const text = `${host} answered ${status} after ${latencyMs} ms.`
    return succeeded({ status, body: bodyOf(body) }, why('answered', text, status, '200–299'))
  }
  const retryable = status >= 500 || passing.has(status)
  const said = body === '' ? '' : ` ${body.slice(0, 200)}`
  return failed(why('status', `${host} answered ${status}.${said}`, status, '200–299'), retryable)
}

/** JSON as JSON, everything else as the beginning of its text. */
function bodyOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text.slice(0, excerptChars)
  }
}
