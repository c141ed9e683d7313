import type { Because } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { tunableValues } from '../../../govern/tunables/index.ts'
import { governanceOf } from '../model/governance.ts'
import { keyOf } from '../model/intake.ts'
import { refitDue } from '../model/refit.ts'
import { fitMetricInSteps, fitToJson, type StoredFit } from '../model/stored-fit.ts'
import { itemOf } from '../model/verdict.ts'
import { type Panel, panelOf } from '../model/votes.ts'
import * as store from '../store/fits.ts'
import { markEscalationsDue, votesOn, windowOf } from '../store/votes.ts'
import { itemIdOf, presentedVote } from './decide.ts'
import { digestOf, rulesNow } from './rules.ts'

/** The window of a metric: the newest items, and the newest whose truth is known, so that late labels count. */
const windowLimits = { items: 4_000, audited: 1_000 }
/** Escalations that a new fit decides again. */
const decidedAgain = 500

/** Fits every metric for which enough is new. */
export async function fitDueMetrics(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    const due = await deps.store.transaction({ organizationId }, (tx) => dueMetrics(deps, tx))
    for (const state of due) await fitMetric(deps, organizationId, state)
  }
}

async function dueMetrics(deps: Deps, tx: Tx): Promise<readonly store.MetricState[]> {
  const states = await store.metricStates(tx)
  if (states.length === 0) return []
  const [audits, minutes] = await tunableValues(deps, tx, ['arbitration.refit_audits', 'arbitration.refit_minutes'])
  const pace = { audits: Number(audits), afterMs: 60_000 * Number(minutes) }
  return states.filter(
    ({ fittedAt, refitAt, ...state }) =>
      refitDue({ ...state, fittedAtMs: fittedAt, refitAtMs: refitAt }, deps.clock.now(), pace) !== null,
  )
}

async function fitMetric(deps: Deps, organizationId: string, state: store.MetricState): Promise<void> {
  const { metric } = state
  const fittedAt = deps.clock.now()
  const ground = await deps.store.transaction({ organizationId }, (tx) => groundOf(deps, tx, metric))
  const { panel, weights, governance, choice, targetError, rulesVersion } = ground
  const policy = choice === 'auto' ? null : choice
  // Outside any transaction, and others work between the steps.
  const fit = await inSteps(fitMetricInSteps(panel, { governance, weights, policy, targetError }))
  const json = fitToJson(fit)
  const row: store.FitRow = {
    metric,
    version: (state.version ?? 0) + 1,
    choice,
    policy: fit.fit.policy,
    fit: json,
    digest: digestOf(json),
    audits: fit.audits,
    items: fit.items,
    rulesVersion,
    fittedAt,
  }
  await deps.store.transaction({ organizationId }, async (tx) => {
    if (!(await store.insertFit(tx, row))) return
    await append(deps, tx, [madeEvent(row, fit)])
    await store.refitDone(tx, metric, state.refitAt)
    await markEscalationsDue(tx, metric, deps.clock.now(), decidedAgain)
  })
}

function madeEvent(row: store.FitRow, fit: StoredFit) {
  const { metric, version, digest, choice, policy, audits, items } = row
  const { gapMin, gapBecause }: { readonly gapMin: number; readonly gapBecause: Because } = fit
  return {
    type: 'arbitration.fit.made' as const,
    subject: `arbitration-metric/${digestOf(metric).slice('sha256:'.length)}`,
    actor: { kind: 'system', id: 'arbitration' } as const,
    payload: { metric, version, digest, choice, policy, audits, items, gapMin, because: fit.because, gapBecause },
  }
}

async function groundOf(deps: Deps, tx: Tx, metric: string) {
  const window = await windowOf(tx, metric, windowLimits)
  const votes = Map.groupBy(await votesOn(tx, window), keyOf)
  const panel: Panel = panelOf(
    window.map((item) => {
      const own = (votes.get(keyOf(item)) ?? []).map(presentedVote)
      return itemOf({ itemId: itemIdOf(item), votes: own, gold: item.gold })
    }),
  )
  const weights = new Map(window.map((item) => [itemIdOf(item), item.goldWeight]))
  const { rules, version: rulesVersion } = await rulesNow(deps, tx)
  const [set] = await store.presentPolicies(tx, metric)
  const [targetError] = await tunableValues(deps, tx, ['arbitration.target_error'])
  return {
    panel,
    weights,
    governance: governanceOf(rules, metric),
    choice: set?.policy ?? ('auto' as const),
    targetError: Number(targetError),
    rulesVersion,
  }
}

/** Drives work that pauses, and lets everything else that waits run in each pause. */
async function inSteps<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}
