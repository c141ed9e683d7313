import {
  DriftAlarm,
  DriftAlarmPage,
  DriftAlarmQuery,
  DriftChangePoints,
  DriftJudgement,
  DriftSettingsChange,
  DriftSettingsState,
  DriftStreamDetail,
  DriftStreamPage,
  DriftStreamQuery,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { readChangePoints } from './actions/change-points.ts'
import { judgeAlarmOf } from './actions/judge.ts'
import { readAlarms, readStream, readStreams } from './actions/read.ts'
import { changeSettings, readSettings } from './actions/settings.ts'

const read = { tag: 'drift', access: 'judgments:read' } as const
const stream = z.object({ driftStreamId: Uuid })

export const routes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/drift/streams',
    operationId: 'listDriftStreams',
    summary: 'Streams that are watched for drift, those with an open alarm first, and how right alarms were',
    query: DriftStreamQuery,
    reply: DriftStreamPage,
    handle: (deps, { caller, query }) => readStreams(deps, caller, query),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/drift/streams/:driftStreamId',
    operationId: 'getDriftStream',
    summary: 'One stream with its latest readings and alarms',
    params: stream,
    reply: DriftStreamDetail,
    handle: (deps, { caller, params }) => readStream(deps, caller, params.driftStreamId),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/drift/streams/:driftStreamId/change-points',
    operationId: 'getDriftChangePoints',
    summary: 'Where a stream changed, seen from now over its latest 3,000 readings',
    description: 'Neighbouring readings of a long stream are merged, so that at most 300 points are looked at.',
    params: stream,
    reply: DriftChangePoints,
    handle: (deps, { caller, params }) => readChangePoints(deps, caller, params.driftStreamId),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/drift/alarms',
    operationId: 'listDriftAlarms',
    summary: 'Alarms of streams, the newest first',
    query: DriftAlarmQuery,
    reply: DriftAlarmPage,
    handle: (deps, { caller, query }) => readAlarms(deps, caller, query),
  }),
  route({
    tag: 'drift',
    access: 'labels:write',
    method: 'POST',
    path: '/api/v1/drift/alarms/:driftAlarmId/verdict',
    operationId: 'judgeDriftAlarm',
    summary: 'Say whether an alarm was right; one that was not is closed, and its stream learns anew',
    params: z.object({ driftAlarmId: Uuid }),
    body: DriftJudgement,
    reply: DriftAlarm,
    handle: (deps, { caller, params, body }) => judgeAlarmOf(deps, caller, params.driftAlarmId, body.verdict),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/drift/settings',
    operationId: 'getDriftSettings',
    summary: 'Which method watches which streams',
    reply: DriftSettingsState,
    handle: (deps, { caller }) => readSettings(deps, caller),
  }),
  route({
    tag: 'drift',
    access: 'tunables:write',
    method: 'PUT',
    path: '/api/v1/drift/settings',
    operationId: 'changeDriftSettings',
    summary: 'Change which method watches what; the refusal `approval-required` says what to ask for',
    body: DriftSettingsChange,
    reply: DriftSettingsState,
    handle: (deps, { caller, body }) => changeSettings(deps, caller, body),
  }),
]
