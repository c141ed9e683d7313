import { z } from 'zod'
import { IsoInstant, Name, Uuid } from './primitives.ts'

/** Kinds of personal data that rules find by form, checksum and the words around; each can be switched. */
export const personalClasses = ['email', 'phone', 'card', 'iban', 'ssn', 'national_id', 'ip_address'] as const
export const PersonalClass = z.enum(personalClasses).meta({ id: 'PersonalClass' })
export type PersonalClass = z.infer<typeof PersonalClass>

/** What a find is: a secret (always masked), personal data of a class, or a find of a rule of the organization's own. */
export const MaskedClass = z.enum(['secret', ...personalClasses, 'custom']).meta({ id: 'MaskedClass' })
export type MaskedClass = z.infer<typeof MaskedClass>

export const MaskingMode = z.enum(['mask', 'token']).meta({
  id: 'MaskingMode',
  description:
    '`mask`: the value is gone. `token`: the same value has the same token, and an admin can turn it back until its key is erased.',
})
export type MaskingMode = z.infer<typeof MaskingMode>

const Pattern = z
  .string()
  .min(1)
  .max(500)
  .meta({ description: 'A regular expression in RE2 syntax: no look-around, no back-references, linear time.' })

export const MaskingRule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z](?:[a-z-]{0,38}[a-z])?$/, 'must be small letters and hyphens, at most 40')
      .meta({ description: 'Stands in place of what the rule finds: `[masked:NAME]`.' }),
    pattern: Pattern,
    sample: z.string().min(1).max(2_000).meta({ description: 'A text in which the rule must find something.' }),
  })
  .meta({ id: 'MaskingRule' })
export type MaskingRule = z.infer<typeof MaskingRule>

export const MaskingAllowList = z
  .strictObject({
    values: z.array(z.string().trim().min(1).max(500)).max(500),
    domains: z
      .array(
        z
          .string()
          .trim()
          .toLowerCase()
          .regex(/^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'must be a domain, such as example.com'),
      )
      .max(500)
      .meta({ description: 'E-mail addresses of these domains and of those below them stay.' }),
    patterns: z.array(Pattern).max(50).meta({ description: 'A find that matches one of these as a whole stays.' }),
  })
  .meta({ id: 'MaskingAllowList' })
export type MaskingAllowList = z.infer<typeof MaskingAllowList>

/** What is masked before storage. Secrets always are, so they stand nowhere here. */
export const MaskingSettings = z
  .strictObject({
    mode: MaskingMode,
    classes: z.array(PersonalClass).max(personalClasses.length),
    rules: z.array(MaskingRule).max(50),
    allow: MaskingAllowList,
    storeInputs: z.boolean().meta({ description: 'False: inputs are thrown away before storage.' }),
    storeOutputs: z.boolean().meta({ description: 'False: outputs are thrown away before storage.' }),
  })
  .meta({ id: 'MaskingSettings' })
export type MaskingSettings = z.infer<typeof MaskingSettings>

/** What an agent has otherwise than its organization; what is left out is as the organization has it. */
export const MaskingOverride = MaskingSettings.partial().meta({ id: 'MaskingOverride' })
export type MaskingOverride = z.infer<typeof MaskingOverride>

export const defaultMaskingSettings: MaskingSettings = {
  mode: 'mask',
  classes: [...personalClasses],
  rules: [],
  allow: { values: [], domains: [], patterns: [] },
  storeInputs: true,
  storeOutputs: true,
}

const Change = {
  reason: z.string().trim().min(1).max(2_000),
  expectedVersion: z.int().min(0).optional(),
  approvalId: Uuid.optional(),
}
export const MaskingChange = z.strictObject({ settings: MaskingSettings, ...Change })
export const AgentMaskingChange = z.strictObject({ override: MaskingOverride, ...Change })

export const MaskingState = z
  .object({
    settings: MaskingSettings,
    version: z.int(),
    changedBy: z.string().nullable(),
    changedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'MaskingState', description: 'Version 0 is the default.' })
export type MaskingState = z.infer<typeof MaskingState>
export const AgentMaskingState = z
  .object({
    agent: Name,
    override: MaskingOverride,
    version: z.int(),
    changedBy: z.string().nullable(),
    changedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'AgentMaskingState' })
export type AgentMaskingState = z.infer<typeof AgentMaskingState>
export const MaskingOverview = z
  .object({ organization: MaskingState, agents: z.array(AgentMaskingState) })
  .meta({ id: 'MaskingOverview' })
export type MaskingOverview = z.infer<typeof MaskingOverview>

export const MaskingTrial = z.strictObject({
  text: z.string().max(100_000),
  field: z.string().max(300).optional().meta({ description: 'Name of the field that the text would stand in.' }),
  agent: Name.optional().meta({ description: 'Tries the settings of this agent.' }),
  settings: MaskingSettings.optional().meta({ description: 'Tries these settings in place of those that hold.' }),
})
export const MaskingFind = z
  .object({ class: MaskedClass, rule: z.string(), start: z.int(), end: z.int(), replacement: z.string() })
  .meta({
    id: 'MaskingFind',
    description: 'Places count UTF-16 code units. In mode `token` the replacement is an example.',
  })
export const MaskingTrialResult = z
  .object({ text: z.string(), finds: z.array(MaskingFind), storeInputs: z.boolean(), storeOutputs: z.boolean() })
  .meta({ id: 'MaskingTrialResult' })
export type MaskingTrialResult = z.infer<typeof MaskingTrialResult>

/** `[token:CLASS:LETTERS]`; letters only, so that no rule finds anything in it. */
export const MaskingToken = z
  .string()
  .regex(/^\[token:[a-z_]{1,40}:[a-zA-Z]{22}\]$/, 'must be a whole token, such as [token:email:…]')
  .meta({ description: 'A token as it stands in stored texts, brackets included.' })
export const TokenReveal = z.strictObject({ token: MaskingToken, reason: z.string().trim().min(1).max(2_000) })
export const RevealedToken = z
  .object({ token: MaskingToken, class: MaskedClass, value: z.string(), firstSeenAt: IsoInstant })
  .meta({ id: 'RevealedToken' })
export type RevealedToken = z.infer<typeof RevealedToken>
export const TokenErasure = z
  .strictObject({
    token: MaskingToken.optional(),
    value: z.string().min(1).max(2_000).optional(),
    reason: z.string().trim().min(1).max(2_000),
  })
  .refine(({ token, value }) => (token === undefined) !== (value === undefined), 'give either a token or a value')
export const ErasedToken = z.object({ token: MaskingToken, erasedAt: IsoInstant }).meta({ id: 'ErasedToken' })

/** What a change of masking is about, without a word of what the lists hold: they may name people. */
export const MaskingSummary = z.object({
  mode: MaskingMode,
  classes: z.array(PersonalClass),
  rules: z.array(z.string()),
  allowedValues: z.int(),
  allowedDomains: z.int(),
  allowedPatterns: z.int(),
  storeInputs: z.boolean(),
  storeOutputs: z.boolean(),
})
export type MaskingSummary = z.infer<typeof MaskingSummary>
