import {
  type ChaosExperiment,
  type ChaosExperimentQuery,
  type ChaosRun,
  type ChaosRunDetail,
  type ChaosRunQuery,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type LiveEvent, watchPicture } from '../../../govern/journal/index.ts'
import { namesOf } from '../../../observe/registry/index.ts'
import type { ChaosDefinition } from '../model/definition.ts'
import { experimentById, type StoredExperiment, selectExperiments } from '../store/experiments.ts'
import { newestRuns, runById, type StoredRun, selectRuns } from '../store/runs.ts'

export const noSuchExperiment = refuse(
  'not-found',
  'There is no experiment with this id. GET /api/v1/chaos-experiments lists them.',
)
export const noSuchRun = refuse('not-found', 'There is no run with this id. GET /api/v1/chaos-runs lists them.')

export function shownRun(run: StoredRun): ChaosRun {
  const { runId, experimentId, definition, version, state, verdict, because, planned, injected, skipped } = run
  return {
    runId,
    experimentId,
    experiment: definition.name,
    version,
    state,
    verdict,
    because,
    planned,
    injected,
    skipped,
    startedBy: run.startedBy,
    approvalId: run.approvalId,
    startedAt: run.startedAt.toISOString(),
    injectsUntil: run.injectsUntil.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
  }
}

function targetName({ target }: ChaosDefinition, agents: ReadonlyMap<string, string>): string {
  if (target.kind === 'agent') return agents.get(target.agentId) ?? target.agentId
  return target.kind === 'macro' ? target.name : target.metric
}

async function agentNames(deps: Deps, tx: Tx, definitions: readonly ChaosDefinition[]) {
  const agentIds = definitions.flatMap(({ target }) => (target.kind === 'agent' ? [target.agentId] : []))
  return await namesOf(deps, tx, { agentIds, releaseIds: [] })
}

async function shownExperiments(
  deps: Deps,
  tx: Tx,
  experiments: readonly StoredExperiment[],
): Promise<ChaosExperiment[]> {
  const names = await agentNames(
    deps,
    tx,
    experiments.map(({ definition }) => definition),
  )
  const newest = await newestRuns(tx)
  return experiments.map(({ definition, ...experiment }) => {
    const last = newest.get(experiment.experimentId)
    return {
      ...experiment,
      ...definition,
      targetName: targetName(definition, names),
      nextRunAt: experiment.nextRunAt?.toISOString() ?? null,
      lastRun: last === undefined ? null : shownRun(last),
      changedAt: experiment.changedAt.toISOString(),
    }
  })
}

/** One experiment as it stands, in the caller's transaction. */
export async function readExperimentIn(deps: Deps, tx: Tx, experimentId: string): Promise<Result<ChaosExperiment>> {
  const found = await experimentById(tx, experimentId)
  const [shown] = found === null ? [] : await shownExperiments(deps, tx, [found])
  return shown === undefined ? noSuchExperiment : ok(shown)
}

/** One page of experiments, by name. */
export async function listExperiments(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ChaosExperimentQuery>,
): Promise<Result<{ readonly items: ChaosExperiment[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok([]) : decodePageCursor('chaos', filters, cursor, 1)
  if (!position.ok) return position
  const after = position.value[0] ?? null
  if (after?.includes('\0') === true)
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await selectExperiments(tx, filters.environment ?? null, after, limit + 1)
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const more = found.length > limit && last !== undefined
    const nextCursor = more ? encodePageCursor('chaos', filters, [last.definition.name]) : null
    return ok({ items: await shownExperiments(deps, tx, rows), nextCursor })
  })
}

/** One page of runs, the newest first. */
export async function listRuns(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ChaosRunQuery>,
): Promise<Result<{ readonly items: ChaosRun[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok([]) : decodePageCursor('chaos-runs', filters, cursor, 1)
  if (!position.ok) return position
  const before = position.value[0] ?? null
  if (before !== null && !Uuid.safeParse(before).success)
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const filter = { experimentId: filters.experimentId ?? null, verdict: filters.verdict ?? null }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    selectRuns(tx, filter, before, limit + 1),
  )
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const more = found.length > limit && last !== undefined
  const nextCursor = more ? encodePageCursor('chaos-runs', filters, [last.runId]) : null
  return ok({ items: rows.map(shownRun), nextCursor })
}

/** One run with its report, in the caller's transaction. */
export async function readRunIn(deps: Deps, tx: Tx, runId: string): Promise<Result<ChaosRunDetail>> {
  const run = await runById(tx, runId)
  if (run === null) return noSuchRun
  const names = await agentNames(deps, tx, [run.definition])
  return ok({
    ...shownRun(run),
    definition: run.definition,
    targetName: targetName(run.definition, names),
    abortRequestedBy: run.abortRequestedBy,
    report: run.report,
  })
}

interface ChaosPicture {
  readonly runs: { readonly items: readonly ChaosRun[] }
  /** Null: none was asked for, or there is none. */
  readonly run: ChaosRunDetail | null
}

const mostWatched = 50

/** The newest runs and one run, live: as they are, then each part that is different. */
export function watchRuns(
  deps: Deps,
  caller: Caller,
  runId: string | null,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  const runs = ({ runs: data }: ChaosPicture): LiveEvent => ({ event: 'runs', about: 'runs', data })
  const run = ({ run: data }: ChaosPicture): LiveEvent[] =>
    data === null ? [] : [{ event: 'run', about: 'run', data }]
  const differs = (before: unknown, after: unknown) => canonicalJson(before) !== canonicalJson(after)
  return watchPicture<ChaosPicture>(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['chaos', runId],
      read: async (tx) => {
        const newest = await selectRuns(tx, { experimentId: null, verdict: null }, null, mostWatched)
        const one = runId === null ? null : await readRunIn(deps, tx, runId)
        return { runs: { items: newest.map(shownRun) }, run: one?.ok === true ? one.value : null }
      },
      first: (picture) => [runs(picture), ...run(picture)],
      next: (before, after) => [
        ...(differs(before.runs, after.runs) ? [runs(after)] : []),
        ...(differs(before.run, after.run) ? run(after) : []),
      ],
    },
    signal,
  )
}
