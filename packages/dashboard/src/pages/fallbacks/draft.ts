import type { FallbackOrder, FallbackPolicy } from '@metaagent/contract'
import type { z } from 'zod'

export const states = ['degraded', 'failing', 'silent'] as const

/** A candidate as the form holds it: inputs are JSON as people type it. */
export interface StepDraft {
  readonly macro: string
  readonly inputs: string
}

/** A policy as the form holds it: texts, as people type them; an empty line is no line. */
export interface Draft {
  readonly name: string
  readonly description: string
  readonly kind: 'macro' | 'agent'
  readonly macro: string
  readonly agentId: string
  readonly environment: string
  readonly steps: readonly StepDraft[]
  readonly failuresMax: string
  readonly successPercentMin: string
  readonly latencySecondsMax: string
  readonly healthStates: readonly (typeof states)[number][]
  readonly windowMinutes: string
  readonly minimumExecutions: string
  readonly cooldownMinutes: string
  readonly enabled: boolean
}

export const emptyDraft: Draft = {
  name: '',
  description: '',
  kind: 'macro',
  macro: '',
  agentId: '',
  environment: 'production',
  steps: [{ macro: '', inputs: '{}' }],
  failuresMax: '',
  successPercentMin: '',
  latencySecondsMax: '',
  healthStates: [],
  windowMinutes: '15',
  minimumExecutions: '3',
  cooldownMinutes: '15',
  enabled: true,
}

const textOf = (value: number | null, scale = 1) => (value === null ? '' : String(Number((value * scale).toFixed(6))))

/** The form of a policy that is there. */
export function draftOf(policy: FallbackPolicy): Draft {
  const { primary, thresholds } = policy
  return {
    name: policy.name,
    description: policy.description ?? '',
    kind: primary.kind,
    macro: primary.kind === 'macro' ? primary.name : '',
    agentId: primary.kind === 'agent' ? primary.agentId : '',
    environment: policy.environment,
    steps: policy.fallbacks.map(({ macro, inputs }) => ({ macro, inputs: JSON.stringify(inputs, null, 2) })),
    failuresMax: textOf(thresholds.failuresMax),
    successPercentMin: textOf(thresholds.successRateMin, 100),
    latencySecondsMax: textOf(thresholds.latencyP95MsMax, 0.001),
    healthStates: thresholds.healthStates,
    windowMinutes: String(thresholds.windowMinutes),
    minimumExecutions: String(thresholds.minimumExecutions),
    cooldownMinutes: String(policy.cooldownMinutes),
    enabled: policy.enabled,
  }
}

/** What stands in the way of sending the form, by field; empty: it can be sent. */
export function faultsOf(draft: Draft): Readonly<Record<string, string>> {
  const faults: Record<string, string> = {}
  if (draft.name.trim() === '') faults['name'] = 'Give it a name.'
  if (draft.kind === 'macro' ? draft.macro === '' : draft.agentId === '') faults['primary'] = 'Choose what it watches.'
  const drawn = [draft.failuresMax, draft.successPercentMin, draft.latencySecondsMax].some((line) => line !== '')
  if (!drawn && (draft.kind === 'macro' || draft.healthStates.length === 0)) faults['lines'] = 'Draw at least one line.'
  draft.steps.forEach((step, at) => {
    if (step.macro === '') faults[`step ${at}`] = 'Choose a macro.'
    else if (draft.steps.findIndex(({ macro }) => macro === step.macro) < at)
      faults[`step ${at}`] = 'It stands above already.'
    else if (draft.kind === 'macro' && step.macro === draft.macro)
      faults[`step ${at}`] = 'It is the one that is watched.'
    if (inputsOf(step) === null) faults[`inputs ${at}`] = 'This is no JSON object.'
  })
  return faults
}

type Inputs = NonNullable<z.input<typeof FallbackOrder>['fallbacks'][number]['inputs']>

function inputsOf({ inputs }: StepDraft): Inputs | null {
  if (inputs.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(inputs)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Inputs) : null
  } catch {
    return null
  }
}

const lineOf = (text: string, scale = 1) => (text.trim() === '' ? null : Number(text) * scale)
const wholeOf = (text: string, scale: number) => {
  const line = lineOf(text, scale)
  return line === null ? null : Math.round(line)
}

/** What is sent; the server judges it and says what it refuses. */
export function orderOf(draft: Draft): z.input<typeof FallbackOrder> {
  return {
    name: draft.name,
    description: draft.description.trim() === '' ? null : draft.description.trim(),
    primary: draft.kind === 'macro' ? { kind: 'macro', name: draft.macro } : { kind: 'agent', agentId: draft.agentId },
    environment: draft.environment,
    fallbacks: draft.steps.map((step) => ({ macro: step.macro, inputs: inputsOf(step) ?? {} })),
    thresholds: {
      windowMinutes: Number(draft.windowMinutes),
      minimumExecutions: Number(draft.minimumExecutions),
      failuresMax: lineOf(draft.failuresMax),
      successRateMin: lineOf(draft.successPercentMin, 0.01),
      latencyP95MsMax: wholeOf(draft.latencySecondsMax, 1000),
      healthStates: draft.kind === 'agent' ? [...draft.healthStates] : [],
    },
    cooldownMinutes: Number(draft.cooldownMinutes),
    enabled: draft.enabled,
  }
}
