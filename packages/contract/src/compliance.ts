import { z } from 'zod'
import { Because } from './because.ts'
import { EventActor } from './journal.ts'
import { Hash } from './ledger.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, IsoInstantInput, Uuid } from './primitives.ts'

const auditFilters = {
  type: z.string().max(200).optional().meta({ description: 'Glob over the event type: `identity.*`.' }),
  subject: z.string().max(300).optional(),
  actor: z
    .string()
    .min(1)
    .max(250)
    .optional()
    .meta({ description: 'Who did it: an id, or kind and id (`user:0190…`).' }),
  agent: z.string().min(1).max(200).optional().meta({ description: 'Id or name of the agent that an entry is about.' }),
  provider: z.string().min(1).max(200).optional().meta({ description: 'Provider that an entry names.' }),
  from: IsoInstantInput.optional().meta({ description: 'Entries of decisions from then on.' }),
  to: IsoInstantInput.optional().meta({ description: 'Entries of decisions before then.' }),
}

/** Filters of the audit trail; all that are given must hold. */
export const AuditFilters = z.strictObject(auditFilters)
export type AuditFilters = z.infer<typeof AuditFilters>
export const AuditTrailQuery = PageQuery.extend(auditFilters)
export const AuditExportQuery = AuditFilters.extend({ format: z.enum(['json', 'csv']).default('json') })

/** One line of the audit trail: a decision with its place in the ledger. */
export const AuditLog = z
  .object({
    index: z.int().min(0).meta({ description: 'Its place in the ledger, from 0.' }),
    eventId: Uuid,
    type: z.string(),
    subject: z.string(),
    occurredAt: IsoInstant,
    sequencedAt: IsoInstant,
    actor: EventActor.nullable(),
    agent: z.string().nullable().meta({ description: 'Id or name, as the entry gives it; null: it names none.' }),
    provider: z.string().nullable(),
    because: Because.nullable().meta({ description: 'Why; null: the entry gives no reason.' }),
    leafHash: Hash,
    proof: z.string().meta({ description: 'Where the proof file of the entry is had.' }),
  })
  .meta({ id: 'AuditLog' })
export type AuditLog = z.infer<typeof AuditLog>
export const AuditLogPage = pageOf(AuditLog).meta({
  id: 'AuditLogPage',
  description:
    'A page may hold fewer lines than asked for and still have a `nextCursor`: filters are looked for stretch by stretch.',
})

const Path = z.string().regex(/^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/)
const Value = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** What must hold of an entry besides its type. Paths lead into its text: `payload.approvalId`. A missing field is null. */
export const EvidenceCondition = z
  .union([
    z.strictObject({ path: Path, is: z.array(Value).min(1) }),
    z.strictObject({ path: Path, isNot: z.array(Value).min(1) }),
    z.strictObject({ path: Path, differsFrom: Path }),
  ])
  .meta({ id: 'EvidenceCondition' })
export type EvidenceCondition = z.infer<typeof EvidenceCondition>

const Slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)

/** One kind of evidence for a control: entries of these types that fulfil every condition. */
export const EvidenceRule = z
  .strictObject({
    id: Slug,
    shows: z.string().min(1).max(300).meta({ description: 'What such an entry shows, as a sentence.' }),
    types: z.array(z.string()).min(1),
    where: z.array(EvidenceCondition).default([]),
    atLeast: z.int().min(1).default(1),
  })
  .meta({ id: 'EvidenceRule' })
export type EvidenceRule = z.infer<typeof EvidenceRule>

export const ComplianceControl = z
  .strictObject({
    id: z.string().min(1).max(40),
    clause: z.string().min(1).max(80),
    title: z.string().min(1).max(120),
    asks: z.string().min(1).max(400).meta({ description: 'What the clause asks for, in our own short words.' }),
    outside: z.string().min(1).max(400).nullable().meta({
      description: 'What of it software cannot show and has to be shown otherwise; null: nothing.',
    }),
    evidence: z.array(EvidenceRule).max(8).meta({
      description: 'All of these are needed. Empty: software cannot show the control.',
    }),
  })
  .refine(({ evidence, outside }) => evidence.length > 0 || outside !== null, {
    message: 'a control without evidence says what has to be shown otherwise',
    path: ['outside'],
  })
  .refine(({ evidence }) => new Set(evidence.map(({ id }) => id)).size === evidence.length, {
    message: 'two kinds of evidence have the same id',
    path: ['evidence'],
  })
  .meta({ id: 'ComplianceControl' })
export type ComplianceControl = z.infer<typeof ComplianceControl>

