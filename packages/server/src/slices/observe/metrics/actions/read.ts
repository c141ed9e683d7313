import type {
  AgentPerformance,
  AgentPerformanceQuery,
  PerformanceMetrics,
  PerformanceMetricsQuery,
} from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { addDays, localDay } from '../../../../kernel/time-zone.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { organizationTimeZone } from '../../../govern/identity/index.ts'
import { agentById, namesOf, releaseIdsByName } from '../../registry/index.ts'
import { addUp, type DaySums, figuresOfDay } from '../model/day.ts'
import { trendOf } from '../model/trend.ts'
import { type DayFilter, type DayPosition, type StoredDay, selectDays } from '../store/days.ts'

const list = 'metrics.days'

/** One page of the organization's daily metrics, the newest day first. */
export async function readMetrics(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof PerformanceMetricsQuery>,
): Promise<Result<{ readonly items: PerformanceMetrics[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let after: DayPosition | null = null
  if (cursor !== undefined) {
    const read = decodePageCursor(list, filters, cursor, 4)
    if (!read.ok) return read
    const [day = '', agentId = '', environment = '', releaseId = ''] = read.value
    if (
      !/^\d{4}-\d\d-\d\d$/.test(day) ||
      !/^[0-9a-f-]{36}$/.test(agentId) ||
      `${environment}${releaseId}`.includes('\0')
    )
      return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    after = { day, agentId, environment, releaseId }
  }
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { release, ...others } = filters
    const releaseIds = release === undefined ? null : await releaseIdsByName(deps, tx, release)
    const found = await selectDays(tx, { ...filterOf(others), releaseIds }, after, limit + 1)
    const items = found.slice(0, limit)
    const last = items.at(-1)
    const more = found.length > limit && last !== undefined
    return ok({
      items: await viewsOf(deps, tx, items),
      nextCursor: more
        ? encodePageCursor(list, filters, [last.day, last.agentId, last.environment, last.releaseId])
        : null,
    })
  })
}

function filterOf(filters: {
  readonly agentId?: string | undefined
  readonly environment?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}): Omit<DayFilter, 'releaseIds'> {
  return {
    agentId: filters.agentId ?? null,
    environment: filters.environment ?? null,
    from: filters.from ?? null,
    to: filters.to ?? null,
  }
}

async function viewsOf(deps: Deps, tx: Tx, rows: readonly StoredDay[]): Promise<PerformanceMetrics[]> {
  const releaseIds = rows.map(({ releaseId }) => releaseId).filter((id) => id !== '')
  const names = await namesOf(deps, tx, { agentIds: rows.map(({ agentId }) => agentId), releaseIds })
  const now = deps.clock.now()
  return rows.map((row) => ({
    day: row.day,
    timeZone: row.timeZone,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    isOver: row.endsAt.getTime() <= now,
    agentId: row.agentId,
    agent: names.get(row.agentId) ?? row.agentId,
    environment: row.environment,
    release: row.releaseId === '' ? null : (names.get(row.releaseId) ?? row.releaseId),
    basis: row.basis,
    computedAt: row.computedAt.toISOString(),
    figures: figuresOfDay(sumsOf(row)),
  }))
}

function sumsOf(row: StoredDay): DaySums {
  const { day: _, timeZone: _z, startsAt: _s, endsAt: _e, basis: _b, computedAt: _c, ...rest } = row
  const { agentId: _a, environment: _n, releaseId: _r, ...sums } = rest
  return sums
}

const baselineDays = [7, 28] as const

/** The last days of one agent, what is usual for it, and how its newest finished day lies to that. */
export async function agentPerformance(
  deps: Deps,
  tx: Tx,
  agentId: string,
  query: z.output<typeof AgentPerformanceQuery>,
): Promise<Result<AgentPerformance>> {
  if ((await agentById(deps, tx, agentId)) === null)
    return refuse('not-found', 'There is no agent with this id. GET /api/v1/agents lists them.')
  const timeZone = await organizationTimeZone(tx)
  const now = deps.clock.now()
  const from = addDays(localDay(now, timeZone), 1 - query.days)
  const releaseIds = query.release === undefined ? null : await releaseIdsByName(deps, tx, query.release)
  const filter = { agentId, environment: query.environment ?? null, releaseIds, to: null }
  const known = await byDay(tx, { ...filter, from: addDays(from, -28) })
  const finished = [...known.keys()].filter((day) => (known.get(day)?.endsAt ?? now) <= now)
  const latest = finished.at(-1) ?? null
  const days = [...known].filter(([day]) => day >= from)
  return ok({
    agentId,
    timeZone,
    days: days.map(([day, { sums, startsAt, endsAt }]) => ({
      day,
      startsAt: startsAt.toISOString(),
      isOver: endsAt <= now,
      figures: figuresOfDay(sums),
    })),
    latest,
    ...(latest === null ? { baselines: [], trend: [] } : comparedWithBefore(known, latest)),
  })
}

interface DayTotal {
  readonly sums: DaySums
  readonly startsAt: Date
  readonly endsAt: number
}

// A year of one agent is 366 days times its environments and releases.
const rowsMax = 100_000

/** All environments and releases of each day together, oldest first. */
async function byDay(tx: Tx, filter: DayFilter): Promise<ReadonlyMap<string, DayTotal>> {
  const grouped = new Map<string, StoredDay[]>()
  for (const row of (await selectDays(tx, filter, null, rowsMax)).toReversed())
    grouped.set(row.day, [...(grouped.get(row.day) ?? []), row])
  return new Map(
    [...grouped].map(([day, rows]) => [
      day,
      {
        sums: addUp(rows.map(sumsOf)),
        startsAt: rows[0]?.startsAt ?? new Date(0),
        endsAt: rows[0]?.endsAt.getTime() ?? 0,
      },
    ]),
  )
}

function comparedWithBefore(known: ReadonlyMap<string, DayTotal>, latest: string) {
  const to = addDays(latest, -1)
  const usual = baselineDays.map((days) => {
    const from = addDays(latest, -days)
    const sums = addUp([...known].filter(([day]) => day >= from && day <= to).map(([, total]) => total.sums))
    return { days, from, to, sums }
  })
  const day = known.get(latest)?.sums
  const longest = usual.at(-1)
  return {
    baselines: usual.map(({ sums, ...span }) => ({ ...span, figures: figuresOfDay(sums) })),
    trend: day === undefined || longest === undefined ? [] : [...trendOf(day, longest.sums)],
  }
}
