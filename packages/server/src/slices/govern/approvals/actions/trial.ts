import type { GovernanceRulesTrial, GovernanceRulesTrialResult } from '@metaagent/contract'
import type { z } from 'zod'
import { addMs, toIso } from '../../../../kernel/instant.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { faultsOf } from '../model/matrix.ts'
import { tryRules } from '../model/trial.ts'
import { countOpen, pastActions } from '../store.ts'
import { rulesNow } from './present-rules.ts'

const dayMs = 86_400_000
const mostShown = 100

/**
 * What other rules would have asked for all that was asked for or ran by itself in the last days. Changes nothing; rules
 * with faults are tried, too, and their faults told.
 */
export async function tryGovernanceRules(
  deps: Deps,
  caller: Caller,
  { rules: proposed, days }: z.output<typeof GovernanceRulesTrial>,
): Promise<GovernanceRulesTrialResult> {
  const since = addMs(deps.clock.now(), -days * dayMs)
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { rules: present } = await rulesNow(deps, tx)
    const past = await pastActions(tx, since)
    const tried = tryRules({ present, proposed, past })
    const countOf = (of: typeof tried) => of.reduce((sum, change) => sum + change.past.actions, 0)
    return {
      faults: [...faultsOf(proposed)],
      since: toIso(since),
      actions: past.reduce((sum, { actions }) => sum + actions, 0),
      changed: countOf(tried),
      stricter: countOf(tried.filter(({ effect }) => effect === 'stricter')),
      looser: countOf(tried.filter(({ effect }) => effect === 'looser')),
      openRequests: await countOpen(tx, deps.clock.now()),
      changes: tried.slice(0, mostShown).map(({ past: { lastAt, ...action }, effect, from, to }) => ({
        ...action,
        effect,
        from,
        to,
        lastAt: toIso(lastAt),
      })),
    }
  })
}
