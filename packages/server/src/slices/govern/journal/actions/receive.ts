import type { ExternalEvent, ExternalEventReceipt } from '@metaagent/contract'
import type { z } from 'zod'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Refusal, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { draftRow } from '../model/event.ts'
import { decideExternal, whyNotStorable } from '../model/outside.ts'
import { eventOfSignature, insertSignature, sourceByName } from '../store/sources.ts'
import { actorOf, append, appendRows } from './append.ts'
import { checkSignature, signatureDigest } from './signature.ts'
import { keyOf } from './sources.ts'

type Receipt = z.infer<typeof ExternalEventReceipt>

/**
 * Takes an event from a registered source. What is refused of a known source is journaled, and that record stands: the
 * refusal is a value, so its transaction commits.
 */
export async function receiveEvent(deps: Deps, caller: Caller, event: ExternalEvent): Promise<Result<Receipt>> {
  const why = whyNotStorable([event.payload, event.subject ?? '', event.correlationId ?? ''])
  if (why !== null) return refuse('not-processable', `The event cannot be kept: ${why}.`)
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const source = await sourceByName(tx, event.source)
    if (source === null) {
      return refuse('source-unknown', `Register the source ${event.source} first (POST /api/v1/journal/sources).`)
    }
    const known = { name: source.name, algorithm: source.algorithm, revoked: source.revoked_at !== null }
    const decided = decideExternal(event, known, checkSignature(event, keyOf(deps, organizationId, source)))
    if (!decided.ok) return await refused(deps, tx, caller, event, decided.refusal)
    return await accept(deps, tx, caller, event)
  })
}

async function accept(deps: Deps, tx: Tx, caller: Caller, event: ExternalEvent): Promise<Result<Receipt>> {
  const eventId = deps.ids.uuid()
  if (event.signature !== undefined) {
    const digest = signatureDigest(event.signature)
    if (!(await insertSignature(tx, event.source, digest, eventId))) {
      const detail = 'This signed event was received before, and is kept once. Put something new into each event.'
      const first = { eventId: await eventOfSignature(tx, event.source, digest) }
      return await refused(deps, tx, caller, event, { code: 'already-exists', detail, extensions: first })
    }
  }
  const row = draftRow(
    {
      type: event.type,
      subject: event.subject ?? '',
      actor: { kind: 'source', id: event.source },
      payload: event.payload,
      ...(event.correlationId === undefined ? {} : { correlationId: event.correlationId }),
    },
    eventId,
    event.occurredAt === undefined ? deps.clock.now() : instantFromEpochMs(Date.parse(event.occurredAt)),
  )
  await appendRows(deps, tx, [row])
  return ok({ eventId, correlationId: row.correlationId })
}

async function refused(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  { source, type }: ExternalEvent,
  refusal: Refusal,
): Promise<Result<never>> {
  const payload = { source, type, code: refusal.code }
  const subject = `source/${source}`
  await append(deps, tx, [{ type: 'journal.event.refused', subject, actor: actorOf(caller), payload }])
  return { ok: false, refusal }
}
