import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'

/** How strictly conflicts block: from MEDIUM on, from HIGH on, or CRITICAL ones alone. */
export const GovernanceMode = z.enum(['strict', 'balanced', 'permissive']).meta({ id: 'GovernanceMode' })
export type GovernanceMode = z.infer<typeof GovernanceMode>

/** How bad a conflict is, the mildest first. */
export const Severity = z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']).meta({ id: 'Severity' })
export type Severity = z.infer<typeof Severity>

/** The states of PSMP. BLOCKED: an open conflict keeps it from being ACTIVE. SUPERSEDED: another artifact took its place. */
export const ArtifactState = z
  .enum(['DRAFT', 'ACTIVE', 'BLOCKED', 'SUPERSEDED', 'ARCHIVED'])
  .meta({ id: 'ArtifactState' })
export type ArtifactState = z.infer<typeof ArtifactState>

/**
 * What an artifact is. `bundle`: `{files: {"path": "text"}}`; `schema`: a JSON Schema; `api`: an OpenAPI document; `decision`:
 * `{decisions: [{requirement, question, choice}]}`; all others are texts or JSON that nobody looks into.
 */
export const ArtifactType = z
  .enum(['code', 'test', 'plan', 'document', 'bundle', 'schema', 'api', 'decision', 'other'])
  .meta({ id: 'ArtifactType' })
export type ArtifactType = z.infer<typeof ArtifactType>

/** What an artifact of type `bundle` holds: texts by path. */
export const BundleContent = z.object({ files: z.record(z.string().min(1).max(1_000), z.string()) })

/** A choice somebody made. Choices for different requirements do not contradict each other. */
export const Decision = z.object({
  requirement: z.string().trim().min(1).max(1_000).meta({ description: 'What asked for it: an id or a name.' }),
  question: z.string().trim().min(1).max(1_000),
  choice: z.string().trim().min(1).max(1_000),
})
export type Decision = z.infer<typeof Decision>
/** What an artifact of type `decision` holds. */
export const DecisionContent = z.object({ decisions: z.array(Decision).min(1).max(500) })

const Note = (longest: number) =>
  z
    .string()
    .trim()
    .max(longest)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold U+0000 or half of a surrogate pair')

/** A text that a database can hold. */
const Line = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold U+0000 or half of a surrogate pair')

const etagged = {
  revision: z.int().meta({ description: 'Counts changes; its `ETag` is this number in quotes, for `If-Match`.' }),
  createdAt: IsoInstant,
  createdBy: z.string(),
  changedAt: IsoInstant,
}

export const ProjectStatus = z.enum(['active', 'paused', 'completed', 'archived']).meta({ id: 'ProjectStatus' })
export type ProjectStatus = z.infer<typeof ProjectStatus>

/** What tasks and artifacts belong to; conflicts are looked for within one project. */
export const Project = z
  .object({
    projectId: Uuid,
    name: Name,
    description: z.string().nullable(),
    status: ProjectStatus,
    artifacts: z.record(ArtifactState, z.int()).meta({ description: 'How many artifacts are in which state.' }),
    openConflicts: z.int(),
    ...etagged,
  })
  .meta({ id: 'Project' })
export type Project = z.infer<typeof Project>
export const ProjectOrder = z
  .strictObject({ name: Name, description: Note(4_000).nullable().default(null) })
  .meta({ id: 'ProjectOrder' })
export type ProjectOrder = z.output<typeof ProjectOrder>
export const ProjectPatch = z
  .strictObject({
    name: Name.optional(),
    description: Note(4_000).nullable().optional(),
    status: ProjectStatus.exclude(['archived']).optional(),
  })
  .meta({ id: 'ProjectPatch' })
export type ProjectPatch = z.output<typeof ProjectPatch>
export const ProjectPage = pageOf(Project).meta({ id: 'ProjectPage' })
export const ProjectQuery = PageQuery.extend({
  status: ProjectStatus.optional().meta({ description: 'Default: all but archived ones.' }),
  q: Line(200).optional().meta({ description: 'A part of the name, in any case.' }),
})

/** `?project_id=` and `?projectId=` say the same. */
const projectScope = { project_id: Uuid.optional(), projectId: Uuid.optional() }

/** What an artifact or a task rests on: it comes after it. */
export const DependsOn = z
  .strictObject({
    kind: z.enum(['artifact', 'task', 'agent']),
    id: Line(200).min(1).meta({ description: 'Id of the artifact or task, name of the agent.' }),
  })
  .meta({ id: 'DependsOn' })
