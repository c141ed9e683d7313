import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice, TunableDefinition } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { ArbitrationEngine } from './actions/arbitration-engine.ts'
export { fitDueMetrics } from './actions/fit.ts'
export { autoOpinion, fitAuto } from './model/auto.ts'
export { type Arbitration, arbitrate, type DecisionRules, type Veto } from './model/decide.ts'
export { gapFor, startGap } from './model/gap.ts'
export { balancedLoss, equalLoss, evenLoss, type LossMatrix } from './model/loss.ts'
export type { Opinion } from './model/opinion.ts'
export { type Fit, fitPolicy, opinionOf, type PolicyName, policyNames } from './model/policy.ts'
export { auditedOf, ballotOf, type Item, type Panel, panelOf, type Verdict, type Vote } from './model/votes.ts'

const number = (
  key: string,
  description: string,
  [minimum, defaultValue, maximum]: readonly [number, number, number],
  unit: string | null = null,
): TunableDefinition => ({
  key: `arbitration.${key}`,
  description,
  type: 'number',
  unit,
  minimum,
  maximum,
  choices: null,
  defaultValue,
  impact: 'MODERATE',
})

const tunables: readonly TunableDefinition[] = [
  number(
    'audit_share',
    'Share of all arbitrated items that humans are asked about, drawn at random.',
    [0.001, 0.05, 1],
  ),
  number(
    'audit_disagreement_share',
    'Share of the items on which judges disagree that humans are asked about; never below the share of all.',
    [0.001, 0.25, 1],
  ),
  number('refit_audits', 'So many new labels have the policies of a metric fitted again at once.', [5, 50, 100]),
  number('refit_minutes', 'After so long fewer new labels do.', [1, 10, 1_440], 'min'),
  number(
    'log_alert_mebibytes',
    'So large the file of arbitrations and those it was rotated into may be before arbitration.log.large tells of it.',
    [1, 256, 1_000_000],
    'MiB',
  ),
  number('target_error', 'Share of wrong verdicts that is borne without asking a human.', [0.001, 0.05, 0.5]),
]

const retained: readonly RetainedTable[] = [
  {
    name: 'arbitrations',
    holds: 'Verdicts out of several judgments, with their votes',
    lost: 'Why a verdict of that time fell; its event and proof stay in the ledger.',
    by: { kind: 'time', column: 'decided_at' },
    defaultDays: 3_650,
    minimumDays: 30,
  },
  {
    name: 'arbitration_votes',
    holds: 'The latest votes of each judge',
    lost: 'Votes of that time can no longer teach the policies, nor be decided again.',
    by: { kind: 'time', column: 'observed_at' },
    defaultDays: 1_095,
    minimumDays: 30,
  },
  {
    name: 'arbitration_queue',
    holds: 'What was decided, item by item',
    lost: 'Which verdict of that time stands, and what was known to be right.',
    by: { kind: 'time', column: 'changed_at' },
    defaultDays: 1_095,
    minimumDays: 30,
  },
  {
    name: 'arbitration_audits',
    holds: 'What humans were asked about',
    lost: 'Who labelled or skipped what at that time; the labels themselves stay.',
    by: { kind: 'time', column: 'closed_at' },
    only: "state <> 'open'",
    defaultDays: 1_095,
    minimumDays: 30,
  },
  {
    name: 'arbitration_fits',
    holds: 'What was learnt about the judges of a metric, version by version',
    lost: 'The weights behind verdicts of that time.',
    by: { kind: 'time', column: 'fitted_at' },
    // The present fit of a metric stays, however old: it decides, and versions count on from it.
    only: `exists (select from arbitration_fits newer where newer.organization_id = arbitration_fits.organization_id
      and newer.metric = arbitration_fits.metric and newer.version > arbitration_fits.version)`,
    defaultDays: 3_650,
    minimumDays: 90,
  },
]

export const arbitrationSlice: Slice = {
  name: 'arbitration',
  floor: 'judge',
  routes,
  jobs,
  subscriptions: [],
  tunables,
  retained,
}
