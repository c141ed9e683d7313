import {
  Probe,
  ProbeChange,
  ProbeList,
  ProbeResult,
  ProbeResultPage,
  ProbeResultQuery,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { listProbes, listResults, removeProbe, saveProbe } from './actions/manage.ts'
import { runProbeNow } from './actions/run.ts'

const tag = 'probes'
const ProbePath = z.object({ probeId: Uuid })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/probes',
    access: 'fleet:read',
    tag,
    operationId: 'listProbes',
    summary: 'Synthetic checks with their state and last result',
    reply: ProbeList,
    handle: (deps, { caller }) => listProbes(deps, caller),
  }),
  route({
    method: 'POST',
    path: '/api/v1/probes',
    access: 'registry:write',
    tag,
    operationId: 'addProbe',
    summary: 'Check an address or an agent on a schedule',
    body: ProbeChange,
    reply: Probe,
    status: 201,
    handle: (deps, { caller, body }) => saveProbe(deps, caller, null, body),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/probes/:probeId',
    access: 'registry:write',
    tag,
    operationId: 'changeProbe',
    summary: 'Change a probe; header values that are left out stay',
    params: ProbePath,
    body: ProbeChange,
    reply: Probe,
    handle: (deps, { caller, params, body }) => saveProbe(deps, caller, params.probeId, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/probes/:probeId',
    access: 'registry:write',
    tag,
    operationId: 'removeProbe',
    summary: 'Remove a probe with its history',
    params: ProbePath,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params }) => removeProbe(deps, caller, params.probeId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/probes/:probeId/runs',
    access: 'registry:write',
    tag,
    operationId: 'runProbe',
    summary: 'Run a probe now',
    params: ProbePath,
    reply: ProbeResult,
    handle: (deps, { caller, params }) => runProbeNow(deps, caller, params.probeId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/probes/:probeId/results',
    access: 'fleet:read',
    tag,
    operationId: 'listProbeResults',
    summary: 'Results of a probe, the newest first',
    params: ProbePath,
    query: ProbeResultQuery,
    reply: ProbeResultPage,
    handle: (deps, { caller, params, query }) => listResults(deps, caller, params.probeId, query),
  }),
]