export type DependsOn = z.infer<typeof DependsOn>
const Dependencies = z.array(DependsOn).max(200)

export const TaskStatus = z
  .enum(['pending', 'in_progress', 'completed', 'failed', 'cancelled'])
  .meta({ id: 'TaskStatus' })
export type TaskStatus = z.infer<typeof TaskStatus>

/** Work to be done by an agent. */
export const Task = z
  .object({
    taskId: Uuid,
    projectId: Uuid,
    title: Name,
    description: z.string().nullable(),
    status: TaskStatus,
    agent: Name.nullable().meta({ description: 'Name of the agent that it was given to.' }),
    priority: z.int(),
    inputs: Json,
    inputsDigest: z.string().meta({ description: 'SHA-256 of the inputs as canonical JSON (RFC 8785), hex.' }),
    dependsOn: z.array(DependsOn),
    ...etagged,
  })
  .meta({ id: 'Task' })
export type Task = z.infer<typeof Task>
const Priority = z.int().min(0).max(1_000).meta({ description: '0 to 1,000; the higher goes before.' })
export const TaskOrder = z
  .strictObject({
    projectId: Uuid,
    title: Name,
    description: Note(20_000).nullable().default(null),
    status: TaskStatus.default('pending'),
    agent: Name.nullable().default(null),
    priority: Priority.default(100),
    inputs: Json.default(null),
    dependsOn: Dependencies.default([]),
  })
  .meta({ id: 'TaskOrder' })
export type TaskOrder = z.output<typeof TaskOrder>
export const TaskPatch = z
  .strictObject({
    title: Name.optional(),
    description: Note(20_000).nullable().optional(),
    status: TaskStatus.optional(),
    agent: Name.nullable().optional(),
    priority: Priority.optional(),
    dependsOn: Dependencies.optional(),
  })
  .meta({ id: 'TaskPatch' })
export type TaskPatch = z.output<typeof TaskPatch>
export const TaskPage = pageOf(Task).meta({ id: 'TaskPage' })
export const TaskQuery = PageQuery.extend({
  ...projectScope,
  status: TaskStatus.optional(),
  agent: Name.optional(),
})

/** Something that an artifact does to a path. The artifact's own `path`, and the files of a bundle, need none. */
export const PathClaimOrder = z
  .strictObject({
    operation: z.enum(['create', 'edit', 'delete', 'rename', 'glob']),
    path: z
      .string()
      .min(1)
      .max(1_000)
      .meta({ description: 'Relative to the root of the project; of `glob`: a pattern.' }),
    to: Line(1_000).min(1).nullable().default(null).meta({ description: 'Of `rename`: the new path.' }),
    contentHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex')
      .nullable()
      .default(null)
      .meta({ description: 'Of what stands there afterwards: equal content is no conflict.' }),
  })
  .meta({ id: 'PathClaimOrder' })
export type PathClaimOrder = z.output<typeof PathClaimOrder>

/** A version of a package that is required. Those of manifests inside the content are read by MetaAgent. */
export const RequirementOrder = z
  .strictObject({
    ecosystem: z.enum(['npm', 'pypi']),
    name: Note(214).min(1),
    range: Note(500),
  })
  .meta({ id: 'RequirementOrder' })
export type RequirementOrder = z.output<typeof RequirementOrder>

/** Content as text or JSON. Its hash is SHA-256 of the text's UTF-8 bytes, or of the canonical JSON (RFC 8785). */
const Content = Json.meta({ description: 'A text, or any other JSON value.' })

/** What may be changed together and makes another version. */
const versioned = {
  content: Content,
  path: Line(1_000).min(1).nullable().default(null).meta({ description: 'Where the text belongs.' }),
  operation: z.enum(['create', 'edit', 'delete']).default('create').meta({ description: 'What it does at `path`.' }),
  claims: z.array(PathClaimOrder).max(500).default([]),
  requirements: z.array(RequirementOrder).max(500).default([]),
}

