import type {
  Artifact,
  ArtifactDetail,
  ArtifactVersionDetail,
  BlockingReport,
  Conflict,
  Project,
} from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response

/** One project of the fixture server: an artifact that is active, one that it blocks, and their conflict. */
export const artifactIds = {
  project: uuid(2100),
  standing: uuid(2101),
  newcomer: uuid(2102),
  conflict: uuid(2103),
} as const

/** What the fixture server says about projects, artifacts and conflicts. */
export const artifactAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/projects$/, (_, { nowMs }) => json({ items: [projectOf(nowMs)], nextCursor: null })],
  ['POST', /^\/projects$/, ({ body }, { nowMs }) => json({ ...projectOf(nowMs), ...Object(body) }, 201)],
  ['GET', /^\/projects\/([^/]+)$/, (_, { nowMs }, [id]) => known(id, artifactIds.project, () => projectOf(nowMs))],
  ['PATCH', /^\/projects\/([^/]+)$/, ({ body }, { nowMs }) => json({ ...projectOf(nowMs), ...Object(body) })],
  ['GET', /^\/tasks$/, (_, { nowMs }) => json({ items: [taskOf(nowMs)], nextCursor: null })],
  ['GET', /^\/artifacts$/, ({ query }, { nowMs }) => json({ items: artifactsOf(query, nowMs), nextCursor: null })],
  ['GET', /^\/artifacts\/([^/]+)$/, (_, { nowMs }, [id]) => json(detailOf(id, nowMs))],
  [
    'GET',
    /^\/artifacts\/([^/]+)\/versions\/(\d+)$/,
    (_, { nowMs }, [id, number]) => json(versionOf(id, Number(number), nowMs)),
  ],
  ['PATCH', /^\/artifacts\/([^/]+)$/, (_, { nowMs }, [id]) => json(blockedOutcome(id, nowMs))],
  ['DELETE', /^\/artifacts\/([^/]+)$/, () => new Response(null, { status: 204 })],
  ['GET', /^\/governance\/conflicts$/, (_, { nowMs }) => json({ items: [conflictOf(nowMs)], nextCursor: null })],
  [
    'GET',
    /^\/governance\/conflicts\/([^/]+)$/,
    (_, { nowMs }, [id]) => known(id, artifactIds.conflict, () => conflictOf(nowMs)),
  ],
  ['POST', /^\/governance\/conflicts\/([^/]+)\/resolve$/, ({ body }, { nowMs }) => resolved(Object(body), nowMs)],
  ['GET', /^\/governance\/blocking-report$/, (_, { nowMs }) => json(reportOf(nowMs))],
]

const because = {
  rule: 'one-writer-per-file',
  observed: 'src/index.ts',
  limit: 'src/index.ts',
  text: 'Both write src/index.ts, and not the same content.',
}

function known(id: string | undefined, wanted: string, answer: () => unknown): Response {
  return id === wanted ? json(answer()) : refusal('not-found', 'There is no such thing here.')
}

const etagged = (nowMs: number) => ({
  revision: 3,
  createdAt: iso(nowMs - 864e5),
  createdBy: 'api_key:builder',
  changedAt: iso(nowMs - 36e5),
})

function projectOf(nowMs: number): Project {
  return {
    projectId: artifactIds.project,
    name: 'Checkout',
    description: 'The shop’s checkout, written by three agents.',
    status: 'active',
    artifacts: { DRAFT: 0, ACTIVE: 1, BLOCKED: 1, SUPERSEDED: 0, ARCHIVED: 0 },
    openConflicts: 1,
    ...etagged(nowMs),
  }
}

function taskOf(nowMs: number) {
  return {
    taskId: uuid(2110),
    projectId: artifactIds.project,
    title: 'Write the entry point',
    description: null,
    status: 'in_progress',
    agent: 'coder',
    priority: 100,
    inputs: null,
    inputsDigest: '0'.repeat(64),
    dependsOn: [],
    ...etagged(nowMs),
  }
}

function artifactOf(id: string | undefined, nowMs: number): Artifact {
  const isStanding = id === artifactIds.standing
  return {
    artifactId: id ?? '',
    projectId: artifactIds.project,
    taskId: null,
    name: isStanding ? 'entry point' : 'other entry point',
    type: 'code',
    agent: isStanding ? 'coder' : 'rewriter',
    state: isStanding ? 'ACTIVE' : 'BLOCKED',
    priority: 100,
    version: 2,
    contentHash: (isStanding ? 'a' : 'b').repeat(64),
    contentBytes: 40,
    path: 'src/index.ts',
    supersedes: null,
    supersededBy: null,
    activatedAt: isStanding ? iso(nowMs - 72e5) : null,
    openConflicts: 1,
    because: isStanding ? null : because,
    ...etagged(nowMs),
  }
}

function artifactsOf(query: URLSearchParams, nowMs: number): readonly Artifact[] {
  return [artifactIds.standing, artifactIds.newcomer]
    .map((id) => artifactOf(id, nowMs))
    .filter(({ state }) => !query.has('state') || state === query.get('state'))
}

