import { readFileSync } from 'node:fs'
import { GovernanceRules } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { insertRules, presentRules, type RulesRow } from '../store.ts'
import { rulesDigestOf } from './digests.ts'

/** What every organization begins with; beside the program, so that a deployment may ship its own. */
const seedFile = new URL('../../../../../config/governance_rules.json', import.meta.url)

/** The rules that hold. The first look writes the seeded ones down, so that an upgrade does not change them silently. */
export async function rulesNow(deps: Deps, tx: Tx): Promise<RulesRow> {
  const found = await presentRules(tx)
  if (found !== null) return found
  const rules = GovernanceRules.parse(JSON.parse(readFileSync(seedFile, 'utf8')))
  const first = {
    version: 1,
    rules,
    digest: rulesDigestOf(rules),
    changedBy: 'system:seed',
    changedAt: deps.clock.now(),
  }
  await insertRules(tx, first)
  const present = await presentRules(tx)
  assertInvariant(present !== null, 'rules that were written down are there')
  return present
}
