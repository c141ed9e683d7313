import { z } from 'zod'
import { Impact } from './approvals.ts'
import { Because } from './because.ts'
import { MaskedClass } from './masking.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'
import { line, prose } from './texts.ts'

/** How much harm it does when the wrong eyes see it, from the least to the most. */
export const sensitivities = ['PUBLIC', 'INTERNAL', 'SENSITIVE', 'CRITICAL'] as const
export const Sensitivity = z.enum(sensitivities).meta({ id: 'Sensitivity' })
export type Sensitivity = z.infer<typeof Sensitivity>

/** What a rule asks for, from the loosest to the strictest. */
export const gatewayDecisions = ['allow', 'redact', 'reroute', 'require-approval', 'deny'] as const
export const GatewayDecision = z.enum(gatewayDecisions).meta({
  id: 'GatewayDecision',
  description:
    '`allow`: send it as it is. `redact`: send the redacted payload. `reroute`: send it to the private model that is named. `require-approval`: ask for the approval that is named, then route again with it. `deny`: send it to nobody.',
})
export type GatewayDecision = z.infer<typeof GatewayDecision>

const Word = line(200)
const Glob = line(200)
  .toLowerCase()
  .meta({ description: 'A name, in which `*` stands for any characters; case does not count.' })
const Globs = z.array(Glob).min(1).max(100).nullable()

export const GatewayRule = z
  .strictObject({
    name: Word,
    sensitivities: z.array(Sensitivity).min(1).max(sensitivities.length),
    agents: Globs.meta({ description: 'Null: every agent.' }),
    providers: Globs.meta({ description: 'Null: every provider, an unknown one, too.' }),
    models: Globs.meta({ description: 'Null: every model.' }),
    regions: Globs.meta({ description: 'Null: every region.' }),
    decision: GatewayDecision,
  })
  .meta({ id: 'GatewayRule' })
export type GatewayRule = z.infer<typeof GatewayRule>

export const PrivateModel = z
  .strictObject({
    provider: Word,
    model: Word,
    region: Word.nullable().meta({ description: 'Null: wherever it runs.' }),
  })
  .meta({ id: 'PrivateModel', description: 'A model that nobody outside the organization runs.' })
export type PrivateModel = z.infer<typeof PrivateModel>

/** What is found, and what that makes of a text. */
export const ClassSensitivities = z.record(MaskedClass, Sensitivity).meta({ id: 'ClassSensitivities' })
export type ClassSensitivities = z.infer<typeof ClassSensitivities>

export const GatewayRules = z
  .strictObject({
    version: z.literal(1),
    classes: ClassSensitivities,
    privateModels: z.array(PrivateModel).max(50).meta({ description: 'The first one is where texts are rerouted to.' }),
    rules: z.array(GatewayRule).max(200).meta({ description: 'The first one that fits decides.' }),
  })
  .meta({ id: 'GatewayRules' })
export type GatewayRules = z.infer<typeof GatewayRules>

const everywhere = { agents: null, providers: null, models: null, regions: null }

/**
 * What an organization begins with: a secret is CRITICAL, personal data that has a form is SENSITIVE, an address of a
 * network and what own rules find are INTERNAL and SENSITIVE; nothing leaves unredacted but what is PUBLIC or INTERNAL.
 */
export const defaultGatewayRules: GatewayRules = {
  version: 1,
  classes: {
    secret: 'CRITICAL',
    email: 'SENSITIVE',
    phone: 'SENSITIVE',
    card: 'SENSITIVE',
    iban: 'SENSITIVE',
    ssn: 'SENSITIVE',
    national_id: 'SENSITIVE',
    ip_address: 'INTERNAL',
    custom: 'SENSITIVE',
  },
  privateModels: [],
  rules: [
    { name: 'everyday texts', sensitivities: ['PUBLIC', 'INTERNAL'], ...everywhere, decision: 'allow' },
    { name: 'personal data is redacted', sensitivities: ['SENSITIVE'], ...everywhere, decision: 'redact' },
    { name: 'secrets wait for people', sensitivities: ['CRITICAL'], ...everywhere, decision: 'require-approval' },
  ],
}