function versionOf(id: string | undefined, version: number, nowMs: number): ArtifactVersionDetail {
  const { contentHash } = artifactOf(id, nowMs)
  return {
    version,
    parentVersion: version === 1 ? null : version - 1,
    contentHash,
    contentBytes: 40,
    contentKind: 'text',
    path: 'src/index.ts',
    operation: 'create',
    createdAt: iso(nowMs - 864e5 / version),
    createdBy: 'api_key:builder',
    origin: version === 1 ? 'made' : 'revised',
    content: `start()\n${version === 1 ? 'old()' : id === artifactIds.standing ? 'fresh()' : 'other()'}\n`,
    claims: [{ operation: 'create', path: 'src/index.ts', to: null, contentHash, derived: true }],
    requirements: [{ ecosystem: 'npm', name: 'react', range: '^19.0.0', from: 'package.json' }],
    problems: [],
  }
}

function detailOf(id: string | undefined, nowMs: number): ArtifactDetail {
  const { content: _c, claims: _l, requirements: _r, problems: _p, ...second } = versionOf(id, 2, nowMs)
  return {
    ...artifactOf(id, nowMs),
    current: versionOf(id, 2, nowMs),
    versions: [second, { ...second, version: 1, parentVersion: null, origin: 'made' }],
    dependsOn: [{ kind: 'agent', id: 'coder', name: 'coder', state: null, reason: 'declared' }],
    dependedOnBy: [],
    lineage: [{ artifactId: uuid(2105), name: 'first draft', state: 'SUPERSEDED', contentHash: 'c'.repeat(64) }],
    moves: [
      {
        verb: 'activate',
        to: id === artifactIds.standing ? null : 'ACTIVE',
        text: id === artifactIds.standing ? 'It is ACTIVE already.' : null,
      },
      { verb: 'archive', to: 'ARCHIVED', text: null },
    ],
  }
}

function blockedOutcome(id: string | undefined, nowMs: number) {
  return { result: 'blocked', artifact: artifactOf(id, nowMs), conflicts: [conflictOf(nowMs)], hints: [], because }
}

function memberOf(id: string, nowMs: number): Conflict['members'][number] {
  const { artifactId, name, agent, state, version, contentHash, priority } = artifactOf(id, nowMs)
  const role = id === artifactIds.standing ? 'standing' : 'newcomer'
  return { artifactId, name, agent, state, role, version, contentHash, priority, claim: 'src/index.ts' }
}

function conflictOf(nowMs: number): Conflict {
  return {
    conflictId: artifactIds.conflict,
    projectId: artifactIds.project,
    type: 'FILE_PATH',
    kind: 'SAME',
    subject: 'src/index.ts',
    severity: 'HIGH',
    blocking: true,
    state: 'open',
    because,
    hints: ['Merge both, or let one come after the other.'],
    witness: null,
    members: [memberOf(artifactIds.standing, nowMs), memberOf(artifactIds.newcomer, nowMs)],
    strategies: [
      { strategy: 'serialise', fits: true, text: 'other entry point comes after entry point.' },
      { strategy: 'merge', fits: true, text: 'The changes of both go into one text.' },
      { strategy: 'upgrade-to-witness', fits: false, text: 'It is not about versions of a package.' },
      { strategy: 'rename', fits: true, text: 'other entry point writes to another path.' },
      { strategy: 'override', fits: true, text: 'Both stand as they are, on somebody’s word.' },
    ],
    resolution: null,
    detectedAt: iso(nowMs - 36e5),
    changedAt: iso(nowMs - 36e5),
  }
}

function resolved(
  { strategy, reason = 'Resolved.', approvalId }: Readonly<Record<string, string>>,
  nowMs: number,
): Response {
  if (strategy === 'override' && approvalId === undefined)
    return refusal('approval-required', 'An override needs an approval.', {
      action: { operation: 'artifacts.override', parameters: {}, impact: 'HIGH', environment: null },
    })
  const resolution = { strategy, because, reason, by: 'user:ada', automatic: false, approvalId: null, at: iso(nowMs) }
  const conflict = { ...conflictOf(nowMs), state: 'resolved', strategies: [], resolution }
  const effect = { artifactId: artifactIds.newcomer, name: 'other entry point', effect: 'activated', state: 'ACTIVE' }
  return json({ conflict, effects: [{ ...effect, text: 'It comes after entry point.' }], because })
}

function reportOf(nowMs: number): BlockingReport {
  const refOf = (id: string) => {
    const { artifactId, name, agent, state } = artifactOf(id, nowMs)
    return { artifactId, name, agent, state }
  }
  const { conflictId, type, severity, subject } = conflictOf(nowMs)
  const text = because.text
  return {
    projectId: artifactIds.project,
    mode: 'balanced',
    asOf: iso(nowMs),
    blocked: [
      {
        artifact: refOf(artifactIds.newcomer),
        since: iso(nowMs - 36e5),
        conflicts: [{ conflictId, type, severity, subject, text, blockedBy: [refOf(artifactIds.standing)] }],
        hints: [],
      },
    ],
    unblocking: {
      actions: [
        {
          artifact: refOf(artifactIds.newcomer),
          text: 'Revise or archive other entry point.',
          conflictIds: [conflictId],
          unblocks: [artifactIds.newcomer],
        },
      ],
      exact: true,
      lowerBound: 1,
    },
    conflicts: 1,
    truncated: false,
  }
}