/** A framework as MetaAgent reads it: clause numbers, our own wording, and what in the ledger shows each control. */
export const ComplianceFramework = z
  .strictObject({
    id: Slug,
    name: z.string().min(1).max(80),
    edition: z.string().min(1).max(120).meta({ description: 'Which text of the framework the clauses are of.' }),
    version: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/)
      .meta({ description: 'Of this file.' }),
    note: z.string().min(1).max(500),
    controls: z.array(ComplianceControl).min(1).max(100),
  })
  .refine(({ controls }) => new Set(controls.map(({ id }) => id)).size === controls.length, {
    message: 'two controls have the same id',
    path: ['controls'],
  })
  .meta({ id: 'ComplianceFramework' })
export type ComplianceFramework = z.infer<typeof ComplianceFramework>

export const ComplianceFrameworkList = z.object({
  items: z.array(
    ComplianceFramework.safeExtend({
      digest: z.string().meta({ description: 'SHA-256 of the file’s canonical JSON.' }),
    }).meta({ id: 'DigestedFramework' }),
  ),
})

/** `outside`: software cannot show it. */
export const ControlState = z.enum(['covered', 'gap', 'outside']).meta({ id: 'ControlState' })
export type ControlState = z.infer<typeof ControlState>

/** What was found for one kind of evidence in the period. */
export const AssessedEvidence = z
  .object({
    ...EvidenceRule.shape,
    count: z.int().min(0),
    places: z.string().meta({ description: 'Every place in the ledger, as ranges: `3,7-9`.' }),
    listed: z.array(z.int()).meta({ description: 'Places whose entries stand in the pack with their proofs.' }),
  })
  .meta({ id: 'AssessedEvidence' })
export type AssessedEvidence = z.infer<typeof AssessedEvidence>

export const AssessedControl = z
  .object({
    id: z.string(),
    clause: z.string(),
    title: z.string(),
    asks: z.string(),
    outside: z.string().nullable(),
    state: ControlState,
    because: Because,
    evidence: z.array(AssessedEvidence),
  })
  .meta({ id: 'AssessedControl' })
export type AssessedControl = z.infer<typeof AssessedControl>

const counts = { covered: z.int(), gaps: z.int(), outside: z.int() }

/** What a framework has come to in a period, before anybody stores it. */
export const ComplianceAssessment = z
  .object({
    framework: z.object({ id: Slug, name: z.string(), edition: z.string(), version: z.string(), digest: z.string() }),
    from: IsoInstant,
    to: IsoInstant,
    treeSize: z.int(),
    ...counts,
    controls: z.array(AssessedControl),
  })
  .meta({ id: 'ComplianceAssessment' })
export type ComplianceAssessment = z.infer<typeof ComplianceAssessment>

const period = { from: IsoInstantInput, to: IsoInstantInput }
export const AssessmentQuery = z
  .strictObject(period)
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { message: 'must be after `from`', path: ['to'] })

export const EvidencePackOrder = z
  .strictObject({ framework: Slug, ...period })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { message: 'must be after `from`', path: ['to'] })

/** A stored pack without its entries. */
export const EvidencePackSummary = z
  .object({
    packId: Uuid,
    framework: z.object({ id: Slug, name: z.string(), version: z.string(), digest: z.string() }),
    from: IsoInstant,
    to: IsoInstant,
    createdAt: IsoInstant,
    createdBy: z.string(),
    ...counts,
    entries: z.int().meta({ description: 'Entries that stand in it with their proofs.' }),
    treeSize: z.int(),
    digest: z.string().meta({ description: 'SHA-256 of the file; also in the event of its making in the ledger.' }),
    eventId: Uuid,
  })
  .meta({ id: 'EvidencePackSummary' })
export type EvidencePackSummary = z.infer<typeof EvidencePackSummary>
export const EvidencePackPage = pageOf(EvidencePackSummary)
export const EvidencePackQuery = PageQuery.extend({ framework: Slug.optional() })

export const ProvenEntry = z
  .object({
    index: z.int(),
    entry: z.string().meta({ description: 'Canonical JSON of the entry, byte for byte what was hashed.' }),
    proof: z.array(Hash),
  })
  .meta({ id: 'ProvenEntry' })

/** `metaagent-evidence/v1`: a pack that a stranger checks offline with `metaagent-verify`. */
export const EvidencePack = z
  .object({
    format: z.literal('metaagent-evidence/v1'),
    kind: z.literal('evidence-pack'),
    packId: Uuid,
    ...ComplianceAssessment.shape,
    createdAt: IsoInstant,
    createdBy: z.string(),
    limits: z.array(z.string()).meta({ description: 'What this pack does not say.' }),
    checkpoint: z.string(),
    verifierKey: z.string(),
    entries: z.array(ProvenEntry),
  })
  .meta({ id: 'EvidencePack' })
export type EvidencePack = z.infer<typeof EvidencePack>
