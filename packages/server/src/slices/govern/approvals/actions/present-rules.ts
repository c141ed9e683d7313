import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { GovernanceRules } from '@metaagent/contract'
import { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { insertRules, presentRules, type RulesRow } from '../store.ts'
import { rulesDigestOf } from './digests.ts'

const shippedFile = fileURLToPath(new URL('../../../../../config/governance_rules.json', import.meta.url))

/** What every organization begins with: the deployment's own file, or the one that is shipped. */
export function governanceRulesFile({ settings }: Deps): string {
  return settings.governanceRulesFile ?? shippedFile
}

/** The rules that hold. The first look writes the seeded ones down, so that an upgrade does not change them silently. */
export async function rulesNow(deps: Deps, tx: Tx): Promise<RulesRow> {
  const found = await presentRules(tx)
  if (found !== null) return found
  // The file's other sections are those of other slices.
  const rules = z.object(GovernanceRules.shape).parse(JSON.parse(readFileSync(governanceRulesFile(deps), 'utf8')))
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