const rulesState = {
  rules: GatewayRules,
  version: z.int().meta({ description: '0: the rules that every organization begins with.' }),
  changedBy: z.string().nullable(),
  changedAt: IsoInstant.nullable(),
  reason: z.string().nullable(),
}
export const GatewayRulesState = z
  .object({
    ...rulesState,
    warnings: z.array(z.string()).meta({ description: 'What is most likely not meant as it is written.' }),
  })
  .meta({ id: 'GatewayRulesState' })
export type GatewayRulesState = z.infer<typeof GatewayRulesState>
export const GatewayRulesChange = z.strictObject({
  rules: GatewayRules,
  reason: prose(2_000),
  expectedVersion: z.int().min(0).optional(),
  approvalId: Uuid.optional(),
})
export const GatewayRulesVersions = z
  .object({ items: z.array(z.object(rulesState)) })
  .meta({ id: 'GatewayRulesVersions' })
export type GatewayRulesVersions = z.infer<typeof GatewayRulesVersions>

export const GatewayMessage = z.looseObject({ role: z.string().min(1).max(100) }).meta({ id: 'GatewayMessage' })

const longestText = 400_000
const asked = {
  agent: Word,
  provider: Word.optional().meta({ description: 'Left out: unknown, which no rule that lets something through fits.' }),
  model: Word.optional(),
  region: Word.optional(),
  declared: Sensitivity.optional().meta({ description: 'Left out: unknown, which is INTERNAL at least.' }),
  text: z.string().max(longestText).optional(),
  messages: z
    .array(GatewayMessage)
    .max(2_000)
    .optional()
    .meta({ description: 'Messages in the form of any vendor: every text in them is looked at.' }),
}
const oneOf = ({ text, messages }: { text?: unknown; messages?: unknown }) =>
  (text === undefined) !== (messages === undefined)

/** What would be sent where. `environment` is what the approval matrix reads. */
export const GatewayOrder = z
  .strictObject({ ...asked, environment: Word.default('production'), approvalId: Uuid.optional() })
  .refine(oneOf, 'give either text or messages')
/** The same without deeds: nothing is kept, journaled or used up. Rules: those to try in place of those that hold. */
export const GatewayTrial = z
  .strictObject({ ...asked, rules: GatewayRules.optional() })
  .refine(oneOf, 'give either text or messages')

export const GatewayFinding = z
  .object({
    class: MaskedClass,
    rule: z.string(),
    sensitivity: Sensitivity,
    path: z.string().meta({ description: 'JSON pointer to the text: empty for `text`, `/0/content` within messages.' }),
    start: z.int(),
    end: z.int(),
    placeholder: z.string().meta({
      description: 'Stands in the redacted payload in its place; the same value has the same one within one answer.',
    }),
  })
  .meta({ id: 'GatewayFinding', description: 'Places count UTF-16 code units. The value itself stands nowhere.' })
export type GatewayFinding = z.infer<typeof GatewayFinding>

export const GatewayDestination = z
  .object({ provider: Name.nullable(), model: Name.nullable(), region: Name.nullable() })
  .meta({ id: 'GatewayDestination', description: 'Null: unknown, as it was asked.' })
export type GatewayDestination = z.infer<typeof GatewayDestination>

const judged = {
  decision: GatewayDecision,
  because: Because,
  sensitivity: Sensitivity,
  declared: Sensitivity.nullable(),
  detected: Sensitivity.nullable().meta({ description: 'Null: nothing was found.' }),
  raisedBecause: Because.meta({ description: 'Why the sensitivity is what it is.' }),
  destination: GatewayDestination.nullable().meta({
    description: 'Where it may go, now or once approved; null: nowhere.',
  }),
  isPrivate: z.boolean().meta({ description: 'Whether that is a private model.' }),
}
const routed = {
  ...judged,
  findings: z.array(GatewayFinding),
  uninspected: z.int().meta({ description: 'Pictures, sounds, files: parts that hold no text to look at.' }),
  redacted: z
    .object({ text: z.string().nullable(), messages: z.array(Json).nullable() })
    .nullable()
    .meta({ description: 'The payload with placeholders; null when nothing was found, or nobody may see it.' }),
  rulesVersion: z.int(),
}
export const GatewayTrialResult = z
  .object({ ...routed, warnings: z.array(z.string()) })
  .meta({ id: 'GatewayTrialResult' })
