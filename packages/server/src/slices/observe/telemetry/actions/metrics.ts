import { createHash } from 'node:crypto'
import type { AgentMetricPoint, AgentMetricQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { SqlError } from '../../../../ports/store-errors.ts'
import { append } from '../../../govern/journal/index.ts'
import { maskTelemetry } from '../../masking/index.ts'
import { dayOf, mostDaysPerBatch } from '../model/days.ts'
import { toJsonText } from '../model/json-text.ts'
import type { KeptPoint } from '../model/otlp/map-metric.ts'
import { readTime } from '../model/times.ts'
import {
  ensureMetricDays,
  insertPoints,
  type PointPosition,
  type StoredPoint,
  selectPoints,
} from '../store/metric-points.ts'
import { tooManyPartitionsCode } from '../store/partitions.ts'

const pointsPerTransaction = 1_000

/**
 * Stores points of metrics, masked; resolves after the commit. A point that is there already, by series and time, changes
 * nothing. Refuses with `too-many-partitions`; throws StoreUnavailable.
 */
export async function storeMetricPoints(
  deps: Deps,
  organizationId: string,
  points: readonly KeptPoint[],
): Promise<Result<null>> {
  const days = [...new Set(points.map(({ at }) => dayOf(at)))].sort()
  if (days.length > mostDaysPerBatch)
    return refuse(
      'too-many-partitions',
      `The points of one request may lie on at most ${mostDaysPerBatch} days; these lie on ${days.length}.`,
    )
  const masked = await maskedPoints(deps, organizationId, points)
  if (!masked.ok) return masked
  try {
    if (days.length > 0) await deps.store.transaction({ organizationId }, (tx) => ensureMetricDays(tx, days))
  } catch (error) {
    if (!(error instanceof SqlError && error.code === tooManyPartitionsCode)) throw error
    return refuse('too-many-partitions', 'The database holds as many days as it can. Drop old ones by retention first.')
  }
  const written = masked.value.map((point) => ({ point, series: seriesOf(point) }))
  for (let from = 0; from < written.length; from += pointsPerTransaction)
    await deps.store.transaction({ organizationId }, async (tx) => {
      const stored = await insertPoints(tx, written.slice(from, from + pointsPerTransaction))
      if (stored === 0) return
      const actor = { kind: 'system', id: 'telemetry' } as const
      await append(deps, tx, [
        { type: 'telemetry.metrics.stored', subject: 'telemetry', actor, payload: { points: stored } },
      ])
    })
  return ok(null)
}

/** Attributes of points are few and repeat, but whoever writes them may put anything into them. */
async function maskedPoints(
  deps: Deps,
  organizationId: string,
  points: readonly KeptPoint[],
): Promise<Result<readonly KeptPoint[]>> {
  const actions = points.map(({ attributes, resource }) => ({
    executionId: '',
    agent: 'unknown',
    ownAgent: false,
    input: null,
    output: null,
    attributes: toJsonText({ attributes, resource }),
    errorMessage: null,
    masked: 0,
  }))
  const masked = await maskTelemetry(deps, organizationId, { executions: [], actions })
  if (!masked.ok) return masked
  return ok(
    points.map((point, index) => {
      const text = masked.value.actions[index]?.attributes ?? '{}'
      return { ...point, ...(JSON.parse(text) as Pick<KeptPoint, 'attributes' | 'resource'>) }
    }),
  )
}

function seriesOf({ kind, temporality, attributes, resource }: KeptPoint): string {
  const identity = JSON.parse(JSON.stringify({ kind, temporality, attributes, resource }))
  return createHash('sha256').update(canonicalJson(identity)).digest('hex')
}

const list = 'telemetry.metrics'

/** One page of stored points, the newest first. */
export async function readMetricPoints(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof AgentMetricQuery>,
): Promise<Result<{ readonly items: AgentMetricPoint[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const before = cursor === undefined ? ok(null) : positionOf(filters, cursor)
  if (!before.ok) return before
  const from = filters.from === undefined ? null : readTime(filters.from)
  const to = filters.to === undefined ? null : readTime(filters.to)
  const filter = {
    name: filters.name ?? null,
    from: from === null ? null : new Date(from),
    to: to === null ? null : new Date(to),
    fromDay: from === null ? null : dayOf(from),
    toDay: to === null ? null : dayOf(to),
  }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    selectPoints(tx, filter, before.value, limit + 1),
  )
  const last = found[limit - 1]
  const more = found.length > limit && last !== undefined
  const position = last === undefined ? [] : [last.observedAt.toISOString(), last.name, last.series]
  return ok({
    items: found.slice(0, limit).map(shown),
    nextCursor: more ? encodePageCursor(list, filters, position) : null,
  })
}

function positionOf(filters: unknown, cursor: string): Result<PointPosition> {
  const position = decodePageCursor(list, filters, cursor, 3)
  if (!position.ok) return position
  const [observedAt = '', name = '', series = ''] = position.value
  if (Number.isNaN(Date.parse(observedAt)) || !/^[0-9a-f]{64}$/.test(series))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  return ok({ observedAt, name, series })
}

function shown({ series: _, observedAt, startedAt, ...point }: StoredPoint): AgentMetricPoint {
  return { ...point, observedAt: observedAt.toISOString(), startedAt: startedAt?.toISOString() ?? null }
}
