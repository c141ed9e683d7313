import type { Sla, SlaBurnSeries, SlaCompliance, SlaQuery, SlaVersionList } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { organizationTimeZone } from '../../../govern/identity/index.ts'
import { namesOf } from '../../registry/index.ts'
import { burnRate } from '../model/burn.ts'
import { exclusionsOf } from '../model/definition.ts'
import { periodAt } from '../model/windows.ts'
import { newestCompliance, selectCompliance } from '../store/compliance.ts'
import { type StoredSla, selectSla, selectSlas, selectVersions } from '../store/definitions.ts'
import { sumsOfSteps } from '../store/slots.ts'

const list = 'slas'
const noSla = 'There is no SLA with this id. GET /api/v1/slas lists them.'

async function viewsOf(deps: Deps, tx: Tx, slas: readonly StoredSla[]): Promise<Sla[]> {
  const ids = slas.map(({ slaId }) => slaId)
  const compliance = await newestCompliance(tx, ids)
  const agentIds = slas.flatMap(({ definition }) => definition.scope.agentId ?? [])
  const names = await namesOf(deps, tx, { agentIds, releaseIds: [] })
  return slas.map((sla) => ({
    slaId: sla.slaId,
    version: sla.version,
    ...sla.definition,
    scope: { ...sla.definition.scope },
    agent: sla.definition.scope.agentId === null ? null : (names.get(sla.definition.scope.agentId) ?? null),
    createdAt: sla.createdAt.toISOString(),
    changedAt: sla.changedAt.toISOString(),
    changedBy: sla.changedBy,
    archivedAt: sla.archivedAt?.toISOString() ?? null,
    compliance: compliance.get(sla.slaId) ?? null,
    burn: [...sla.burn],
  }))
}

/** One SLA as it stands, in the caller's transaction. */
export async function readSlaIn(deps: Deps, tx: Tx, slaId: string): Promise<Result<Sla>> {
  const found = await selectSla(tx, slaId)
  const [view] = found === null ? [] : await viewsOf(deps, tx, [found])
  return view === undefined ? refuse('not-found', noSla) : ok(view)
}

/** One page of the organization's SLAs, what needs a look first. */
export async function readSlas(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof SlaQuery>,
): Promise<Result<{ readonly items: Sla[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let after: { readonly urgency: number; readonly name: string } | null = null
  if (cursor !== undefined) {
    const read = decodePageCursor(list, filters, cursor, 2)
    if (!read.ok) return read
    const [urgency = '', name = ''] = read.value
    if (!/^[1-4]$/.test(urgency) || name.includes('\0'))
      return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    after = { urgency: Number(urgency), name }
  }
  const filter = {
    agentId: filters.agentId ?? null,
    domain: filters.domain ?? null,
    environment: filters.environment ?? null,
    state: filters.state ?? null,
  }
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await selectSlas(tx, filter, after, limit + 1)
    const items = found.slice(0, limit)
    const last = items.at(-1)
    const more = found.length > limit && last !== undefined
    return ok({
      items: await viewsOf(deps, tx, items),
      nextCursor: more ? encodePageCursor(list, filters, [String(last.urgency), last.definition.name]) : null,
    })
  })
}

/** The SLAs that need a look first, in the caller's transaction. */
export async function urgentSlas(deps: Deps, tx: Tx, limit: number): Promise<readonly Sla[]> {
  const any = { agentId: null, domain: null, environment: null, state: null }
  return await viewsOf(deps, tx, await selectSlas(tx, any, null, limit))
}

/** Every version of an SLA, the newest first. */
export async function readVersions(
  deps: Deps,
  caller: Caller,
  slaId: string,
): Promise<Result<z.input<typeof SlaVersionList>>> {
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => selectVersions(tx, slaId))
  if (rows.length === 0) return refuse('not-found', noSla)
  return ok({
    items: rows.map((row) => ({
      version: row.version,
      definition: JSON.parse(JSON.stringify(row.definition)),
      changedAt: row.changed_at.toISOString(),
      changedBy: row.changed_by,
    })),
  })
}

/** One page of an SLA's windows, the newest first. */
export async function readCompliance(
  deps: Deps,
  caller: Caller,
  slaId: string,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<Result<{ readonly items: SlaCompliance[]; readonly nextCursor: string | null }>> {
  let before: string | null = null
  if (cursor !== undefined) {
    const read = decodePageCursor('slas.compliance', { slaId }, cursor, 1)
    if (!read.ok) return read
    before = read.value[0] ?? null
    if (before === null || !/^\d{4}-\d\d-\d\d$/.test(before))
      return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  }
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if ((await selectSla(tx, slaId)) === null) return refuse('not-found', noSla)
    const found = await selectCompliance(tx, slaId, before, limit + 1)
    const items = found.slice(0, limit)
    const last = items.at(-1)
    const more = found.length > limit && last !== undefined
    return ok({ items, nextCursor: more ? encodePageCursor('slas.compliance', { slaId }, [last.periodStart]) : null })
  })
}

const chartSteps = 120

/** How the budget of the open window went, step by step. */
export async function readBurnSeries(deps: Deps, caller: Caller, slaId: string): Promise<Result<SlaBurnSeries>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const sla = await selectSla(tx, slaId)
    if (sla === null) return refuse('not-found', noSla)
    const { definition } = sla
    const now = deps.clock.now()
    const { from, until } = periodAt(definition.window, now, await organizationTimeZone(tx))
    const slots = Math.ceil((until - from) / 300_000)
    const stepSeconds = Math.ceil(slots / chartSteps) * 300
    const steps = await sumsOfSteps(tx, slaId, { from, until }, stepSeconds, exclusionsOf(definition))
    const events = steps.reduce((sum, { good, bad }) => sum + good + bad, 0)
    const budget = (1 - definition.objective) * events
    const byStep = new Map(steps.map((step) => [step.at, step]))
    let spent = 0
    const points: SlaBurnSeries['points'] = []
    for (let at: number = from; at < Math.min(until, now + 1); at += stepSeconds * 1000) {
      const { good, bad } = byStep.get(at) ?? { good: 0, bad: 0 }
      spent += bad
      points.push({
        at: new Date(at).toISOString(),
        good,
        bad,
        burnRate: burnRate({ good, bad }, definition.objective),
        spentShare: budget === 0 ? null : spent / budget,
      })
    }
    return ok({ slaId, from: toIso(from), until: toIso(until), stepSeconds, points })
  })
}
