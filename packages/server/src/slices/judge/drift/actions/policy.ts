import type { DriftSettings } from '@metaagent/contract'
import type { Deps, TunableDefinition } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { tunableValues } from '../../../govern/tunables/index.ts'
import { dayMs } from '../model/rates.ts'
import { presentSettings } from '../store/settings.ts'

/** What an organization wants of drift. */
export interface DriftPolicy {
  readonly settings: DriftSettings
  readonly falseAlarmDays: number
  readonly falseAlarmMs: number
  readonly falseDiscoveryRate: number
  readonly streamsMax: number
}

const keys = ['drift.false_alarm_days', 'drift.false_discovery_rate', 'drift.streams_max'] as const

const number = { unit: null, choices: null, impact: 'MODERATE' } as const
export const tunables: readonly TunableDefinition[] = [
  {
    ...number,
    key: keys[0],
    description: 'Without a change a stream may raise one false alarm in this time, on average.',
    type: 'number',
    unit: 'days',
    minimum: 1,
    maximum: 3_650,
    defaultValue: 30,
  },
  {
    ...number,
    key: keys[1],
    description: 'Share of false ones among the alarms that an hour broadcasts (e-BH over all streams).',
    type: 'number',
    minimum: 0.001,
    maximum: 0.5,
    defaultValue: 0.1,
  },
  {
    ...number,
    key: keys[2],
    description: 'Streams that are watched at once; above it those that were idle longest, a day at least, make room.',
    type: 'integer',
    minimum: 10,
    maximum: 50_000,
    defaultValue: 5_000,
    impact: 'LOW',
  },
]

/** Settings and tunables as they are now. */
export async function policyNow(deps: Deps, tx: Tx): Promise<DriftPolicy> {
  const [days, rate, streams] = (await tunableValues(deps, tx, keys)).map(Number) as [number, number, number]
  const settings = (await presentSettings(tx))?.settings ?? { rules: [] }
  return {
    settings,
    falseAlarmDays: days,
    falseAlarmMs: days * dayMs,
    falseDiscoveryRate: rate,
    streamsMax: streams,
  }
}
