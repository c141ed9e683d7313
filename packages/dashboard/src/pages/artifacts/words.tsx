import type {
  Artifact,
  ArtifactState,
  ConflictState,
  ConflictType,
  ProjectStatus,
  ResolutionStrategyName,
  Severity,
  TaskStatus,
} from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'

const stateTones: Readonly<Record<ArtifactState, Tone>> = {
  DRAFT: 'unknown',
  ACTIVE: 'healthy',
  BLOCKED: 'failing',
  SUPERSEDED: 'silent',
  ARCHIVED: 'silent',
}

/** Where an artifact stands in PSMP. */
export function StateMark({ state, filled = false }: { readonly state: ArtifactState; readonly filled?: boolean }) {
  return <MarkedWord tone={stateTones[state]} word={state.toLowerCase()} filled={filled} />
}

const statusTones: Readonly<Record<ProjectStatus | TaskStatus, Tone>> = {
  active: 'healthy',
  paused: 'silent',
  completed: 'healthy',
  archived: 'silent',
  pending: 'unknown',
  in_progress: 'unknown',
  failed: 'failing',
  cancelled: 'silent',
}

/** Where a project or a task stands. */
export function StatusMark({
  status,
  filled = false,
}: {
  readonly status: ProjectStatus | TaskStatus
  readonly filled?: boolean
}) {
  return <MarkedWord tone={statusTones[status]} word={status.replaceAll('_', ' ')} filled={filled} />
}

const severityTones: Readonly<Record<Severity, Tone>> = {
  LOW: 'silent',
  MEDIUM: 'degraded',
  HIGH: 'failing',
  CRITICAL: 'failing',
}

/** How bad a conflict is. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  return <MarkedWord tone={severityTones[severity]} word={severity.toLowerCase()} />
}

const conflictTones: Readonly<Record<ConflictState, Tone>> = {
  open: 'failing',
  escalated: 'degraded',
  resolved: 'healthy',
  gone: 'silent',
}

export function ConflictMark({ state, filled = false }: { readonly state: ConflictState; readonly filled?: boolean }) {
  return <MarkedWord tone={conflictTones[state]} word={state} filled={filled} />
}

/** What a conflict is about, in words. */
export const typeWords: Readonly<Record<ConflictType, string>> = {
  DEPENDENCY_VERSION: 'Versions of a package',
  FILE_PATH: 'Paths of files',
  DUPLICATE_TASK: 'A task done twice',
  CIRCULAR_DEPENDENCY: 'A circle of dependencies',
  INCOMPATIBLE_SCHEMA: 'A schema or API that breaks',
  CONTRADICTING_DECISION: 'Decisions that contradict',
}

/** What the button of a strategy says. */
export const strategyWords: Readonly<Record<ResolutionStrategyName, string>> = {
  serialise: 'Put in order',
  'keep-first': 'Keep the first',
  priority: 'Follow the priority',
  merge: 'Merge both',
  'upgrade-to-witness': 'Take the common version',
  rename: 'Rename',
  escalate: 'Escalate',
  override: 'Override',
}

/** An artifact by its name, with its state and whose it is. */
export function ArtifactLink({
  artifact,
}: {
  readonly artifact: Pick<Artifact, 'artifactId' | 'name' | 'state' | 'agent'>
}) {
  return (
    <>
      <Link to="/artifacts/$artifactId" params={{ artifactId: artifact.artifactId }}>
        {artifact.name}
      </Link>
      <StateMark state={artifact.state} />
      {artifact.agent === null ? null : <span className="soft">by {artifact.agent}</span>}
    </>
  )
}

/** A sentence of the server; what stands in backticks is code. */
export function Prose({ text }: { readonly text: string }) {
  return text.split('`').map((part, at) => {
    // The parts have no identity besides their place.
    const key = `${at} ${part}`
    return at % 2 === 1 ? <code key={key}>{part}</code> : <Fragment key={key}>{part}</Fragment>
  })
}

/** A hash by its first digits; the whole is one hover away. */
export function Hash({ hash }: { readonly hash: string }) {
  return <code title={hash}>{hash.slice(0, 12)}…</code>
}