/** What an agent made, without its content. */
export const Artifact = z
  .object({
    artifactId: Uuid,
    projectId: Uuid,
    taskId: Uuid.nullable(),
    name: Name,
    type: ArtifactType,
    agent: Name.nullable().meta({ description: 'Name of the agent that made it.' }),
    state: ArtifactState,
    priority: z.int(),
    version: z.int().meta({ description: 'Of the content; an artifact that is ACTIVE keeps it.' }),
    contentHash: z.string().meta({ description: 'SHA-256, hex.' }),
    contentBytes: z.int(),
    path: z.string().nullable(),
    supersedes: Uuid.nullable().meta({ description: 'The artifact whose place it takes when it becomes ACTIVE.' }),
    supersededBy: Uuid.nullable(),
    activatedAt: IsoInstant.nullable(),
    openConflicts: z.int(),
    because: Because.nullable().meta({ description: 'Why it is in its state; null: it was only made.' }),
    ...etagged,
  })
  .meta({ id: 'Artifact' })
export type Artifact = z.infer<typeof Artifact>

export const ArtifactOrder = z
  .strictObject({
    projectId: Uuid,
    name: Name,
    type: ArtifactType,
    taskId: Uuid.nullable().default(null),
    agent: Name.nullable().default(null),
    priority: Priority.default(100),
    ...versioned,
    dependsOn: Dependencies.default([]),
    supersedes: Uuid.nullable().default(null),
    activate: z.boolean().default(false).meta({ description: 'Make it ACTIVE at once where nothing blocks it.' }),
  })
  .meta({ id: 'ArtifactOrder' })
export type ArtifactOrder = z.output<typeof ArtifactOrder>

export const ArtifactPatch = z
  .strictObject({
    name: Name.optional(),
    priority: Priority.optional(),
    taskId: Uuid.nullable().optional(),
    agent: Name.nullable().optional(),
    dependsOn: Dependencies.optional(),
    supersedes: Uuid.nullable().optional(),
    content: Content.optional().meta({ description: 'Makes another version. What is ACTIVE keeps its content.' }),
    path: versioned.path.unwrap().optional(),
    operation: versioned.operation.unwrap().optional(),
    claims: versioned.claims.unwrap().optional(),
    requirements: versioned.requirements.unwrap().optional(),
    state: z
      .enum(['ACTIVE', 'DRAFT', 'ARCHIVED'])
      .optional()
      .meta({ description: 'ACTIVE looks for conflicts again and may end as BLOCKED.' }),
  })
  .meta({ id: 'ArtifactPatch' })
export type ArtifactPatch = z.output<typeof ArtifactPatch>

export const ArtifactPage = pageOf(Artifact).meta({ id: 'ArtifactPage' })
export const ArtifactQuery = PageQuery.extend({
  ...projectScope,
  state: ArtifactState.optional(),
  type: ArtifactType.optional(),
  taskId: Uuid.optional(),
  agent: Name.optional(),
  q: Line(200).optional().meta({ description: 'A part of the name, in any case.' }),
})

/** An immutable version of an artifact's content. */
export const ArtifactVersion = z
  .object({
    version: z.int(),
    parentVersion: z.int().nullable().meta({ description: 'The version that it was made from; null: the first.' }),
    contentHash: z.string(),
    contentBytes: z.int(),
    contentKind: z.enum(['text', 'json']),
    path: z.string().nullable(),
    operation: z.enum(['create', 'edit', 'delete']),
    createdAt: IsoInstant,
    createdBy: z.string(),
    origin: z.enum(['made', 'revised', 'merged', 'witness', 'renamed']),
  })
  .meta({ id: 'ArtifactVersion' })
export type ArtifactVersion = z.infer<typeof ArtifactVersion>
export const ArtifactVersionDetail = ArtifactVersion.extend({
  content: Json,
  claims: z.array(PathClaimOrder.extend({ derived: z.boolean() })).meta({
    description: 'Everything it does to paths; `derived`: from `path` or from the files of a bundle.',
  }),
  requirements: z.array(
    RequirementOrder.extend({ from: z.string().nullable().meta({ description: 'The manifest; null: declared.' }) }),
  ),
  problems: z
    .array(z.object({ path: z.string(), line: z.int().nullable(), text: z.string() }))
    .meta({ description: 'What could not be read in its manifests.' }),
}).meta({ id: 'ArtifactVersionDetail' })
export type ArtifactVersionDetail = z.infer<typeof ArtifactVersionDetail>

/** A thing beside an artifact in its graph. */
export const ArtifactLink = z
  .object({
    kind: z.enum(['artifact', 'task', 'agent']),
    id: z.string(),
    name: z.string().nullable().meta({ description: 'Null: it is not known here.' }),
    state: z.string().nullable(),
    reason: z.enum(['declared', 'serialised']),
  })
  .meta({ id: 'ArtifactLink' })
