import {
  type Artifact,
  ArtifactDetail,
  ArtifactOutcome,
  ArtifactPage,
  type ArtifactPatch,
  ArtifactVersionDetail,
  BlockingReport,
  Conflict,
  ConflictPage,
  ConflictResolution,
  Project,
  type ProjectOrder,
  ProjectPage,
  type ProjectPatch,
  type ResolutionStrategy,
  TaskPage,
  Tunable,
  TunableHistory,
  TunableList,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request, requestNothing } from './request.ts'

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>

/** The parameter that says which conflicts block. */
export const modeKey = 'artifacts.governance_mode'
const modePath = `/tunables/${modeKey}`

/** Every call of the API that changes projects, artifacts, conflicts or the governance mode. */
export const artifactApi = {
  addProject: (order: z.input<typeof ProjectOrder>, idempotencyKey: string) =>
    request(Project, '/projects', { method: 'POST', body: order, idempotencyKey }),
  changeProject: (project: Project, patch: z.input<typeof ProjectPatch>) =>
    request(Project, `/projects/${project.projectId}`, { method: 'PATCH', body: patch, ifMatch: project.revision }),
  changeArtifact: (artifact: Pick<Artifact, 'artifactId' | 'revision'>, patch: z.input<typeof ArtifactPatch>) =>
    request(ArtifactOutcome, `/artifacts/${artifact.artifactId}`, {
      method: 'PATCH',
      body: patch,
      ifMatch: artifact.revision,
    }),
  /** As it is now, whatever was read before. */
  archive: async (artifactId: string) => {
    const artifact = await request(ArtifactDetail, `/artifacts/${artifactId}`)
    await requestNothing(`/artifacts/${artifactId}`, { method: 'DELETE', ifMatch: artifact.revision })
  },
  resolve: (conflictId: string, strategy: z.input<typeof ResolutionStrategy>) =>
    request(ConflictResolution, `/governance/conflicts/${conflictId}/resolve`, { method: 'POST', body: strategy }),
  changeMode: (change: { value: string; reason: string; expectedVersion: number; approvalId?: string }) =>
    request(Tunable, modePath, { method: 'PUT', body: change }),
}

export const artifactQueries = {
  projects: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['artifacts', 'projects', query],
      queryFn: ({ pageParam, signal }) =>
        request(ProjectPage, '/projects', { query: { ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  project: (id: string) =>
    queryOptions({
      queryKey: ['artifacts', 'project', id],
      queryFn: ({ signal }) => request(Project, `/projects/${id}`, { signal }),
    }),
  tasks: (projectId: string) =>
    infiniteQueryOptions({
      queryKey: ['artifacts', 'tasks', projectId],
      queryFn: ({ pageParam, signal }) =>
        request(TaskPage, '/tasks', { query: { projectId, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  artifacts: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['artifacts', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(ArtifactPage, '/artifacts', { query: { ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  artifact: (id: string) =>
    queryOptions({
      queryKey: ['artifacts', 'one', id],
      queryFn: ({ signal }) => request(ArtifactDetail, `/artifacts/${id}`, { signal }),
    }),
  /** Versions never change. */
  version: (id: string, version: number) =>
    queryOptions({
      queryKey: ['artifacts', 'one', id, 'version', version],
      queryFn: ({ signal }) => request(ArtifactVersionDetail, `/artifacts/${id}/versions/${version}`, { signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  report: (projectId: string) =>
    queryOptions({
      queryKey: ['artifacts', 'report', projectId],
      queryFn: ({ signal }) => request(BlockingReport, '/governance/blocking-report', { query: { projectId }, signal }),
    }),
  conflicts: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['artifacts', 'conflicts', query],
      queryFn: ({ pageParam, signal }) =>
        request(ConflictPage, '/governance/conflicts', { query: { ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  conflict: (id: string) =>
    queryOptions({
      queryKey: ['artifacts', 'conflict', id],
      queryFn: ({ signal }) => request(Conflict, `/governance/conflicts/${id}`, { signal }),
    }),
  mode: () =>
    queryOptions({
      queryKey: ['artifacts', 'mode'],
      queryFn: async ({ signal }) =>
        (await request(TunableList, '/tunables', { signal })).items.find(({ key }) => key === modeKey) ?? null,
    }),
  modeHistory: () =>
    queryOptions({
      queryKey: ['artifacts', 'mode', 'history'],
      queryFn: async ({ signal }) => (await request(TunableHistory, `${modePath}/history`, { signal })).items,
    }),
}
