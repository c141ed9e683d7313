import { type Audit, type AuditLabel, type AuditQuery, Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { receiveLabels } from '../../judgments/index.ts'
import { subjectOf } from '../model/intake.ts'
import * as store from '../store/audits.ts'

const list = 'arbitration.audits'
const unknownAudit = refuse('not-found', 'There is no audit with this id. GET /api/v1/audits lists them.')

export function auditShown({ subjectKind, subjectId, queuedAt, closedAt, ...audit }: store.StoredAudit): Audit {
  return {
    ...audit,
    ...subjectOf({ subjectKind, subjectId }),
    queuedAt: queuedAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
  }
}

/** One page of what humans are, or were, asked about: who waits longest comes first. */
export async function readAudits(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof AuditQuery>,
): Promise<Result<{ readonly items: Audit[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let after: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const auditId = Uuid.safeParse(position.value[0])
    if (!auditId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    after = auditId.data
  }
  const filter = { kind: filters.kind ?? null, state: filters.state, metric: filters.metric ?? null }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    store.selectAudits(tx, filter, after, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items: items.map(auditShown), nextCursor: more ? encodePageCursor(list, filters, [last.auditId]) : null })
}

/**
 * Labels what an audit asks about, by the one way of labels; the verdict is then decided again. An audit that was closed
 * already is refused, so that of two people one is told.
 */
export async function labelAudit(
  deps: Deps,
  caller: Caller,
  auditId: string,
  { verdict, explanation }: z.output<typeof AuditLabel>,
): Promise<Result<Audit>> {
  const { organizationId } = caller
  const closedBy = nameOf(caller)
  const taken = await deps.store.transaction({ organizationId }, async (tx): Promise<Result<store.StoredAudit>> => {
    const audit = await store.lockAudit(tx, auditId)
    if (audit === null) return unknownAudit
    if (audit.state !== 'open') return refuse('conflict', `This audit is ${audit.state} already.`)
    await store.takeAudit(tx, auditId, closedBy)
    return ok(audit)
  })
  if (!taken.ok) return taken
  const { subjectKind, subjectId, metric } = taken.value
  const { subject } = subjectOf({ subjectKind, subjectId })
  const label = { subject, metric, verdict, origin: 'human' as const, note: explanation }
  const labelled = await receiveLabels(deps, caller, { labels: [label] })
  return labelled.ok ? close(deps, caller, auditId, { state: 'labelled', verdict, closedBy }) : labelled
}

/** Takes it out of the queue without an answer. */
export async function skipAudit(deps: Deps, caller: Caller, auditId: string): Promise<Result<Audit>> {
  return close(deps, caller, auditId, { state: 'skipped', verdict: null, closedBy: nameOf(caller) })
}

async function close(
  deps: Deps,
  caller: Caller,
  auditId: string,
  closed: Pick<Parameters<typeof store.closeAudit>[2], 'state' | 'verdict' | 'closedBy'>,
): Promise<Result<Audit>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx): Promise<Result<Audit>> => {
    const audit = await store.lockAudit(tx, auditId)
    if (audit === null) return unknownAudit
    // The engine may have heard of the label first and closed it already.
    const isOwn = audit.state === 'labelled' && closed.state === 'labelled' && audit.closedBy === closed.closedBy
    if (audit.state !== 'open' && !isOwn) return refuse('conflict', `This audit is ${audit.state} already.`)
    const closedAt = deps.clock.now()
    await store.closeAudit(tx, auditId, { ...closed, closedAt })
    const { state } = closed
    await append(deps, tx, [
      {
        type: 'arbitration.audit.closed',
        subject: `audit/${auditId}`,
        actor: actorOf(caller),
        payload: { auditId, metric: audit.metric, state },
      },
    ])
    return ok({ ...auditShown(audit), ...closed, closedAt: toIso(closedAt) })
  })
}

function nameOf(caller: Caller): string {
  const { kind, id } = actorOf(caller)
  return `${kind}:${id}`
}