export type ArtifactLink = z.infer<typeof ArtifactLink>

/** A verb of PSMP and whether the state takes it. */
export const PsmpMove = z
  .object({
    verb: z.enum(['activate', 'block', 'unblock', 'revise', 'supersede', 'archive']),
    to: ArtifactState.nullable().meta({ description: 'Null: refused.' }),
    text: z.string().nullable().meta({ description: 'Why it is refused.' }),
  })
  .meta({ id: 'PsmpMove' })

export const ArtifactDetail = Artifact.extend({
  current: ArtifactVersionDetail,
  versions: z.array(ArtifactVersion).meta({ description: 'The newest first, at most 200.' }),
  dependsOn: z.array(ArtifactLink),
  dependedOnBy: z.array(ArtifactLink),
  lineage: z
    .array(z.object({ artifactId: Uuid, name: Name, state: ArtifactState, contentHash: z.string() }))
    .meta({ description: 'What it took the place of, the latest first, and before that what that one did.' }),
  moves: z.array(PsmpMove),
}).meta({ id: 'ArtifactDetail' })
export type ArtifactDetail = z.infer<typeof ArtifactDetail>

export const ConflictType = z
  .enum([
    'DEPENDENCY_VERSION',
    'FILE_PATH',
    'DUPLICATE_TASK',
    'CIRCULAR_DEPENDENCY',
    'INCOMPATIBLE_SCHEMA',
    'CONTRADICTING_DECISION',
  ])
  .meta({ id: 'ConflictType' })
export type ConflictType = z.infer<typeof ConflictType>

/** `gone`: what it was about has changed or ended, so nobody needs to resolve it. */
export const ConflictState = z.enum(['open', 'escalated', 'resolved', 'gone']).meta({ id: 'ConflictState' })
export type ConflictState = z.infer<typeof ConflictState>

export const ResolutionStrategyName = z
  .enum(['serialise', 'keep-first', 'priority', 'merge', 'upgrade-to-witness', 'rename', 'escalate', 'override'])
  .meta({ id: 'ResolutionStrategyName' })
export type ResolutionStrategyName = z.infer<typeof ResolutionStrategyName>

const why = { reason: Note(2_000).min(1).default('Resolved.').meta({ description: 'Kept with the decision.' }) }

/** How a conflict is to be resolved; what each does stands in the conflict's `strategies`. */
export const ResolutionStrategy = z
  .discriminatedUnion('strategy', [
    z.strictObject({ strategy: z.literal('serialise'), ...why }),
    z.strictObject({ strategy: z.literal('keep-first'), ...why }),
    z.strictObject({ strategy: z.literal('priority'), ...why }),
    z.strictObject({
      strategy: z.literal('merge'),
      base: z
        .strictObject({ artifactId: Uuid, version: z.int().min(1) })
        .optional()
        .meta({ description: 'What both were made from; default: their nearest common ancestor.' }),
      ...why,
    }),
    z.strictObject({ strategy: z.literal('upgrade-to-witness'), ...why }),
    z.strictObject({ strategy: z.literal('rename'), to: Line(1_000).min(1), ...why }),
    z.strictObject({ strategy: z.literal('escalate'), ...why }),
    z.strictObject({ strategy: z.literal('override'), ...why, approvalId: Uuid.optional() }),
  ])
  .meta({ id: 'ResolutionStrategy' })
export type ResolutionStrategy = z.output<typeof ResolutionStrategy>

/** An artifact in a conflict. */
export const ConflictMember = z
  .object({
    artifactId: Uuid,
    name: Name,
    agent: Name.nullable(),
    state: ArtifactState,
    role: z.enum(['standing', 'newcomer']).meta({ description: 'The newcomer is the one that is kept out.' }),
    version: z.int(),
    contentHash: z.string(),
    priority: z.int(),
    claim: z.string().meta({ description: 'Its side of the conflict: the path, the range, the choice …' }),
  })
  .meta({ id: 'ConflictMember' })
export type ConflictMember = z.infer<typeof ConflictMember>

