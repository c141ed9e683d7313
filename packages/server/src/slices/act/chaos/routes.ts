import {
  ChaosAbort,
  ChaosChange,
  ChaosExperiment,
  ChaosExperimentPage,
  ChaosExperimentQuery,
  ChaosOrder,
  ChaosRunDetail,
  ChaosRunPage,
  ChaosRunQuery,
  ChaosStart,
  ChaosStreamEvent,
  ChaosStreamQuery,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route, streamRoute } from '../../../ports/slice.ts'
import { changeExperiment, createExperiment, removeExperiment } from './actions/manage.ts'
import { listExperiments, listRuns, readExperimentIn, readRunIn, watchRuns } from './actions/read.ts'
import { abortRun, startByHand } from './actions/start.ts'

const read = { tag: 'chaos', access: 'playbooks:read' } as const
const write = { tag: 'chaos', access: 'playbooks:write' } as const
const run = { tag: 'chaos', access: 'playbooks:run' } as const
const one = z.object({ experimentId: Uuid })
const oneRun = z.object({ runId: Uuid })

export const routes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/chaos-experiments',
    operationId: 'listChaosExperiments',
    summary: 'Chaos experiments with their last run, by name',
    query: ChaosExperimentQuery,
    reply: ChaosExperimentPage,
    handle: (deps, { caller, query }) => listExperiments(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/chaos-experiments',
    operationId: 'createChaosExperiment',
    summary: 'Say what is simulated, what must hold and when to stop',
    description:
      'Everything that a run injects is flagged synthetic and counts in no trust, service level, health or cost figure. ' +
      'An experiment that starts by a schedule needs the approval that its runs would need.',
    body: ChaosOrder,
    reply: ChaosExperiment,
    status: 201,
    handle: (deps, { caller, body }) => createExperiment(deps, caller, body),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/chaos-experiments/:experimentId',
    operationId: 'getChaosExperiment',
    summary: 'One chaos experiment',
    params: one,
    reply: ChaosExperiment,
    handle: (deps, { caller, params }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        readExperimentIn(deps, tx, params.experimentId),
      ),
  }),
  route({
    ...write,
    method: 'PUT',
    path: '/api/v1/chaos-experiments/:experimentId',
    operationId: 'changeChaosExperiment',
    summary: 'Change an experiment that was read; an open run follows what it began with',
    params: one,
    body: ChaosChange,
    reply: ChaosExperiment,
    handle: (deps, { caller, params, body }) => changeExperiment(deps, caller, params.experimentId, body),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/chaos-experiments/:experimentId',
    operationId: 'removeChaosExperiment',
    summary: 'End an experiment; its runs stay',
    params: one,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params }) => removeExperiment(deps, caller, params.experimentId),
  }),
  route({
    ...run,
    method: 'POST',
    path: '/api/v1/chaos-experiments/:experimentId/runs',
    operationId: 'startChaosRun',
    summary: 'Run an experiment now; the refusal `approval-required` says what to ask for',
    params: one,
    body: ChaosStart,
    reply: ChaosRunDetail,
    status: 201,
    handle: (deps, { caller, params, body }) => startByHand(deps, caller, params.experimentId, body),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/chaos-runs',
    operationId: 'listChaosRuns',
    summary: 'Runs of experiments, the newest first',
    query: ChaosRunQuery,
    reply: ChaosRunPage,
    handle: (deps, { caller, query }) => listRuns(deps, caller, query),
  }),
  streamRoute({
    ...read,
    path: '/api/v1/chaos-stream',
    operationId: 'streamChaosRuns',
    summary: 'The newest runs and one run, live',
    description: 'Server-sent events: `runs` (the newest 50) and, with `runId`, `run`; at first, and when they change.',
    query: ChaosStreamQuery,
    event: ChaosStreamEvent,
    open: (deps, { caller, query, signal }) => watchRuns(deps, caller, query.runId ?? null, signal),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/chaos-runs/:runId',
    operationId: 'getChaosRun',
    summary: 'A run with what it follows and its report, as far as it is known',
    params: oneRun,
    reply: ChaosRunDetail,
    handle: (deps, { caller, params }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) => readRunIn(deps, tx, params.runId)),
  }),
  route({
    ...run,
    method: 'POST',
    path: '/api/v1/chaos-runs/:runId/abort',
    operationId: 'abortChaosRun',
    summary: 'End a run at once; nothing more is injected',
    params: oneRun,
    body: ChaosAbort,
    reply: ChaosRunDetail,
    handle: (deps, { caller, params, body }) => abortRun(deps, caller, params.runId, body.reason),
  }),
]
