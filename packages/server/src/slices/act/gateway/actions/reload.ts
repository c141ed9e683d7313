import { readFileSync } from 'node:fs'
import { GovernanceRules, type RulesReloaded } from '@metaagent/contract'
import { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { governanceRulesFile, rulesNow as governanceRulesNow } from '../../../govern/approvals/index.ts'
import { reloadMasking } from '../../../observe/masking/index.ts'
import { forgetRateFactors } from './privileged-rate.ts'
import { rulesNow } from './rules.ts'

/** Drops what processes remember of an organization's rules, and tells what holds. Changes none of them. */
export async function reloadRules(deps: Deps, caller: Caller): Promise<Result<RulesReloaded>> {
  forgetRateFactors(deps)
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    reloadMasking(deps, tx)
    const { digest } = await governanceRulesNow(deps, tx)
    const { version } = await rulesNow(tx)
    return ok({
      governanceRulesDigest: digest,
      governanceRulesFileFault: faultOfFile(governanceRulesFile(deps)),
      gatewayRulesVersion: version,
      reloadedAt: toIso(deps.clock.now()),
    })
  })
}

/** Without the file's path, which is the operator's business. */
function faultOfFile(path: string): string | null {
  try {
    const parsed = z.object(GovernanceRules.shape).safeParse(JSON.parse(readFileSync(path, 'utf8')))
    const [first] = parsed.success ? [] : parsed.error.issues
    return first === undefined ? null : `${first.path.join('.')}: ${first.message}`
  } catch (error) {
    return error instanceof SyntaxError ? 'It is not valid JSON.' : 'It cannot be read.'
  }
}
