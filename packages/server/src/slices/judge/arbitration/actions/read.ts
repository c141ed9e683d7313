import {
  type Arbitration,
  type ArbitrationDetail,
  type ArbitrationMetrics,
  type ArbitrationQuery,
  type ArbitrationStanding,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { startGap } from '../model/gap.ts'
import { subjectOf } from '../model/intake.ts'
import { fitFromJson } from '../model/stored-fit.ts'
import * as store from '../store/arbitrations.ts'
import { auditOfItem, openAudits } from '../store/audits.ts'
import { type FitRow, fitsOf, metricStates, presentFits, presentPolicies } from '../store/fits.ts'
import { countDue } from '../store/votes.ts'
import { auditShown } from './audits.ts'
import { logSize } from './log-file.ts'
import { logState } from './write-log.ts'

const list = 'arbitration.arbitrations'
const mostShown = 100

/** One page of verdicts, the newest first; those that a later one superseded only when they are asked for. */
export async function readArbitrations(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ArbitrationQuery>,
): Promise<Result<{ readonly items: Arbitration[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const arbitrationId = Uuid.safeParse(position.value[0])
    if (!arbitrationId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = arbitrationId.data
  }
  const { subjectKind, subjectId } = filters
  if ((subjectKind === undefined) !== (subjectId === undefined))
    return refuse('invalid-query', 'A subject is named by subjectKind and subjectId together.')
  const filter: store.ArbitrationFilter = {
    metric: filters.metric ?? null,
    winner: filters.winner ?? null,
    outcome: filters.outcome ?? null,
    policy: filters.policy ?? null,
    dissenting: filters.dissenting ?? null,
    subject: subjectKind === undefined || subjectId === undefined ? null : { kind: subjectKind, id: subjectId },
    superseded: filters.superseded,
  }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await store.selectArbitrations(tx, filter, before, limit + 1)
    const page = found.slice(0, limit)
    const fits = await fitsBehind(page, (wanted) => fitsOf(tx, wanted))
    const items = page.map((row) => shown(row, fits))
    const last = page.at(-1)
    const more = found.length > limit && last !== undefined
    return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.arbitrationId]) : null })
  })
}

/** One verdict with its policy's standings, its audit and what came before and after it. */
export async function readArbitration(
  deps: Deps,
  caller: Caller,
  arbitrationId: string,
): Promise<Result<ArbitrationDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await store.selectArbitration(tx, arbitrationId)
    if (row === null)
      return refuse('not-found', 'There is no arbitration with this id. GET /api/v1/arbitrations lists them.')
    const fits = await fitsBehind([row], (wanted) => fitsOf(tx, wanted))
    const fit = row.fitVersion === null ? null : (fits.get(fitKey(row.metric, row.fitVersion)) ?? null)
    const audit = await auditOfItem(tx, row)
    const history = await store.historyOf(tx, row, mostShown)
    return ok({
      ...shown(row, fits),
      standings: standingsOf(fit),
      fit:
        fit === null
          ? null
          : {
              version: fit.version,
              digest: fit.digest,
              audits: fit.audits,
              items: fit.items,
              fittedAt: toIso(fit.fittedAt),
            },
      audit: audit === null ? null : auditShown(audit),
      history: history.map(({ arbitrationId: id, outcome, winner, probability, decidedAt }) => {
        return { arbitrationId: id, outcome, winner, probability, decidedAt: decidedAt.toISOString() }
      }),
    })
  })
}

/** How each metric is arbitrated, and how its file of decisions does. */
export async function readMetrics(deps: Deps, caller: Caller): Promise<ArbitrationMetrics> {
  const { organizationId } = caller
  const { items, due } = await deps.store.transaction({ organizationId }, async (tx) => {
    const due = await countDue(tx)
    const metrics = (await metricStates(tx)).map(({ metric }) => metric)
    const fits = new Map((await presentFits(tx, metrics)).map((fit) => [fit.metric, fit]))
    const set = new Map((await presentPolicies(tx, null)).map((policy) => [policy.metric, policy]))
    const open = await openAudits(tx)
    const items = metrics.map((metric) => {
      const row = fits.get(metric) ?? null
      const fit = row === null ? null : fitFromJson(row.fit)
      return {
        metric,
        choice: set.get(metric)?.policy ?? ('auto' as const),
        choiceVersion: set.get(metric)?.version ?? 0,
        policy: row?.policy ?? null,
        because: fit?.because ?? null,
        standings: standingsOf(row),
        gapMin: fit?.gapMin ?? startGap,
        gapBecause: fit?.gapBecause ?? null,
        fitVersion: row?.version ?? null,
        fittedAt: row === null ? null : toIso(row.fittedAt),
        audits: row?.audits ?? 0,
        items: row?.items ?? 0,
        openAudits: open.get(metric) ?? 0,
      }
    })
    return { items, due }
  })
  const { arbitrationLog } = deps.settings
  const size = (await logSize(arbitrationLog)) ?? { bytes: null, totalBytes: null }
  return { items, due, log: { path: arbitrationLog.path, ...size, ...(await logState(deps, organizationId)) } }
}

type FitsByKey = ReadonlyMap<string, FitRow>

const fitKey = (metric: string, version: number) => JSON.stringify([metric, version])

async function fitsBehind(
  rows: readonly store.StoredArbitration[],
  read: (wanted: readonly { readonly metric: string; readonly version: number }[]) => Promise<readonly FitRow[]>,
): Promise<FitsByKey> {
  const wanted = new Map(
    rows.flatMap(({ metric, fitVersion }) =>
      fitVersion === null ? [] : [[fitKey(metric, fitVersion), { metric, version: fitVersion }] as const],
    ),
  )
  return new Map((await read([...wanted.values()])).map((fit) => [fitKey(fit.metric, fit.version), fit]))
}

function standingsOf(row: FitRow | null): ArbitrationStanding[] {
  const fit = row === null ? null : fitFromJson(row.fit)
  return (fit?.standings ?? []).map(({ policy, estimate, lowerBound, effectiveCount }) => {
    return { policy, estimate, lowerBound, effectiveCount }
  })
}

function shown(row: store.StoredArbitration, fits: FitsByKey): Arbitration {
  const { gap, subjectKind: _kind, subjectId: _id, decidedAt, dissent, votes, ...rest } = row
  const fit = row.fitVersion === null ? null : (fits.get(fitKey(row.metric, row.fitVersion)) ?? null)
  return {
    ...rest,
    ...subjectOf(row),
    confidenceGap: gap,
    standings: standingsOf(fit).map(({ policy, lowerBound }) => ({ policy, lowerBound })),
    dissent: [...dissent],
    votes: [...votes],
    decidedAt: decidedAt.toISOString(),
  }
}
