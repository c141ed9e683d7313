import { ArtifactState, ArtifactType, ConflictState, ConflictType, ProjectStatus, Severity } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the list of projects holds. */
export interface ProjectsSearch {
  readonly status?: ProjectStatus
  readonly q?: string
}

export function projectsSearch(raw: Record<string, unknown>): ProjectsSearch {
  return defined({ status: oneOf(raw['status'], ProjectStatus.options), q: textOf(raw['q']) })
}

/** What the address of a project holds: which of its artifacts are shown. */
export interface ProjectSearch {
  readonly state?: ArtifactState
  readonly type?: ArtifactType
  readonly q?: string
}

export function projectSearch(raw: Record<string, unknown>): ProjectSearch {
  return defined({
    state: oneOf(raw['state'], ArtifactState.options),
    type: oneOf(raw['type'], ArtifactType.options),
    q: textOf(raw['q']),
  })
}

/** What the address of an artifact holds: the versions that are compared, and how. */
export interface ArtifactSearch {
  readonly from?: string
  readonly to?: string
  readonly view?: 'split'
}

export function artifactSearch(raw: Record<string, unknown>): ArtifactSearch {
  return defined({
    from: versionOf(raw['from']),
    to: versionOf(raw['to']),
    view: oneOf(raw['view'], ['split'] as const),
  })
}

function versionOf(text: unknown): string | undefined {
  return typeof text === 'string' && /^[1-9]\d{0,5}$/.test(text) ? text : undefined
}

/** What the address of the list of conflicts holds. */
export interface ConflictsSearch {
  readonly severity?: Severity
  readonly type?: ConflictType
  readonly state?: ConflictState
  readonly project?: string
}

export function conflictsSearch(raw: Record<string, unknown>): ConflictsSearch {
  const project = textOf(raw['project'], 36)
  return defined({
    severity: oneOf(raw['severity'], Severity.options),
    type: oneOf(raw['type'], ConflictType.options),
    state: oneOf(raw['state'], ConflictState.options),
    project: project !== undefined && /^[0-9a-f-]{36}$/.test(project) ? project : undefined,
  })
}
