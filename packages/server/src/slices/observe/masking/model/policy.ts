import type { MaskingMode, MaskingOverride, MaskingSettings, PersonalClass } from '@metaagent/contract'
import type { Found } from './found.ts'

/** A rule of the organization's own, ready to run in linear time. */
export interface OwnRule {
  readonly name: string
  find(text: string): readonly { readonly start: number; readonly end: number }[]
}

/** Settings in the form in which rows are masked. */
export interface MaskingPolicy {
  readonly mode: MaskingMode
  readonly classes: ReadonlySet<PersonalClass>
  readonly rules: readonly OwnRule[]
  /** Whether a find that is no secret stays. */
  isAllowed(found: Found, value: string): boolean
  readonly storeInputs: boolean
  readonly storeOutputs: boolean
}

/** What an agent has: its own where it says something, else its organization's. */
export function settingsOfAgent(organization: MaskingSettings, override: MaskingOverride | undefined): MaskingSettings {
  if (override === undefined) return organization
  return {
    mode: override.mode ?? organization.mode,
    classes: override.classes ?? organization.classes,
    rules: override.rules ?? organization.rules,
    allow: override.allow ?? organization.allow,
    storeInputs: override.storeInputs ?? organization.storeInputs,
    storeOutputs: override.storeOutputs ?? organization.storeOutputs,
  }
}

/** The policy that keeps least: for a row that may belong to any of several agents. `policies` is not empty. */
export function strictestOf(policies: readonly [MaskingPolicy, ...MaskingPolicy[]]): MaskingPolicy {
  const [first, ...others] = policies
  if (others.length === 0) return first
  return {
    mode: policies.some(({ mode }) => mode === 'mask') ? 'mask' : 'token',
    classes: new Set(policies.flatMap(({ classes }) => [...classes])),
    rules: [...new Set(policies.flatMap(({ rules }) => rules))],
    isAllowed: (found, value) => policies.every((policy) => policy.isAllowed(found, value)),
    storeInputs: policies.every(({ storeInputs }) => storeInputs),
    storeOutputs: policies.every(({ storeOutputs }) => storeOutputs),
  }
}

/**
 * The form of a value in which two spellings of one thing are equal: addresses without case, numbers without what stands
 * between their digits. Lists of exceptions and tokens compare this.
 */
export function normalized(kind: Found['class'], value: string): string {
  switch (kind) {
    case 'email':
    case 'ip_address':
      return value.trim().toLowerCase()
    case 'phone':
      return value.replace(/\(0\)/, '').replace(/[^\d+x]/gi, '')
    case 'card':
    case 'iban':
    case 'ssn':
    case 'national_id':
      return value.replace(/[^0-9a-z]/gi, '').toUpperCase()
    case 'secret':
    case 'custom':
      return value
  }
}
