import type { ExecutionRisk, RiskQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { executionOwner } from '../../telemetry/index.ts'
import { explainReasons } from '../model/score.ts'
import * as store from '../store/risks.ts'

const shown = ({ endedAt, scoredAt, because, ...risk }: store.StoredRisk): ExecutionRisk => ({
  ...risk,
  because: [...explainReasons(because)],
  endedAt: endedAt.toISOString(),
  scoredAt: scoredAt?.toISOString() ?? null,
})

/** The failure risk of one execution; a score of null until its trace was read. */
export async function readRisk(deps: Deps, caller: Caller, executionId: string): Promise<Result<ExecutionRisk>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const risk = await store.selectRisk(tx, executionId)
    if (risk !== null) return ok(shown(risk))
    const owner = await executionOwner(deps, tx, executionId)
    if (owner === null)
      return refuse('not-found', 'There is no execution with this id. GET /api/v1/executions lists them.')
    const endedAt = owner.endedAt === null ? null : toIso(owner.endedAt)
    const unknown = { score: null, formula: null, because: [], peers: null, scoredAt: null }
    return ok({ ...owner, executionId, endedAt, ...unknown })
  })
}

export interface RiskPage {
  readonly items: ExecutionRisk[]
  readonly nextCursor: string | null
}

const list = 'risk.risks'

/** One page of scored executions, the riskiest first. */
export async function readRisks(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof RiskQuery>,
): Promise<Result<RiskPage>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok(null) : decodePageCursor(list, filters, cursor, 2)
  if (!position.ok) return position
  const [score = '', executionId = ''] = position.value ?? []
  if (position.value !== null && !(Number.isFinite(Number(score)) && /^[0-9a-f]{32}$/.test(executionId)))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const after = position.value === null ? null : { score: Number(score), executionId }
  const filter = {
    agentId: query.agentId ?? null,
    environment: query.environment ?? null,
    minScore: query.minScore,
  }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const rows = await store.listRisks(tx, filter, after, limit + 1)
    const last = rows[limit - 1]
    const more = rows.length > limit && last !== undefined
    const nextCursor = more ? encodePageCursor(list, filters, [String(last.score), last.executionId]) : null
    return ok({ items: rows.slice(0, limit).map(shown), nextCursor })
  })
}
