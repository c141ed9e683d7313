import { z } from 'zod'
import { Because } from './because.ts'
import { Hash } from './ledger.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Name, Uuid } from './primitives.ts'

const address = z.url({ protocol: /^https?$/ }).max(2_000)

/** How and where signed checkpoints leave the deployment. */
export const AnchorSettings = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('file').meta({ description: 'The folder that the operator set (METAAGENT_ANCHOR_DIR).' }),
    }),
    z.strictObject({
      kind: z.literal('s3').meta({ description: 'An S3-compatible bucket with object lock.' }),
      endpoint: address,
      region: z
        .string()
        .regex(/^[a-z0-9-]{1,60}$/)
        .default('us-east-1'),
      bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
      prefix: z
        .string()
        .regex(/^([A-Za-z0-9._-]+\/)*$/, 'must be empty or end in /')
        .max(200)
        .default(''),
      mode: z.enum(['GOVERNANCE', 'COMPLIANCE']).default('COMPLIANCE'),
      retainDays: z.int().min(1).max(36_500).default(3_650),
      accessKeyId: z.string().min(1).max(200),
    }),
    z.strictObject({
      kind: z.literal('rfc3161').meta({ description: 'A time-stamping authority (RFC 3161).' }),
      url: address,
      caCertificate: z.string().max(20_000).nullable().default(null).meta({
        description:
          'The authority’s own certificate in PEM, to which stamps must chain. Null: the chain is not checked.',
      }),
    }),
    z.strictObject({
      kind: z.literal('witness').meta({ description: 'Someone who cosigns checkpoints (C2SP tlog-witness).' }),
      url: address.meta({ description: 'The witness’s submission prefix, to which /add-checkpoint is added.' }),
      verifierKey: z.string().max(1_000).meta({ description: 'C2SP vkey of type 4: name+hash+key.' }),
    }),
  ])
  .meta({ id: 'AnchorSettings' })
export type AnchorSettings = z.output<typeof AnchorSettings>

export const AnchorOrder = z
  .strictObject({
    name: Name,
    log: z.enum(['organization', 'deployment']).default('organization').meta({
      description:
        'Your own log, or the deployment’s, which holds every organization’s checkpoints. Witnesses: your own.',
    }),
    settings: AnchorSettings,
    secret: z.string().min(1).max(1_000).optional().meta({
      description: 'The secret access key of a bucket. Kept sealed and never shown; left out of a change: it stays.',
    }),
    everyMinutes: z.int().min(1).max(10_080).default(10),
    enabled: z.boolean().default(true),
    approvalId: Uuid.optional(),
  })
  .meta({ id: 'AnchorOrder' })
export type AnchorOrder = z.output<typeof AnchorOrder>

export const AnchorState = z.enum(['unknown', 'working', 'failing']).meta({ id: 'AnchorState' })
export type AnchorState = z.infer<typeof AnchorState>

export const Anchor = z
  .object({
    anchorId: Uuid,
    name: z.string(),
    log: z.enum(['organization', 'deployment']),
    settings: AnchorSettings,
    hasSecret: z.boolean(),
    everyMinutes: z.int(),
    enabled: z.boolean(),
    state: AnchorState,
    because: Because.nullable().meta({ description: 'Why it is failing.' }),
    lastSuccessAt: IsoInstant.nullable(),
    lastTreeSize: z.int().nullable().meta({ description: 'Of the newest checkpoint that is kept there.' }),
    lagEntries: z.int().nullable().meta({ description: 'Entries of the log that it does not know of yet.' }),
    failuresInRow: z.int(),
    nextAt: IsoInstant.nullable().meta({ description: 'Null while it is off.' }),
  })
  .meta({ id: 'Anchor' })
export type Anchor = z.infer<typeof Anchor>
export const AnchorList = z.object({ items: z.array(Anchor) }).meta({ id: 'AnchorList' })

/** One checkpoint that is kept outside. */
export const AnchorReceipt = z
  .object({
    receiptId: Uuid,
    anchorId: Uuid,
    treeSize: z.int(),
    anchoredAt: IsoInstant,
    statedAt: IsoInstant.nullable().meta({ description: 'The time that the other side signed; null: it states none.' }),
    location: z.string(),
    checkpoint: z.string().meta({ description: 'The signed note, byte for byte what was sent.' }),
    receipt: z.string().nullable().meta({
      description: 'Base 64 of the reply where that is evidence by itself: a time stamp (DER), a witness’s line.',
    }),
  })
  .meta({ id: 'AnchorReceipt' })
export type AnchorReceipt = z.infer<typeof AnchorReceipt>
export const AnchorReceiptPage = pageOf(AnchorReceipt).meta({ id: 'AnchorReceiptPage' })
export const AnchorReceiptQuery = PageQuery

export const AnchorRemoval = z.strictObject({ approvalId: Uuid.optional() })
export const AnchorRun = z
  .object({
    outcome: z.enum(['anchored', 'unchanged', 'failed']),
    because: Because,
    anchor: Anchor,
  })
  .meta({ id: 'AnchorRun' })

/** A log of somebody else that we watch and cosign. */
export const WitnessedLogOrder = z
  .strictObject({
    origin: z
      .string()
      .min(1)
      .max(300)
      .regex(/^[^\s+]+$/, 'must be the first line of the log’s checkpoints'),
    verifierKeys: z.array(z.string().max(1_000)).min(1).max(10),
  })
  .meta({ id: 'WitnessedLogOrder' })
export const WitnessedLog = z
  .object({
    logId: Uuid,
    origin: z.string(),
    verifierKeys: z.array(z.string()),
    treeSize: z.int().nullable().meta({ description: 'Of the checkpoint that was cosigned last; null: none was.' }),
    rootHash: Hash.nullable(),
    checkpoint: z.string().nullable(),
    cosignedAt: IsoInstant.nullable(),
    refusals: z
      .int()
      .meta({ description: 'Signed checkpoints that would have taken back or changed what was cosigned.' }),
    lastRefusal: z
      .object({ at: IsoInstant, because: Because, checkpoint: z.string() })
      .nullable()
      .meta({ description: 'The log’s own signature under it is evidence against the log.' }),
  })
  .meta({ id: 'WitnessedLog' })
export type WitnessedLog = z.infer<typeof WitnessedLog>

export const WitnessState = z
  .object({
    name: z.string(),
    verifierKey: z.string().nullable().meta({ description: 'C2SP vkey of type 4. Null: made with the first log.' }),
    submissionUrl: z.string().meta({ description: 'What the other side enters as the witness’s address.' }),
    logs: z.array(WitnessedLog),
  })
  .meta({ id: 'WitnessState' })
export type WitnessState = z.infer<typeof WitnessState>

export const LedgerKeyRotation = z
  .strictObject({
    overlapDays: z.int().min(0).max(365).default(30).meta({
      description: 'Days for which the key before signs too. 0 where somebody else may have it.',
    }),
    reason: z.string().trim().min(1).max(1_000),
    expectedKeyNumber: z.int().min(0).meta({ description: 'The newest key as you read it; 0 where there is none.' }),
    approvalId: Uuid.optional(),
  })
  .meta({ id: 'LedgerKeyRotation' })
