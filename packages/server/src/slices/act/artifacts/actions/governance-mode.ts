import { GovernanceMode } from '@metaagent/contract'
import type { Deps, TunableDefinition } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { tunableValue } from '../../../govern/tunables/index.ts'
import { PsmpEngine } from '../model/psmp.ts'

const key = 'artifacts.governance_mode'

/** Changed as every tunable is: with a reason, through the approval gate, with its history. */
export const governanceMode: TunableDefinition = {
  key,
  description:
    'Which conflicts keep an artifact from being ACTIVE. strict: MEDIUM and above; balanced: HIGH and above; permissive: ' +
    'CRITICAL alone. Milder ones are recorded.',
  type: 'choice',
  unit: null,
  minimum: null,
  maximum: null,
  choices: [...GovernanceMode.options],
  defaultValue: 'balanced',
  impact: 'HIGH',
}

/** The protocol in the mode that holds for the organization. */
export async function engineOf(deps: Deps, tx: Tx): Promise<PsmpEngine> {
  return new PsmpEngine(GovernanceMode.parse(await tunableValue(deps, tx, key)))
}
