import { Tunable, TunableChange, TunableHistory, TunableList, TunableRevert } from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { changeTunable, listTunables, readHistory, revertTunable } from './actions/values.ts'

const tag = 'tunables'
const ByKey = z.object({ key: z.string().min(1).max(100) })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/tunables',
    access: 'tunables:read',
    tag,
    operationId: 'listTunables',
    summary: 'Every parameter of MetaAgent that may be changed at run time, with its range and its value here',
    reply: TunableList,
    handle: async (deps, { caller }) => ok({ items: await listTunables(deps, caller) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/tunables/:key/history',
    access: 'tunables:read',
    tag,
    operationId: 'getTunableHistory',
    summary: 'What a tunable was set to, newest first',
    params: ByKey,
    reply: TunableHistory,
    handle: (deps, { caller, params }) => readHistory(deps, caller, params.key),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/tunables/:key',
    access: 'tunables:write',
    tag,
    operationId: 'changeTunable',
    summary: 'Change a tunable; the refusal `approval-required` says what to ask for',
    params: ByKey,
    body: TunableChange,
    reply: Tunable,
    handle: (deps, { caller, params, body }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        changeTunable(deps, tx, caller, params.key, body),
      ),
  }),
  route({
    method: 'POST',
    path: '/api/v1/tunables/:key/revert',
    access: 'tunables:write',
    tag,
    operationId: 'revertTunable',
    summary: 'Go back to the value before the last change',
    params: ByKey,
    body: TunableRevert,
    reply: Tunable,
    handle: (deps, { caller, params, body }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        revertTunable(deps, tx, caller, params.key, body),
      ),
  }),
]
