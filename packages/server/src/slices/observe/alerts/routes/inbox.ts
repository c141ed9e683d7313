import {
  AlertAcknowledgement,
  AlertCounts,
  AlertDetail,
  AlertPage,
  AlertQuery,
  AlertSilence,
  AlertSilenceList,
  AlertSilenceOrder,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../../kernel/result.ts'
import { type Route, route } from '../../../../ports/slice.ts'
import { acknowledge, countAlerts, listInbox, readAlert } from '../actions/inbox.ts'
import { createSilence, expireSilence, listSilences } from '../actions/silences.ts'

const tag = 'alerts'

export const inboxRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/alerts',
    access: 'alerts:read',
    tag,
    operationId: 'listAlerts',
    summary: 'Alerts, newest first, with the counts of what is open',
    query: AlertQuery,
    reply: AlertPage,
    handle: (deps, { caller, query }) => listInbox(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/alert-counts',
    access: 'alerts:read',
    tag,
    operationId: 'countAlerts',
    summary: 'How many alerts are open',
    reply: AlertCounts,
    handle: async (deps, { caller }) => ok(await countAlerts(deps, caller)),
  }),
  route({
    method: 'GET',
    path: '/api/v1/alerts/:alertId',
    access: 'alerts:read',
    tag,
    operationId: 'getAlert',
    summary: 'One alert with its history',
    params: z.object({ alertId: Uuid }),
    reply: AlertDetail,
    handle: (deps, { caller, params }) => readAlert(deps, caller, params.alertId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/alerts/:alertId/acknowledge',
    access: 'alerts:respond',
    tag,
    operationId: 'acknowledgeAlert',
    summary: 'Take a firing alert into one’s hands',
    description: 'It is not repeated and does not escalate while it goes on firing; its end is still told.',
    params: z.object({ alertId: Uuid }),
    body: AlertAcknowledgement,
    reply: AlertDetail,
    handle: (deps, { caller, params, body }) => acknowledge(deps, caller, params.alertId, body.comment),
  }),
  route({
    method: 'GET',
    path: '/api/v1/alert-silences',
    access: 'alerts:read',
    tag,
    operationId: 'listAlertSilences',
    summary: 'Silences, the latest end first; expired ones for five days',
    reply: AlertSilenceList,
    handle: async (deps, { caller }) => ok({ items: await listSilences(deps, caller) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/alert-silences',
    access: 'alerts:respond',
    tag,
    operationId: 'createAlertSilence',
    summary: 'Mute what the matchers fit for a while',
    body: AlertSilenceOrder,
    reply: AlertSilence,
    status: 201,
    handle: (deps, { caller, body }) => createSilence(deps, caller, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/alert-silences/:silenceId',
    access: 'alerts:respond',
    tag,
    operationId: 'expireAlertSilence',
    summary: 'End a silence now',
    params: z.object({ silenceId: Uuid }),
    reply: z.object({ ended: z.literal(true) }),
    handle: (deps, { caller, params }) => expireSilence(deps, caller, params.silenceId),
  }),
]