export type GatewayTrialResult = z.infer<typeof GatewayTrialResult>
export const GatewayRouted = z
  .object({
    routeId: Uuid,
    ...routed,
    approvalId: Uuid.nullable(),
    approval: z
      .object({
        action: z.object({
          operation: z.string(),
          subject: z.string(),
          environment: Name,
          impact: Impact,
          parameters: Json,
        }),
        actionDigest: z.string(),
      })
      .nullable()
      .meta({ description: 'What to ask for at POST /api/v1/approvals; null when no approval is missing.' }),
  })
  .meta({ id: 'GatewayRouted' })
export type GatewayRouted = z.infer<typeof GatewayRouted>

/** A decision as it is kept: no text, no finding's place. */
export const GatewayRoute = z
  .object({
    routeId: Uuid,
    agent: Name,
    asked: GatewayDestination,
    ...judged,
    found: z.partialRecord(MaskedClass, z.int()),
    uninspected: z.int(),
    rulesVersion: z.int(),
    payloadDigest: z.string(),
    approvalId: Uuid.nullable(),
    routedAt: IsoInstant,
  })
  .meta({ id: 'GatewayRoute' })
export type GatewayRoute = z.infer<typeof GatewayRoute>
export const GatewayRoutePage = pageOf(GatewayRoute)
export const GatewayRouteQuery = PageQuery.extend({
  decision: GatewayDecision.optional(),
  sensitivity: Sensitivity.optional(),
  agent: Word.optional(),
})

export const GatewayDryRun = z.strictObject({
  rules: GatewayRules,
  days: z.int().min(1).max(365).default(30).meta({ description: 'How far back.' }),
})
export const GatewayDryRunResult = z
  .object({
    warnings: z.array(z.string()),
    since: IsoInstant,
    routes: z.int().meta({ description: 'Past decisions that were looked at.' }),
    isComplete: z.boolean().meta({ description: 'False: there are more; the newest were looked at.' }),
    stricter: z.int(),
    looser: z.int(),
    impact: Impact.nullable().meta({ description: 'What the change would ask the approval gate for; null: none.' }),
    changes: z.array(
      z.object({
        agent: Name,
        asked: GatewayDestination,
        count: z.int(),
        effect: z.enum(['stricter', 'looser', 'elsewhere']),
        from: z.object({ sensitivity: Sensitivity, decision: GatewayDecision, because: Because }),
        to: z.object({ sensitivity: Sensitivity, decision: GatewayDecision, because: Because }),
      }),
    ),
  })
  .meta({ id: 'GatewayDryRunResult' })
export type GatewayDryRunResult = z.infer<typeof GatewayDryRunResult>

/** Null: of every project. */
export const ConflictsAutoResolve = z.strictObject({ projectId: Uuid.nullable().default(null) })
export const ConflictsAutoResolved = z
  .object({
    conflictIds: z.array(Uuid),
    unblocked: z.array(Uuid).meta({ description: 'Artifacts that nothing blocks any more, now DRAFT.' }),
    left: z
      .int()
      .meta({ description: 'Mild ones that stay: no order resolves them, or they are beyond the first 1,000.' }),
  })
  .meta({ id: 'ConflictsAutoResolved' })

/** What holds once everything that processes remember was read again. */
export const RulesReloaded = z
  .object({
    governanceRulesDigest: z.string(),
    governanceRulesFileFault: z
      .string()
      .nullable()
      .meta({ description: 'What is wrong with the file that new organizations begin with; null: nothing.' }),
    gatewayRulesVersion: z.int(),
    reloadedAt: IsoInstant,
  })
  .meta({ id: 'RulesReloaded' })
export type RulesReloaded = z.infer<typeof RulesReloaded>

/** `gateway.routed`: figures and digests alone. */
export const GatewayRoutedPayload = GatewayRoute.omit({ routedAt: true })
