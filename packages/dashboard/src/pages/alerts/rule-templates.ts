import type { AlertCondition, AlertRuleDefinition } from '@metaagent/contract'
import type { z } from 'zod'

type Condition = z.input<typeof AlertCondition>

/** A good beginning for each kind of condition. */
export const conditionTemplates: Readonly<
  Record<AlertCondition['kind'], { readonly label: string; readonly condition: Condition }>
> = {
  figure: {
    label: 'A figure of the last minutes',
    condition: {
      kind: 'figure',
      figure: 'failureRate',
      window: '5m',
      per: 'agent',
      operator: '>',
      threshold: 0.2,
      executionsMin: 5,
    },
  },
  baseline: {
    label: 'A figure against its baseline',
    condition: {
      kind: 'baseline',
      figure: 'costNanoUsd',
      window: '1h',
      baselineWindow: '7d',
      operator: '>',
      ratio: 3,
      executionsMin: 5,
    },
  },
  burn_rate: {
    label: 'How fast an error budget burns',
    condition: {
      kind: 'burn_rate',
      objective: 0.98,
      windows: [
        { longMinutes: 60, shortMinutes: 5, threshold: 14.4 },
        { longMinutes: 360, shortMinutes: 30, threshold: 6 },
      ],
      failuresMin: 5,
    },
  },
  health_state: { label: 'A state of health', condition: { kind: 'health_state', states: ['failing'], window: '1h' } },
  health_score: {
    label: 'A health score',
    condition: { kind: 'health_score', window: '1h', operator: '<', threshold: 50 },
  },
  silent: { label: 'Silence of an agent', condition: { kind: 'silent', silentForMinutes: 60 } },
  cost_difference: {
    label: 'Reported cost far from computed',
    condition: { kind: 'cost_difference', window: '24h', ratio: 0.25 },
  },
  sla: {
    label: 'An SLA that burns or is breached',
    condition: { kind: 'sla', slas: [], states: ['burning', 'breached'] },
  },
  event: {
    label: 'Events in the journal',
    condition: {
      kind: 'event',
      pattern: 'health.state.changed',
      where: [{ pointer: '/payload/to', operator: '=', value: 'failing' }],
      windowMinutes: 60,
      countMin: 1,
      labels: { agent_id: '/payload/agentId' },
    },
  },
}

export const newRule: z.input<typeof AlertRuleDefinition> = {
  name: '',
  severity: 'warning',
  forMinutes: 2,
  condition: conditionTemplates.figure.condition,
}
