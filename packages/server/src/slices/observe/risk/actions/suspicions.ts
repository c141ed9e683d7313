import type { Suspicion, SuspicionQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { namesOf } from '../../registry/index.ts'
import * as store from '../store/suspicions.ts'

export interface SuspicionPage {
  readonly items: Suspicion[]
  readonly nextCursor: string | null
}

const list = 'risk.suspicions'

async function shown(deps: Deps, tx: Tx, rows: readonly store.StoredSuspicion[]): Promise<Suspicion[]> {
  const names = await namesOf(deps, tx, {
    agentIds: rows.map(({ agentId }) => agentId),
    releaseIds: rows.flatMap(({ releaseId }) => releaseId ?? []),
  })
  return rows.map(({ releaseId, raisedAt, clearedAt, ...row }) => ({
    ...row,
    agent: names.get(row.agentId) ?? row.agentId,
    release: releaseId === null ? null : (names.get(releaseId) ?? null),
    raisedAt: raisedAt.toISOString(),
    clearedAt: clearedAt?.toISOString() ?? null,
  }))
}

/** One page of suspicions, the newest first. */
export async function readSuspicions(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof SuspicionQuery>,
): Promise<Result<SuspicionPage>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok(null) : decodePageCursor(list, filters, cursor, 2)
  if (!position.ok) return position
  const [raisedAt = '', suspicionId = ''] = position.value ?? []
  if (position.value !== null && (Number.isNaN(Date.parse(raisedAt)) || suspicionId.length !== 36))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const after = position.value === null ? null : { raisedAt, suspicionId }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const filter = { agentId: query.agentId ?? null, open: query.open ?? null }
    const rows = await store.listSuspicions(tx, filter, after, limit + 1)
    const last = rows[limit - 1]
    const more = rows.length > limit && last !== undefined
    const nextCursor = more ? encodePageCursor(list, filters, [last.raisedAt.toISOString(), last.suspicionId]) : null
    return ok({ items: await shown(deps, tx, rows.slice(0, limit)), nextCursor })
  })
}

/** Every open suspicion of an organization, for alerts: the newest first, at most 1,000. */
export async function openSuspicions(deps: Deps, tx: Tx): Promise<readonly Suspicion[]> {
  return shown(deps, tx, await store.listSuspicions(tx, { agentId: null, open: true }, null, 1_000))
}
