import { RetentionList } from '@metaagent/contract'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { readRetention } from './actions/apply.ts'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/retention',
    access: 'tunables:read',
    tag: 'retention',
    operationId: 'listRetention',
    summary: 'How long runs, their steps and costs are kept; changed by PUT /api/v1/tunables/:key',
    reply: RetentionList,
    handle: async (deps, { caller }) => ok(await readRetention(deps, caller)),
  }),
]
