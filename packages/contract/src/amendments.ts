import { z } from 'zod'
import { AlertSeverity } from './alert-rules.ts'
import { ApprovalNeed, Impact } from './approvals.ts'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Uuid, versionMax } from './primitives.ts'

export const DocumentName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.md$/, 'must be letters, digits, dot, hyphen or underscore and end in .md')
  .meta({ description: 'Name of a governed document, such as `QA.md`.' })
export type DocumentName = z.infer<typeof DocumentName>

/** Markdown as people send it. Line ends become `\n`, and the last line gets one. Bounded, so that comparing takes no time. */
export const DocumentText = z
  .string()
  .max(200_000)
  .refine((text) => text.split('\n').length <= 5_000, 'must not have more than 5,000 lines')
  .refine((text) => !/^[ \t>]{101}/m.test(text), 'must not nest or indent by more than 100 characters')
  .refine((text) => !/[^\P{Cc}\t\n\r]/u.test(text), 'must not hold control characters but tabs and line breaks')
  .refine((text) => text.isWellFormed(), 'must not hold half of a surrogate pair')
const Digest = z.string().meta({ description: '`sha256:` and the hex SHA-256 of the text.' })
const LineCounts = z.object({ added: z.int(), removed: z.int() })

export const DocumentSummary = z
  .object({
    name: DocumentName,
    version: z.int().meta({ description: '0: nothing is ratified yet.' }),
    digest: Digest,
    ratifiedAt: IsoInstant.nullable(),
    author: z.string().nullable().meta({ description: 'Who wrote what is in force; null = nothing is.' }),
    openAmendments: z.int(),
  })
  .meta({ id: 'DocumentSummary' })
export type DocumentSummary = z.infer<typeof DocumentSummary>
export const DocumentList = z.object({ items: z.array(DocumentSummary) })

/** The ratified text of a document: what is in force, and nothing else. */
export const GovernedDocument = DocumentSummary.extend({ text: z.string() }).meta({ id: 'GovernedDocument' })
export type GovernedDocument = z.infer<typeof GovernedDocument>

export const DocumentVersion = z
  .object({
    version: z.int(),
    digest: Digest,
    author: z.string(),
    amendmentId: Uuid.nullable().meta({ description: 'Null: the text that MetaAgent ships.' }),
    approvalId: Uuid.nullable(),
    changed: LineCounts,
    ratifiedAt: IsoInstant,
  })
  .meta({ id: 'DocumentVersion' })
export type DocumentVersion = z.infer<typeof DocumentVersion>
export const DocumentVersionList = z.object({ items: z.array(DocumentVersion) })
export const DocumentVersionText = DocumentVersion.extend({ text: z.string() })

/** A line of a difference with its number on either side; null where it does not stand there. */
export const DiffLine = z.object({
  kind: z.enum(['same', 'added', 'removed']),
  oldLine: z.int().nullable(),
  newLine: z.int().nullable(),
  text: z.string(),
})
export type DiffLine = z.infer<typeof DiffLine>

export const TextDiff = z
  .object({
    patch: z.string().meta({ description: 'Unified difference, as `patch` and `git apply` take it; empty: the same.' }),
    hunks: z.array(z.object({ header: z.string(), lines: z.array(DiffLine) })),
    changed: LineCounts,
  })
  .meta({ id: 'TextDiff' })
export type TextDiff = z.infer<typeof TextDiff>
export const DocumentDiff = TextDiff.extend({ document: DocumentName, from: z.int(), to: z.int() })
export const DocumentDiffQuery = z.strictObject({
  from: z.coerce.number().int().min(0).max(versionMax),
  to: z.coerce.number().int().min(0).max(versionMax),
})

export const AmendmentState = z
  .enum(['open', 'ratified', 'rejected', 'withdrawn', 'expired'])
  .meta({ id: 'AmendmentState' })
export type AmendmentState = z.infer<typeof AmendmentState>

/** What an amendment rests on; `id` is what the API knows it by. */
export const AmendmentEvidence = z.object({
  kind: z.enum(['alarm', 'stream', 'judgment', 'execution']),
  id: z.string().min(1).max(300),
})
export type AmendmentEvidence = z.infer<typeof AmendmentEvidence>

/** How often it failed of how many; null = unknown. */
export const FailureCounts = z.object({ failures: z.int().min(0).nullable(), total: z.int().min(0).nullable() })
export type FailureCounts = z.infer<typeof FailureCounts>

