import type { Slice, TunableDefinition } from '../../../ports/slice.ts'
import { defaultPolicyLines } from './model/compare.ts'
import { routes } from './routes.ts'

export { compareReleases } from './actions.ts'

const tunables: readonly TunableDefinition[] = [
  {
    key: 'rollouts.alpha',
    description: 'Two-sided false-alarm rate at which a difference in success counts as shown.',
    type: 'number',
    unit: null,
    minimum: 0.001,
    maximum: 0.2,
    choices: null,
    defaultValue: defaultPolicyLines.alpha,
    impact: 'MODERATE',
  },
  {
    key: 'rollouts.duration_ratio_limit',
    description: 'A candidate’s duration is proven safe when it is surely below this many times the control’s.',
    type: 'number',
    unit: null,
    minimum: 1,
    maximum: 2,
    choices: null,
    defaultValue: defaultPolicyLines.durationRatioLimit,
    impact: 'MODERATE',
  },
]

export const rolloutsSlice: Slice = {
  name: 'rollouts',
  floor: 'act',
  routes,
  jobs: [],
  subscriptions: [],
  tunables,
}
