import { TrustModelName } from '@metaagent/contract'
import type { Deps, TunableDefinition } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { tunableValues } from '../../../govern/tunables/index.ts'
import type { AuditSettings } from '../model/auditing.ts'
import { defaultHalfLifeVerdicts } from '../model/evidence.ts'
import { defaultTrustModel, trustModel, trustModelNames } from '../model/trust-model.ts'

const keys = {
  model: 'trust.model',
  halfLife: 'trust.half_life_verdicts',
  snapshotEvery: 'trust.snapshot_every_entries',
  journalDays: 'trust.journal_days',
} as const

export const tunables: readonly TunableDefinition[] = [
  {
    key: keys.model,
    description:
      'How evidence becomes reliability and authority: confusion = mean of how often passes and fails are found, with a margin; accuracy = share of right verdicts, with a margin; mean = that share without one.',
    type: 'choice',
    unit: null,
    minimum: null,
    maximum: null,
    choices: [...trustModelNames],
    defaultValue: defaultTrustModel,
    impact: 'HIGH',
  },
  {
    key: keys.halfLife,
    description: 'After so many further verdicts of a judge on a metric, an audited one counts half.',
    type: 'number',
    unit: 'verdicts',
    minimum: 10,
    maximum: 100_000,
    choices: null,
    defaultValue: defaultHalfLifeVerdicts,
    impact: 'MODERATE',
  },
  {
    key: keys.snapshotEvery,
    description: 'Entries of the trust journal after which its state is kept as a snapshot.',
    type: 'integer',
    unit: 'entries',
    minimum: 10,
    maximum: 100_000,
    choices: null,
    defaultValue: 1_000,
    impact: 'LOW',
  },
  {
    key: keys.journalDays,
    description:
      'How long entries of the trust journal are kept that a snapshot stands for. Once gone, the trust of that time is not shown any more.',
    type: 'integer',
    unit: 'days',
    minimum: 30,
    maximum: 36_500,
    choices: null,
    defaultValue: 3_650,
    impact: 'HIGH',
  },
]

/** How the organization audits: its half-life and its model. */
export async function trustSettings(deps: Deps, tx: Tx): Promise<AuditSettings> {
  const [model, halfLifeVerdicts] = await tunableValues(deps, tx, [keys.model, keys.halfLife])
  return { model: trustModel(TrustModelName.parse(model)), halfLifeVerdicts: Number(halfLifeVerdicts) }
}

/** How the organization keeps its trust journal. */
export async function compactionSettings(
  deps: Deps,
  tx: Tx,
): Promise<{ readonly snapshotEvery: number; readonly journalDays: number }> {
  const [snapshotEvery, journalDays] = await tunableValues(deps, tx, [keys.snapshotEvery, keys.journalDays])
  return { snapshotEvery: Number(snapshotEvery), journalDays: Number(journalDays) }
}
