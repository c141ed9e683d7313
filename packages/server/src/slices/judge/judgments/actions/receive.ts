import { type QaReceipt, qaEventsMost, type RejectedQaEvent } from '@metaagent/contract'
import { ok, type Refusal, type Result, refuse } from '../../../../kernel/result.ts'
import type { NewJudgment } from '../../../../ports/judgments.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf } from '../../../govern/journal/index.ts'
import { maskTexts } from '../../../observe/masking/index.ts'
import { type IncomingJudgment, readIncoming } from '../model/incoming.ts'
import { shippedStatusWords } from '../model/status-words.ts'
import { recordJudgments } from './record.ts'
import { statusWordsOf } from './status-words.ts'

/** Judgments that one request may hold: an answer may be many. */
const judgmentsMost = 5_000

/**
 * Takes QA events as they were posted: one, or a batch (`{events: […]}`), whose events are accepted or refused alone; one
 * that came alone is refused as the request. Verdicts of people and of the world count as the truth (`gold`) only from who
 * may label. What is accepted is committed, with its journal events, when this resolves.
 */
export async function receiveQaEvents(deps: Deps, caller: Caller, body: unknown): Promise<Result<QaReceipt>> {
  const items = itemsOf(body)
  if (!items.ok) return items
  const read = await readAll(deps, caller, items.value)
  const [refusal] = read.refusals
  if (!isBatch(body) && refusal !== undefined) return { ok: false, refusal: refusal.refusal }
  const masked = await withoutSecrets(deps, caller.organizationId, read.judgments)
  if (!masked.ok) return masked
  const mayLabel = caller.scopes.has('labels:write')
  const recordedBy = actorOf(caller)
  const rows = masked.value.map(({ notice, ...judgment }): NewJudgment => {
    const fromTruth = judgment.judgeKind === 'human' || judgment.judgeKind === 'outcome'
    return {
      ...judgment,
      ...(notice === null ? {} : { notice }),
      gold: mayLabel && fromTruth,
      source: 'qa',
      idempotencyKey: judgment.idempotencyKey ?? deps.ids.uuid(),
      recordedBy,
    }
  })
  const { organizationId } = caller
  const stored =
    rows.length === 0
      ? { accepted: 0, duplicates: 0 }
      : await deps.store.transaction({ organizationId }, (tx) => recordJudgments(deps, tx, rows))
  return ok({ ...stored, rejected: read.refusals.map(({ index, refusal: why }) => rejectedOf(index, why)) })
}

function isBatch(body: unknown): body is { readonly events: unknown } {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'events')
}

function itemsOf(body: unknown): Result<readonly unknown[]> {
  if (!isBatch(body)) return ok([body])
  const { events } = body
  const other = Object.keys(body).find((key) => key !== 'events')
  if (other !== undefined)
    return refuse('invalid-body', `/: a batch has no member ${JSON.stringify(other.slice(0, 60))} beside events.`)
  if (!Array.isArray(events)) return refuse('invalid-body', '/events: must be a list of QA events.')
  if (events.length === 0 || events.length > qaEventsMost)
    return refuse('invalid-body', `/events: holds ${events.length} events. Send 1 to ${qaEventsMost}.`)
  return ok(events)
}

interface ReadItems {
  readonly judgments: readonly IncomingJudgment[]
  readonly refusals: readonly { readonly index: number; readonly refusal: Refusal }[]
}

async function readAll(deps: Deps, caller: Caller, items: readonly unknown[]): Promise<ReadItems> {
  const hasAnswer = items.some((item) => typeof item === 'object' && item !== null && Object.hasOwn(item, 'answer'))
  const words = hasAnswer ? await statusWordsOf(deps, caller.organizationId) : shippedStatusWords
  const now = deps.clock.now()
  const judgments: IncomingJudgment[] = []
  const refusals: { index: number; refusal: Refusal }[] = []
  for (const [index, item] of items.entries()) {
    const read = readIncoming(item, { words, correlationId: deps.ids.uuid(), now })
    if (!read.ok) refusals.push({ index, refusal: read.refusal })
    else if (judgments.length + read.value.length > judgmentsMost) refusals.push({ index, refusal: tooMany })
    else judgments.push(...read.value)
  }
  return { judgments, refusals }
}

const tooMany: Refusal = {
  code: 'payload-too-large',
  detail: `The answers in this request hold more than ${judgmentsMost} verdicts. Send this one again in another request.`,
}

function rejectedOf(index: number, { code, detail, extensions = {} }: Refusal): RejectedQaEvent {
  const [first] = Array.isArray(extensions['errors']) ? (extensions['errors'] as readonly { path: string }[]) : []
  const path = first?.path ?? extensions['path']
  return { index, code, path: typeof path === 'string' ? path : '', detail }
}

/** Labels and explanations are written by people and machines outside: masked like every other text. */
async function withoutSecrets(
  deps: Deps,
  organizationId: string,
  judgments: readonly IncomingJudgment[],
): Promise<Result<readonly IncomingJudgment[]>> {
  const texts = judgments.flatMap(({ label, explanation }) => [label, explanation]).filter((text) => text !== null)
  if (texts.length === 0) return ok(judgments)
  const masked = await maskTexts(deps, organizationId, texts)
  if (!masked.ok) return masked
  let next = 0
  const take = (text: string | null) => (text === null ? null : (masked.value[next++]?.text ?? null))
  return ok(
    judgments.map(({ label, explanation, ...judgment }) => {
      const ownLabel = take(label)
      return { ...judgment, label: ownLabel, explanation: take(explanation) }
    }),
  )
}
