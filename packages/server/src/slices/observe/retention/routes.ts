import { RetentionList, RetentionPreview, RetentionPreviewQuery } from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { previewRetention, readRetention } from './actions/read.ts'

const tag = 'retention'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/retention',
    access: 'tunables:read',
    tag,
    operationId: 'listRetention',
    summary: 'How long everything that grows is kept; changed by PUT /api/v1/tunables/:key',
    description: 'Rows, bytes and the oldest day are those that the last run found; null before the first one.',
    reply: RetentionList,
    handle: async (deps, { caller }) => ok(await readRetention(deps, caller)),
  }),
  route({
    method: 'GET',
    path: '/api/v1/retention/:table/preview',
    access: 'tunables:read',
    tag,
    operationId: 'previewRetention',
    summary: 'What a time would delete at the next run, before it is set',
    params: z.object({ table: z.string().max(100) }),
    query: RetentionPreviewQuery,
    reply: RetentionPreview,
    handle: (deps, { caller, params, query }) => previewRetention(deps, caller, params.table, query.days),
  }),
]
