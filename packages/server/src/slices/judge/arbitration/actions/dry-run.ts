import type { ArbitrationDryRun, ArbitrationDryRunResult, ArbitrationRules } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { faultsOfRules, type Governance, governanceOf } from '../model/governance.ts'
import { subjectOf } from '../model/intake.ts'
import { decideItem, type PresentedVote } from '../model/verdict.ts'
import { latestDecided, type StoredArbitration } from '../store/arbitrations.ts'
import { type FitRow, fitsOf } from '../store/fits.ts'
import { fitUnder, itemIdOf } from './decide.ts'

type DryRunResult = z.output<typeof ArbitrationDryRunResult>

/**
 * Decides the latest verdicts again under other rules, on the votes and the fits that they were decided on, and tells which
 * would fall otherwise. Nothing is kept.
 */
export async function dryRunRules(
  deps: Deps,
  caller: Caller,
  { rules, last }: z.output<typeof ArbitrationDryRun>,
): Promise<Result<DryRunResult>> {
  const faults = faultsOfRules(rules)
  if (faults.length > 0) return refuse('not-processable', faults.join(' '), { faults })
  const { rows, fits } = await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const rows = await latestDecided(tx, last)
    const wanted = new Map(
      rows.flatMap(({ metric, fitVersion: version }) =>
        version === null ? [] : [[fitKey(metric, version), { metric, version }] as const],
      ),
    )
    const found = await fitsOf(tx, [...wanted.values()])
    return { rows, fits: new Map(found.map((fit) => [fitKey(fit.metric, fit.version), fit])) }
  })
  const items = rows.flatMap((row) => changedUnder(rules, row, fits) ?? [])
  return ok({ decisions: rows.length, changed: items.length, items })
}

const fitKey = (metric: string, version: number) => JSON.stringify([metric, version])

function changedUnder(
  rules: ArbitrationRules,
  row: StoredArbitration,
  fits: ReadonlyMap<string, FitRow>,
): DryRunResult['items'][number] | null {
  const governance: Governance = governanceOf(rules, row.metric)
  const stored = row.fitVersion === null ? undefined : fits.get(fitKey(row.metric, row.fitVersion))
  const votes = row.votes.map(({ judge, order, verdict, score }): PresentedVote => {
    return { judge, order, verdict: verdict ?? 'abstain', score, confidence: null }
  })
  const fit = fitUnder(stored, governance.priorities)
  const after = decideItem({ itemId: itemIdOf(row), votes, gold: null }, { fit, governance })
  if (after.outcome === row.outcome && after.winner === row.winner) return null
  const { arbitrationId, metric, outcome, winner, because } = row
  return {
    arbitrationId,
    subject: subjectOf(row).subject,
    metric,
    before: { outcome, winner, because },
    after: { outcome: after.outcome, winner: after.winner, because: after.because },
  }
}
