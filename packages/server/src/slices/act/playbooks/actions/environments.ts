import type { Impact } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { decideNeed, type Need, rulesNow } from '../../../govern/approvals/index.ts'

const strictness: Readonly<Record<Need['outcome'], number>> = { allow: 0, allow_and_notify: 1, require_approval: 2 }

/** The environment for which the rules ask most of an action of this impact; of equals the first. None: production. */
export async function strictestEnvironmentOf(
  deps: Deps,
  tx: Tx,
  environments: readonly string[],
  impact: Impact,
): Promise<string> {
  const [first = 'production', ...others] = environments
  const { rules } = await rulesNow(deps, tx)
  const weight = (environment: string) => {
    const need = decideNeed({ rules, impact, environment })
    return strictness[need.outcome] * 100 + need.approvers
  }
  return others.reduce((worst, environment) => (weight(environment) > weight(worst) ? environment : worst), first)
}