/** Why artifacts cannot all be ACTIVE as they are. */
export const Conflict = z
  .object({
    conflictId: Uuid,
    projectId: Uuid,
    type: ConflictType,
    kind: z.string().meta({ description: 'Within the type: SAME, CASE_ONLY, UNKNOWN …' }),
    subject: z.string().meta({ description: 'What it is about: `npm:react`, `src/index.ts` …' }),
    severity: Severity,
    blocking: z.boolean().meta({ description: 'Whether it blocks in the governance mode that held.' }),
    state: ConflictState,
    because: Because,
    hints: z.array(z.string()).meta({ description: 'What would end it.' }),
    witness: z.string().nullable().meta({ description: 'A version that all others accept; null: none is known.' }),
    members: z.array(ConflictMember),
    strategies: z
      .array(
        z.object({
          strategy: ResolutionStrategyName,
          fits: z.boolean(),
          text: z.string().meta({ description: 'What it would do, or why it does not fit.' }),
        }),
      )
      .meta({ description: 'Empty once it is resolved or gone.' }),
    resolution: z
      .object({
        strategy: ResolutionStrategyName,
        because: Because,
        reason: z.string(),
        by: z.string(),
        automatic: z.boolean(),
        approvalId: Uuid.nullable(),
        at: IsoInstant,
      })
      .nullable(),
    detectedAt: IsoInstant,
    changedAt: IsoInstant,
  })
  .meta({ id: 'Conflict' })
export type Conflict = z.infer<typeof Conflict>
export const ConflictPage = pageOf(Conflict).meta({ id: 'ConflictPage' })
export const ConflictQuery = PageQuery.extend({
  ...projectScope,
  severity: Severity.optional(),
  type: ConflictType.optional(),
  state: ConflictState.optional(),
  artifactId: Uuid.optional(),
})

/** What became of an artifact that was sent or asked to become ACTIVE. */
export const ArtifactOutcome = z
  .object({
    result: z.enum(['accepted', 'blocked', 'auto-resolved']),
    artifact: Artifact,
    conflicts: z.array(Conflict),
    hints: z.array(z.string()),
    because: Because,
  })
  .meta({ id: 'ArtifactOutcome' })
export type ArtifactOutcome = z.infer<typeof ArtifactOutcome>

/** What a resolution did. Asking again answers the same. */
export const ConflictResolution = z
  .object({
    conflict: Conflict,
    effects: z.array(
      z.object({
        artifactId: Uuid,
        name: Name,
        effect: z.enum([
          'none',
          'ordered',
          'unblocked',
          'activated',
          'archived',
          'superseded',
          'revised',
          'still-blocked',
        ]),
        state: ArtifactState,
        text: z.string(),
      }),
    ),
    because: Because,
  })
  .meta({ id: 'ConflictResolution' })
export type ConflictResolution = z.infer<typeof ConflictResolution>

export const BlockingReportQuery = z.strictObject(projectScope)
const ArtifactRef = z.object({ artifactId: Uuid, name: Name, agent: Name.nullable(), state: ArtifactState })

/** What is blocked, by what and by whom, and the fewest artifacts to take back so that nothing is. */
export const BlockingReport = z
  .object({
    projectId: Uuid.nullable().meta({ description: 'Null: all projects.' }),
    mode: GovernanceMode,
    asOf: IsoInstant,
    blocked: z.array(
      z.object({
        artifact: ArtifactRef,
        since: IsoInstant,
        conflicts: z.array(
          z.object({
            conflictId: Uuid,
            type: ConflictType,
            severity: Severity,
            subject: z.string(),
            text: z.string(),
            blockedBy: z.array(ArtifactRef),
          }),
        ),
        hints: z.array(z.string()),
      }),
    ),
    unblocking: z.object({
      actions: z
        .array(
          z.object({
            artifact: ArtifactRef,
            text: z.string(),
            conflictIds: z.array(Uuid),
            unblocks: z.array(Uuid).meta({ description: 'Artifacts that no conflict would block any more.' }),
          }),
        )
        .meta({ description: 'Revise or archive these, and every blocking conflict ends.' }),
      exact: z.boolean().meta({ description: 'Whether no smaller set exists.' }),
      lowerBound: z.int().meta({ description: 'No set is smaller than this.' }),
    }),
    conflicts: z.int().meta({ description: 'Open blocking conflicts.' }),
    truncated: z.boolean().meta({ description: 'More than 1,000 conflicts: the oldest are here.' }),
  })
  .meta({ id: 'BlockingReport' })
export type BlockingReport = z.infer<typeof BlockingReport>