export const Amendment = z
  .object({
    amendmentId: Uuid,
    document: DocumentName,
    state: AmendmentState,
    origin: z.enum(['drift', 'person']),
    title: z.string(),
    reason: z.string(),
    severity: AlertSeverity,
    section: z.string().nullable().meta({ description: 'Heading of the section it belongs into; null = anywhere.' }),
    failures: FailureCounts.nullable().meta({ description: 'Null: it does not come from failures.' }),
    because: Because,
    evidence: z.array(AmendmentEvidence),
    alarms: z.int().meta({ description: 'Alarms that led to it, the repeated ones of its stream included.' }),
    impact: Impact.meta({ description: 'What ratifying it now would count as.' }),
    impactBecause: Because,
    baseVersion: z.int(),
    baseDigest: Digest,
    draftDigest: Digest,
    revision: z.int(),
    isEdited: z
      .boolean()
      .meta({ description: 'A person changed what drift proposed; more drift leaves the text alone.' }),
    isCurrent: z.boolean().meta({ description: 'False: the document moved on since; rebase it first.' }),
    changed: LineCounts,
    openedBy: z.string(),
    openedAt: IsoInstant,
    updatedAt: IsoInstant,
    expiresAt: IsoInstant,
    decidedBy: z.string().nullable(),
    decidedAt: IsoInstant.nullable(),
    decisionReason: z.string().nullable(),
    approvalId: Uuid.nullable(),
    correlationId: z.string(),
  })
  .meta({ id: 'Amendment' })
export type Amendment = z.infer<typeof Amendment>

export const AmendmentRevision = z.object({
  revision: z.int(),
  baseVersion: z.int(),
  draftDigest: Digest,
  author: z.string(),
  note: z.string(),
  at: IsoInstant,
})
export type AmendmentRevision = z.infer<typeof AmendmentRevision>

export const AmendmentDetail = Amendment.extend({
  draft: z.string(),
  diff: TextDiff,
  revisions: z.array(AmendmentRevision),
  rebase: z
    .enum(['not-needed', 'clean', 'conflicts'])
    .meta({ description: 'Whether it merges with what is in force now.' }),
  need: ApprovalNeed.nullable().meta({
    description: 'Who has to agree, by the governance rules of now; null: it is decided.',
  }),
}).meta({ id: 'AmendmentDetail' })
export type AmendmentDetail = z.infer<typeof AmendmentDetail>

export const AmendmentPage = pageOf(Amendment)
export const AmendmentQuery = PageQuery.extend({
  state: AmendmentState.optional(),
  document: DocumentName.optional(),
  severity: AlertSeverity.optional(),
  origin: z.enum(['drift', 'person']).optional(),
})

const Reason = z.string().trim().min(1).max(2_000)
const Title = z.string().trim().min(1).max(200)

/** A document of the organization's own; nothing is in force before its first text is ratified. */
export const NewDocument = z.strictObject({
  name: DocumentName,
  text: DocumentText,
  reason: Reason,
  severity: AlertSeverity.default('warning'),
})

/** The whole text as it ought to be; it becomes an amendment, which is ratified like any other. */
export const DocumentChange = z.strictObject({
  text: DocumentText,
  expectedDigest: Digest.meta({ description: 'Digest of the text that the change was made from.' }),
  title: Title.optional(),
  reason: Reason,
  severity: AlertSeverity.default('warning'),
})

export const AmendmentDraft = z.strictObject({
  draft: DocumentText,
  expectedRevision: z.int().min(1).meta({ description: 'Revision that the text was made from.' }),
  baseVersion: z.int().min(0).optional().meta({
    description: 'Version that the text was made from, if it is what is in force and not the amendment’s own base.',
  }),
  note: Reason,
})
export const Ratification = z.strictObject({
  draftDigest: Digest.meta({ description: 'Digest of the draft that was shown.' }),
  reason: Reason,
  approvalId: Uuid.optional(),
})
export const Rejection = z.strictObject({
  reason: Reason,
  alarm: z.enum(['false', 'real', 'unknown']).default('false').meta({
    description: 'Whether there was drift at all: it counts in the audited precision of the detector, unless unknown.',
  }),
})
export const Withdrawal = z.strictObject({ reason: Reason })
export const Rebase = z.strictObject({ expectedRevision: z.int().min(1) })
